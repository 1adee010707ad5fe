// One step on the way of an RPC.
#ifndef WARDEN_INTERCEPTORS_STAGE_H_
#define WARDEN_INTERCEPTORS_STAGE_H_

#include <optional>
#include <string_view>

#include "interceptors/call.h"
#include "interceptors/refusal.h"

namespace warden {

// Reads the call, adds a fact, or refuses. Stages are made at start-up and run by many threads at
// once: they are thread-safe, and keep what belongs to one RPC in its Call. An exception refuses
// the call as Reason::kInternal.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string_view name() const = 0;  // snake_case; metric label
  virtual std::optional<Refusal> Run(Call& call) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_STAGE_H_
