#include "interceptors/audit_trail.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/policy/policy.h"
#include "interceptors/policy_snapshot.h"
#include "interceptors/steady.h"

namespace warden {
namespace {

// By chance, so that nobody can know which of their calls are recorded.
bool OneIn(uint32_t many) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_int_distribution<uint32_t>(1, many)(generator) == 1;
}

// A text that is put together without memory of its own, and cut where it is full.
class Words {
 public:
  Words& operator<<(std::string_view text) {
    const size_t length = std::min(text.size(), text_.size() - used_);
    std::memcpy(text_.data() + used_, text.data(), length);
    used_ += length;
    return *this;
  }
  bool empty() const { return used_ == 0; }
  std::string_view view() const { return {text_.data(), used_}; }

 private:
  std::array<char, 256> text_;  // NOLINT: not initialized
  size_t used_ = 0;
};

// The first role of the caller that gives the permission; "" where none does.
std::string_view RoleThatGives(const std::string& permission, const Policy& policy,
                               const Principal& caller) {
  const NameTable& names = *policy.permission_names();
  const std::optional<uint32_t> id = names.Find(permission);
  for (const std::string& role : caller.roles()) {
    const BitSet& given = policy.PermissionsOf(role);
    bool gives = id.has_value() && given.Has(*id);
    if (!id.has_value()) {
      names.ForEachCovering(permission, [&](uint32_t wildcard) { gives |= given.Has(wildcard); });
    }
    if (gives) return role;
  }
  return {};
}

void AppendDecider(const MethodAccess& access, const Policy& policy, const Principal& caller,
                   Words* words) {
  const auto append = [&](const std::string& permission) {
    const std::string_view role = RoleThatGives(permission, policy, caller);
    if (role.empty()) return false;
    *words << (words->empty() ? "" : ", ") << permission << " by role " << role;
    return true;
  };
  switch (access.kind) {
    case MethodAccess::Kind::kPublic:
      *words << "public";
      break;
    case MethodAccess::Kind::kAuthenticated:
      *words << "authenticated";
      break;
    case MethodAccess::Kind::kPermissions:
      for (const std::string& permission : access.all_of) append(permission);
      for (const std::string& permission : access.any_of) {
        if (append(permission)) break;
      }
      break;
  }
  if (access.condition != nullptr) *words << " and `when`";
}

void SetTokenId(const std::string& id, AuditEntry* entry) {
  const bool plain = id.size() <= 64 &&
                     std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (plain) {
    entry->Set(AuditField::kTokenId, id);
    return;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(id.data()), id.size(), hash.data());
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
  entry->Set(AuditField::kTokenId, absl::StrCat("sha256:", hex));
}

struct Verdict {
  AuditEvent event = AuditEvent::kDecision;
  bool allowed = false;
  std::string_view reason;
  std::string_view stage;
  std::string_view decided_by;
  std::string_view detail;
};

void SetCredentials(const Call& call, AuditEntry* entry) {
  if (call.principal != nullptr) entry->Set(AuditField::kPrincipal, call.principal->name());
  if (call.token != nullptr) entry->Set(AuditField::kIssuer, call.token->issuer());
  if (call.peer != nullptr) {
    entry->Set(AuditField::kPeer, call.peer->name());
    entry->Set(AuditField::kCertificate, call.peer->certificate_sha256);
    if (call.peer->forwarded_by != nullptr) {
      entry->Set(AuditField::kForwardedBy, call.peer->forwarded_by->name());
    }
  }
}

// In the order of AuditField.
void Fill(const Call& call, std::string_view address, const Verdict& verdict, int64_t duration_ns,
          AuditEntry* entry) {
  entry->time = call.now;
  entry->duration_ns = duration_ns;
  entry->event = verdict.event;
  entry->allowed = verdict.allowed;
  entry->reason = verdict.reason;
  entry->stage = verdict.stage;
  entry->Set(AuditField::kMethod, call.method != nullptr ? call.method->name : "unknown");
  SetCredentials(call, entry);
  entry->Set(AuditField::kAddress, address);
  if (call.token != nullptr) SetTokenId(call.token->token_id(), entry);
  if (call.api_key != nullptr) entry->Set(AuditField::kApiKey, call.api_key->id());
  entry->Set(AuditField::kDecidedBy, verdict.decided_by);
  entry->Set(AuditField::kDetail, verdict.detail);
  if (call.policy != nullptr) entry->Set(AuditField::kPolicy, call.policy->policy().sha256());
  entry->Set(AuditField::kRequestId, call.request_id());
  if (call.trace.has_value()) {
    entry->Set(AuditField::kTraceId, call.trace->trace_id());
    entry->Set(AuditField::kParentSpanId, call.trace->parent_id());
  }
}

}  // namespace

