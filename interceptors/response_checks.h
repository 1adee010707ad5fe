// What may leave the server by one method: `(warden.v1.response)` and the configuration's `output`,
// resolved.
#ifndef WARDEN_INTERCEPTORS_RESPONSE_CHECKS_H_
#define WARDEN_INTERCEPTORS_RESPONSE_CHECKS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "authz/config/problem.h"
#include "interceptors/rules/program.h"

namespace warden {

struct GuardedMethod;
struct LoadedConfig;
struct ServedMethod;

// Immutable once the server has started.
struct ResponseChecks {
  enum class Action : uint8_t { kIgnore, kDetect, kBlock };

  bool hide_errors = true;
  uint64_t max_bytes = 0;  // of one message as it is sent; no bound where 0
  Action on_invalid = Action::kIgnore;
  std::shared_ptr<const Program> rules;  // null where responses are not checked or have none
  Action on_leak = Action::kIgnore;
  bool raw = false;  // the handler gives bytes, not a message

  bool look_at_messages() const {
    return max_bytes > 0 || rules != nullptr || on_leak != Action::kIgnore;
  }
};

// Fills in `response` of each method. Each field of the option is taken from the method, else from
// its service, else from its file, else from the configuration. `served` are the methods as they
// were registered, in the same order. Adds what is wrong with rules of responses to `problems`.
void ResolveResponses(const LoadedConfig& config, const std::vector<ServedMethod>& served,
                      std::deque<GuardedMethod>* methods, ProblemList* problems);

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_RESPONSE_CHECKS_H_
