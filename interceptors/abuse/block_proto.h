// Blocks as the messages of warden/v1/blocks.proto, and lists of them as YAML.
#ifndef WARDEN_INTERCEPTORS_ABUSE_BLOCK_PROTO_H_
#define WARDEN_INTERCEPTORS_ABUSE_BLOCK_PROTO_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "interceptors/abuse/block.h"
#include "warden/v1/blocks.pb.h"

namespace warden {

// In normal form; a missing `made_at` is `now`. InvalidArgument says what is wrong.
absl::StatusOr<Block> BlockFromProto(const v1::Block& message, absl::Time now);
v1::Block ToProto(const Block& block);

// A text of warden.v1.Blocks, read strictly. The error lists every problem with its line, among
// them a list of more than `max_entries`.
absl::StatusOr<std::vector<Block>> ParseBlocks(std::string_view yaml, std::string_view file_name,
                                               size_t max_entries, absl::Time now);
// What ParseBlocks reads back as the same.
std::string FormatBlocks(const std::vector<Block>& blocks);

inline constexpr size_t kMaxBlocksYamlBytes = 16 << 20;

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_BLOCK_PROTO_H_
