#include "interceptors/abuse/block_file.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "authz/config/yaml_loader.h"
#include "interceptors/abuse/block_proto.h"

namespace warden {

absl::Status BlockFile::Load(absl::Time now) {
  // Before the file is read: what is written in between shows as another change. Files go by the
  // machine's clock.
  seen_ = SignatureOf(path_);
  settled_ = Settled(seen_, absl::Now());
  std::string text;
  if (absl::Status status = ReadBoundedFile(path_, kMaxBlocksYamlBytes, &text); !status.ok()) {
    return status;
  }
  const absl::StatusOr<std::vector<Block>> blocks =
      ParseBlocks(text, path_, list_->max_entries(), now);
  if (!blocks.ok()) return blocks.status();
  return list_->Replace(BlockSource::kFile, *blocks);
}

// A file may change twice within its clock's resolution: one that was young when it was read is
// read once more.
void BlockFile::Poll(absl::Time now, const std::function<void(const absl::Status&)>& report) {
  const FileSignature signature = SignatureOf(path_);
  const bool changed = signature != seen_;
  if (!changed && (settled_ || !Settled(signature, absl::Now()))) return;
  const absl::Status status = Load(now);
  std::string wrong(status.message());
  if (!changed && wrong == wrong_) return;
  wrong_ = std::move(wrong);
  report(status);
}

}  // namespace warden