bool AuditTrail::Allowed(Call& call) noexcept {
  const Keep keep = keep_[call.method->id];
  if (keep == Keep::kNone) return true;
  if (keep == Keep::kSampled && !OneIn(sample_one_in_)) return true;
  try {
    Words decider;
    if (call.policy != nullptr && call.principal != nullptr) {
      AppendDecider(call.method->access, call.policy->policy(), *call.principal, &decider);
    }
    const std::string_view address = call.Address();
    const int64_t duration = SteadyNanos() - call.monotonic_ns;
    const Verdict verdict = {.allowed = true,
                             .reason = InfoOf(Reason::kOk).label,
                             .stage = "admitted",
                             .decided_by = decider.view()};
    const uint32_t sampled = keep == Keep::kSampled ? sample_one_in_ : 0;
    return log_->Record(
        [&](AuditEntry& entry) {
          entry.sampled_one_in = sampled;
          Fill(call, address, verdict, duration, &entry);
        },
        /*refusable=*/true);
  } catch (...) {
    return false;  // no memory for the address: it goes by the same rule as no room would strictly
  }
}

void AuditTrail::Denied(Call& call, const Refusal& refusal, std::string_view stage) noexcept {
  try {
    const std::string_view address = call.Address();
    const int64_t duration = SteadyNanos() - call.monotonic_ns;
    const Verdict verdict = {
        .event = stage == "stream" ? AuditEvent::kStreamEnded : AuditEvent::kDecision,
        .reason = InfoOf(refusal.reason).label,
        .stage = stage,
        .detail = refusal.detail};
    log_->Record([&](AuditEntry& entry) { Fill(call, address, verdict, duration, &entry); },
                 /*refusable=*/false);
  } catch (...) {
    // The refusal stands, whatever becomes of its record.
  }
}

void AuditTrail::Noted(Call& call, const CallNote& note, std::string_view reason) noexcept {
  try {
    const std::string_view address = call.Address();
    Verdict verdict = {
        .allowed = note.allowed, .reason = reason, .stage = note.stage, .detail = note.detail};
    switch (note.event) {
      case DecisionEvent::kBreakGlass:
        verdict.event = AuditEvent::kBreakGlass;
        break;
      case DecisionEvent::kShadowDifference:
        verdict.event = AuditEvent::kShadowDifference;
        break;
      case DecisionEvent::kHiddenError:
        verdict.event = AuditEvent::kHiddenError;
        verdict.detail = {};  // a handler's own words stay out of the log
        break;
      case DecisionEvent::kResponse:
        verdict.event = AuditEvent::kResponse;
        break;
      case DecisionEvent::kBlock:
        verdict.event = AuditEvent::kBlock;
        break;
      case DecisionEvent::kAnomaly:
        verdict.event = AuditEvent::kAnomaly;
        break;
      case DecisionEvent::kObserved:
      case DecisionEvent::kRefusal:
        verdict.event = AuditEvent::kObserved;
        break;
    }
    log_->Record([&](AuditEntry& entry) { Fill(call, address, verdict, -1, &entry); },
                 /*refusable=*/false);
  } catch (...) {
    // Likewise.
  }
}

}  // namespace warden
