#include "interceptors/grpc/block_admin.h"

#include <optional>
#include <string>
#include <string_view>

#include "interceptors/abuse/abuse_control.h"
#include "interceptors/abuse/block_proto.h"
#include "interceptors/grpc/admin_list.h"
#include "interceptors/grpc/caller.h"
#include "interceptors/guard.h"
#include "interceptors/observe/sanitize.h"

namespace warden {
namespace {

constexpr AdminListWords kWords = {"abuse", "block", "block list"};
// The first letter of a page token, by BlockSource.
constexpr std::string_view kSourceLetters = "fls";
static_assert(kSourceLetters.size() == kBlockSources);

grpc::Status ToGrpc(const absl::Status& status) { return AdminStatus(status, kWords); }

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
  if (!block.ok()) return BadEntry(block.status());
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
  if (!block.ok()) return BadEntry(block.status());
  const absl::Status lifted = abuse_->Lift(block->key);
  if (absl::IsFailedPrecondition(lifted)) {
    return {grpc::StatusCode::FAILED_PRECONDITION, std::string(lifted.message())};
  }
  return ToGrpc(lifted);
}

grpc::Status BlockAdmin::ListBlocks(grpc::ServerContext*, const v1::ListBlocksRequest* request,
                                    v1::ListBlocksResponse* response) {
  if (abuse_ == nullptr) return NoControl();
  const std::optional<AdminPlace> place = ReadPageToken(request->page_token(), kSourceLetters);
  if (!place.has_value()) return BadPageToken();
  const auto source = static_cast<BlockSource>(place->source);
  const absl::Time now = abuse_->Now();
  const BlockPage page =
      abuse_->list().List(source, place->after, AdminPageSize(request->page_size()));
  for (const warden::Block& block : page.blocks) {
    if (now >= block.until) continue;
    v1::ListedBlock* const listed = response->add_blocks();
    *listed->mutable_block() = warden::ToProto(block);
    listed->set_source(ToProto(source));
  }
  const size_t sources = abuse_->shared() ? kBlockSources : kBlockSources - 1;
  if (!page.next.empty()) {
    response->set_next_page_token(std::string(1, kSourceLetters[place->source]) + page.next);
  } else if (place->source + 1 < sources) {
    response->set_next_page_token(std::string(1, kSourceLetters[place->source + 1]));
  }
  return grpc::Status::OK;
}

}  // namespace warden
