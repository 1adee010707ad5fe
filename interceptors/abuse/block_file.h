// The configuration's block_file, watched.
#ifndef WARDEN_INTERCEPTORS_ABUSE_BLOCK_FILE_H_
#define WARDEN_INTERCEPTORS_ABUSE_BLOCK_FILE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "interceptors/abuse/block_list.h"
#include "interceptors/revocation/revocation_file.h"

namespace warden {

// Not thread-safe: one thread looks. A file that becomes wrong or goes away is reported, and the
// last good list stays.
class BlockFile {
 public:
  // `list` must outlive it.
  BlockFile(std::string path, BlockList* list) : path_(std::move(path)), list_(list) {}

  // NotFound, or InvalidArgument with every problem and its line.
  absl::Status Load(absl::Time now);
  // Reads the file if it has changed, and calls `report` with what came of it.
  void Poll(absl::Time now, const std::function<void(const absl::Status&)>& report);

 private:
  const std::string path_;
  BlockList* const list_;
  FileSignature seen_;
  bool settled_ = false;  // when it was read
  std::string wrong_;     // what was reported last; "" if it was good
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_ABUSE_BLOCK_FILE_H_
