// Reads `limits.override_file`: other numbers for limits than they were written with.
#ifndef WARDEN_INTERCEPTORS_LIMIT_OVERRIDES_H_
#define WARDEN_INTERCEPTORS_LIMIT_OVERRIDES_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/guarded_method.h"
#include "interceptors/limit_set.h"

namespace warden {

inline constexpr size_t kMaxOverrides = 1024;
inline constexpr size_t kMaxOverrideBytes = 1 << 20;

// The limits as they were written: of the methods, which stand in the order of their ids, and of
// the connection.
std::shared_ptr<LimitSet> MakeLimitSet(const std::deque<GuardedMethod>& methods,
                                       const std::vector<Limit>& connection);

// The same with the numbers that `text`, YAML of warden.v1.LimitOverrides, says instead.
// InvalidArgument lists every problem, one a line, as "file:line:col: path: what is wrong". Version
// 0; `file_name` only serves the messages. Thread-safe.
absl::StatusOr<std::shared_ptr<LimitSet>> ReadOverrides(const std::deque<GuardedMethod>& methods,
                                                        const std::vector<Limit>& connection,
                                                        std::string_view text,
                                                        std::string_view file_name);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_LIMIT_OVERRIDES_H_
