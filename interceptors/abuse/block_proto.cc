#include "interceptors/abuse/block_proto.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"
#include "authz/config/yaml_text.h"

namespace warden {
namespace {

using What = v1::Block::WhatCase;
using google::protobuf::Timestamp;

// google/protobuf/timestamp.proto: from year 1 to 9999.
absl::StatusOr<absl::Time> ReadTime(const Timestamp& timestamp, const char* name) {
  constexpr int64_t kFirst = -62135596800;
  constexpr int64_t kLast = 253402300799;
  if (timestamp.seconds() < kFirst || timestamp.seconds() > kLast || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is no time"));
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void WriteTime(absl::Time time, Timestamp* timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::StatusOr<BlockKey> KeyOf(const v1::Block& message) {
  switch (message.what_case()) {
    case What::kPeer:
      return PeerKey(message.peer());
    case What::kAddress:
      return AddressKey(message.address());
    case What::kPrincipal:
      return PrincipalKey(message.principal().issuer(), message.principal().subject());
    case What::WHAT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("says nothing of who is blocked: peer, address or principal");
}

absl::Status CheckText(const char* name, const std::string& text) {
  if (text.size() > kMaxBlockReasonBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is longer than ", kMaxBlockReasonBytes, " bytes"));
  }
  ProblemList problems;
  const bool plain =
      std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
  if (plain && CheckYamlText(text, "", &problems)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, " is not UTF-8, or has control characters"));
}

// A YAML string in double quotes, which take any text without control characters.
std::string QuotedYaml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string UtcYaml(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string KeyYaml(const BlockKey& key) {
  if (key.kind != BlockKind::kPrincipal) {
    return absl::StrCat(std::string(ToString(key.kind)), ": ", QuotedYaml(key.value));
  }
  const IssuerAndSubject parts = SplitPrincipal(key.value);
  return absl::StrCat(
      "principal: {",
      parts.issuer.empty() ? "" : absl::StrCat("issuer: ", QuotedYaml(parts.issuer), ", "),
      "subject: ", QuotedYaml(parts.subject), "}");
}

}  // namespace

absl::StatusOr<Block> BlockFromProto(const v1::Block& message, absl::Time now) {
  absl::StatusOr<BlockKey> key = KeyOf(message);
  if (!key.ok()) return key.status();
  Block block = {
      .key = *std::move(key), .made_at = now, .reason = message.reason(), .by = message.by()};
  for (const absl::Status& status :
       {CheckText("reason", block.reason), CheckText("by", block.by)}) {
    if (!status.ok()) return status;
  }
  if (message.has_until()) {
    const absl::StatusOr<absl::Time> until = ReadTime(message.until(), "until");
    if (!until.ok()) return until.status();
    block.until = *until;
  }
  if (message.has_made_at()) {
    const absl::StatusOr<absl::Time> made_at = ReadTime(message.made_at(), "made_at");
    if (!made_at.ok()) return made_at.status();
    block.made_at = *made_at;
  }
  return block;
}

v1::Block ToProto(const Block& block) {
  v1::Block message;
  switch (block.key.kind) {
    case BlockKind::kPeer:
      message.set_peer(block.key.value);
      break;
    case BlockKind::kAddress:
      message.set_address(block.key.value);
      break;
    case BlockKind::kPrincipal: {
      const IssuerAndSubject parts = SplitPrincipal(block.key.value);
      message.mutable_principal()->set_issuer(std::string(parts.issuer));
      message.mutable_principal()->set_subject(std::string(parts.subject));
      break;
    }
  }
  if (block.until != absl::InfiniteFuture()) WriteTime(block.until, message.mutable_until());
  message.set_reason(block.reason);
  message.set_by(block.by);
  if (block.made_at != absl::InfinitePast()) WriteTime(block.made_at, message.mutable_made_at());
  return message;
}

absl::StatusOr<std::vector<Block>> ParseBlocks(std::string_view yaml, std::string_view file_name,
                                               size_t max_entries, absl::Time now) {
  v1::Blocks messages;
  SourceMap places;
  const YamlBounds bounds = {.max_bytes = kMaxBlocksYamlBytes, .max_values = 1'000'000};
  if (absl::Status status = LoadYaml(yaml, file_name, &messages, &places, bounds); !status.ok()) {
    return status;
  }
  ProblemList problems;
  std::vector<Block> blocks;
  const auto size = static_cast<size_t>(messages.blocks_size());
  if (size > max_entries) {
    problems.AddAt(places, "blocks",
                   absl::StrCat("has ", size, " entries; abuse.max_entries is ", max_entries));
  }
  for (size_t i = 0; i < std::min(size, max_entries); ++i) {
    absl::StatusOr<Block> read = BlockFromProto(messages.blocks(static_cast<int>(i)), now);
    if (read.ok()) {
      blocks.push_back(*std::move(read));
    } else {
      problems.AddAt(
          places, ItemPath("blocks", i),
          std::string_view(read.status().message().data(), read.status().message().size()));
    }
  }
  if (!problems.empty()) return problems.ToStatus();
  return blocks;
}

std::string FormatBlocks(const std::vector<Block>& blocks) {
  if (blocks.empty()) return "blocks: []\n";
  std::string text = "blocks:\n";
  for (const Block& block : blocks) {
    absl::StrAppend(&text, "  - ", KeyYaml(block.key), "\n");
    if (!block.reason.empty()) {
      absl::StrAppend(&text, "    reason: ", QuotedYaml(block.reason), "\n");
    }
    if (!block.by.empty()) absl::StrAppend(&text, "    by: ", QuotedYaml(block.by), "\n");
    absl::StrAppend(&text, "    made_at: ", UtcYaml(block.made_at), "\n");
    if (block.until != absl::InfiniteFuture()) {
      absl::StrAppend(&text, "    until: ", UtcYaml(block.until), "\n");
    }
  }
  return text;
}

}  // namespace warden
