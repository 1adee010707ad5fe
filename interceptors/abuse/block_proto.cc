#include "interceptors/abuse/block_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/plain_text.h"
#include "authz/config/proto_time.h"
#include "authz/config/yaml_list.h"

namespace warden {
namespace {

using What = v1::Block::WhatCase;

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
       {CheckPlainText("reason", block.reason, kMaxBlockReasonBytes),
        CheckPlainText("by", block.by, kMaxBlockReasonBytes),
        ReadProtoTime(message.has_until(), message.until(), "until", &block.until),
        ReadProtoTime(message.has_made_at(), message.made_at(), "made_at", &block.made_at)}) {
    if (!status.ok()) return status;
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
  if (block.until != absl::InfiniteFuture()) WriteProtoTime(block.until, message.mutable_until());
  message.set_reason(block.reason);
  message.set_by(block.by);
  if (block.made_at != absl::InfinitePast()) {
    WriteProtoTime(block.made_at, message.mutable_made_at());
  }
  return message;
}

absl::StatusOr<std::vector<Block>> ParseBlocks(std::string_view yaml, std::string_view file_name,
                                               size_t max_entries, absl::Time now) {
  return ReadYamlList<Block>(
      yaml, file_name, "blocks", &v1::Blocks::blocks,
      {.max_bytes = kMaxBlocksYamlBytes,
       .max_entries = max_entries,
       .setting = "abuse.max_entries"},
      [now](const v1::Block& message) { return BlockFromProto(message, now); });
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
    absl::StrAppend(&text, "    made_at: ", FormatUtc(block.made_at), "\n");
    if (block.until != absl::InfiniteFuture()) {
      absl::StrAppend(&text, "    until: ", FormatUtc(block.until), "\n");
    }
  }
  return text;
}

}  // namespace warden
