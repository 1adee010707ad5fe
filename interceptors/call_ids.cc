#include "interceptors/call_ids.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {

CallIds::CallIds(const LoadedConfig& config, ProblemList* problems) {
  const auto& patterns = config.config.request().trusted_id_peers();
  for (int i = 0; i < patterns.size(); ++i) {
    absl::StatusOr<SpiffePattern> pattern = SpiffePattern::Parse(patterns[i]);
    if (pattern.ok()) {
      trusted_.push_back(*std::move(pattern));
    } else {
      problems->AddAt(config.places, ItemPath("request.trusted_id_peers", static_cast<size_t>(i)),
                      std::string(pattern.status().message()));
    }
  }
}

bool CallIds::Trusts(const Call& call) const {
  if (call.peer == nullptr) return false;
  const Peer& sender = call.peer->forwarded_by != nullptr ? *call.peer->forwarded_by : *call.peer;
  return std::any_of(trusted_.begin(), trusted_.end(), [&](const SpiffePattern& pattern) {
    return pattern.Matches(sender.spiffe_id);
  });
}

void CallIds::TakeOverSome(Call& call) const {
  if (call.transport.traceparent_entries == 1) {
    call.trace = TraceContext::Parse(call.transport.traceparent);
  }
  if (call.transport.request_id_entries != 1 || !Trusts(call)) return;
  const std::optional<RequestId> id = RequestId::TakeOver(call.transport.request_id);
  if (id.has_value()) call.id = id;
}

}  // namespace warden
