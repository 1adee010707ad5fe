// A fixed list of label values: what keeps the number of time series bounded.
#ifndef WARDEN_INTERCEPTORS_OBSERVE_LABEL_SET_H_
#define WARDEN_INTERCEPTORS_OBSERVE_LABEL_SET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace warden {

// The given names and one more for everything else, which comes last. Immutable and thread-safe.
class LabelSet {
 public:
  // If `rest` is among `names`, it is that one.
  LabelSet(std::vector<std::string> names, std::string_view rest);

  size_t size() const { return names_.size(); }
  size_t rest() const { return rest_; }
  const std::string& name(size_t index) const { return names_[index]; }
  // rest() for a name that is not in the set, or a number that is out of range.
  size_t IndexOf(std::string_view name) const;
  size_t Clamp(uint32_t index) const { return index < names_.size() ? index : rest_; }

 private:
  std::vector<std::string> names_;
  size_t rest_;
  absl::flat_hash_map<std::string, size_t> index_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_OBSERVE_LABEL_SET_H_
