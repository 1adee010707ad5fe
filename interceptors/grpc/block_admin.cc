#include "interceptors/grpc/block_admin.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "interceptors/abuse/abuse_control.h"
#include "interceptors/abuse/block_proto.h"
#include "interceptors/grpc/caller.h"
#include "interceptors/guard.h"
#include "interceptors/observe/sanitize.h"
#include "interceptors/revocation/operator_log.h"

namespace warden {
namespace {

constexpr size_t kDefaultPage = 100;
constexpr size_t kMostPage = 1000;
// The first letter of a page token, by BlockSource.
constexpr std::array<char, kBlockSources> kSourceLetters = {'f', 'l', 's'};

// What the caller may know; the rest is for the operator.
grpc::Status ToGrpc(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return grpc::Status::OK;
    case absl::StatusCode::kInvalidArgument:
      return {grpc::StatusCode::INVALID_ARGUMENT, std::string(status.message())};
    case absl::StatusCode::kNotFound:
      return {grpc::StatusCode::NOT_FOUND, "no such block"};
    case absl::StatusCode::kFailedPrecondition:
      return {grpc::StatusCode::FAILED_PRECONDITION, std::string(status.message())};
    case absl::StatusCode::kResourceExhausted:
      LogForOperator(absl::StrCat("abuse: ", status.message()));
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the block list is full"};
    default:
      LogForOperator(absl::StrCat("abuse: ", status.message()));
      return {grpc::StatusCode::UNAVAILABLE, "the block list cannot be written now"};
  }
}

grpc::Status NoControl() {
  return {grpc::StatusCode::FAILED_PRECONDITION,
          "the server's configuration has no `abuse`, or this service was registered around "
          "warden::ServerBuilder"};
}

v1::ListedBlock::Source ToProto(BlockSource source) {
  switch (source) {
    case BlockSource::kFile:
      return v1::ListedBlock::FILE;
    case BlockSource::kLocal:
      return v1::ListedBlock::LOCAL;
    case BlockSource::kShared:
      return v1::ListedBlock::SHARED;
  }
  return v1::ListedBlock::SOURCE_UNSPECIFIED;
}

// Where a page begins: "" at the beginning, else a source's letter and the key to go on after.
bool ReadPageToken(const std::string& token, size_t* source, std::string* after) {
  if (token.empty()) return true;
  const auto* const letter = std::find(kSourceLetters.begin(), kSourceLetters.end(), token[0]);
  if (letter == kSourceLetters.end()) return false;
  *source = static_cast<size_t>(letter - kSourceLetters.begin());
  *after = token.substr(1);
  return true;
}

}  // namespace

void BlockAdmin::UseGuard(Guard* guard) { abuse_ = guard->abuse(); }

grpc::Status BlockAdmin::Block(grpc::ServerContext* context, const v1::BlockRequest* request,
                               v1::BlockResponse* response) {
  if (abuse_ == nullptr) return NoControl();
  const absl::Time now = abuse_->Now();
  v1::Block asked = request->block();
  asked.clear_made_at();  // not the caller's to say, nor who they are
  asked.clear_by();
  absl::StatusOr<warden::Block> block = BlockFromProto(asked, now);
  if (!block.ok()) return ToGrpc(block.status());
  if (block->until <= now) return {grpc::StatusCode::INVALID_ARGUMENT, "until is over"};
  const std::shared_ptr<const Principal> caller = CallerOf(context);
  block->by = Sanitize(caller->name(), kMaxBlockReasonBytes);
  const absl::StatusOr<warden::Block> made = abuse_->Add(*block);
  if (!made.ok()) return ToGrpc(made.status());
  *response->mutable_block() = ToProto(*made);
  return grpc::Status::OK;
}

grpc::Status BlockAdmin::Lift(grpc::ServerContext*, const v1::LiftBlockRequest* request,
                              v1::LiftBlockResponse*) {
  if (abuse_ == nullptr) return NoControl();
  const absl::StatusOr<warden::Block> block = BlockFromProto(request->block(), abuse_->Now());
  if (!block.ok()) return ToGrpc(block.status());
  return ToGrpc(abuse_->Lift(block->key));
}

grpc::Status BlockAdmin::ListBlocks(grpc::ServerContext*, const v1::ListBlocksRequest* request,
                                    v1::ListBlocksResponse* response) {
  if (abuse_ == nullptr) return NoControl();
  size_t source = 0;
  std::string after;
  if (!ReadPageToken(request->page_token(), &source, &after)) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "page_token is not one that this method gave"};
  }
  const size_t limit =
      request->page_size() == 0 ? kDefaultPage : std::min<size_t>(request->page_size(), kMostPage);
  const absl::Time now = abuse_->Now();
  const BlockPage page = abuse_->list().List(static_cast<BlockSource>(source), after, limit);
  for (const warden::Block& block : page.blocks) {
    if (now >= block.until) continue;
    v1::ListedBlock* const listed = response->add_blocks();
    *listed->mutable_block() = warden::ToProto(block);
    listed->set_source(ToProto(static_cast<BlockSource>(source)));
  }
  const size_t sources = abuse_->shared() ? kBlockSources : kBlockSources - 1;
  if (!page.next.empty()) {
    response->set_next_page_token(std::string(1, kSourceLetters[source]) + page.next);
  } else if (source + 1 < sources) {
    response->set_next_page_token(std::string(1, kSourceLetters[source + 1]));
  }
  return grpc::Status::OK;
}

}  // namespace warden
