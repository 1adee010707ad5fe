#include "interceptors/signing/redis_nonces.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "interceptors/limits/shared/sender_metrics.h"
#include "interceptors/signing/nonce_name.h"

namespace warden {
namespace {

enum Said : int64_t { kSaysBegun = -2, kSaysTooOld = -1, kSaysReplayed = 0, kSaysFresh = 1 };

// KEYS: the nonce, the group's mark. ARGV: when the signature was made in Unix ms, how long the
// nonce is kept in ms. Without ARGV only sets the mark.
constexpr char kScript[] = R"lua(
local since = redis.call('GET', KEYS[2])
if not since then
  local clock = redis.call('TIME')
  redis.call('SET', KEYS[2], string.format('%.0f', clock[1] * 1000 + math.ceil(clock[2] / 1000)))
  return -2
end
if not ARGV[1] then return 1 end
if tonumber(ARGV[1]) < tonumber(since) then return -1 end
if redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[2]) then return 1 end
return 0
)lua";

}  // namespace

RedisNonces::RedisNonces(std::unique_ptr<RedisSender> sender, Options options)
    : options_(std::move(options)),
      lifetime_ms_(absl::StrCat(absl::ToInt64Milliseconds(3 * options_.max_skew))),
      script_(kScript),
      sender_(std::move(sender)) {
  Begin();
}

std::string RedisNonces::BeginningOf(uint32_t group) const {
  return absl::StrCat(options_.key_prefix, "nonce:{", group, "}:");
}

// All groups at once, so that not the first signature of each finds that its group begins.
void RedisNonces::Begin() {
  if (!begins_.exchange(false)) return;
  for (uint32_t group = 0; group < kGroups; ++group) {
    const std::string mark = absl::StrCat(BeginningOf(group), "since");
    script_.Run(*sender_, {mark, mark}, {}, [this](const RedisSender::Reply& reply) {
      if (!reply.ok()) begins_.store(true);
    });
  }
}

void RedisNonces::Claim(std::string_view key_id, std::string_view nonce, absl::Time created,
                        std::function<void(Answer)> then) {
  const int64_t created_ms = absl::ToUnixMillis(created);
  if (created_ms < floor_ms_.load(std::memory_order_acquire)) {
    then(ReplayVerdict::kTooOld);
    return;
  }
  Begin();
  const std::string hash = RedisKeyHash(NonceName(key_id, nonce));
  uint64_t random = 0;
  (void)absl::SimpleHexAtoi(hash.substr(0, 8), &random);  // is hexadecimal
  const std::string beginning = BeginningOf(static_cast<uint32_t>(random % kGroups));
  script_.Run(
      *sender_, {absl::StrCat(beginning, hash), absl::StrCat(beginning, "since")},
      {absl::StrCat(created_ms), lifetime_ms_},
      [this, then = std::move(then)](const RedisSender::Reply& reply) { then(Read(reply)); });
}

NonceStore::Answer RedisNonces::Read(const RedisSender::Reply& reply) {
  if (reply.ok() && reply->type == RedisReply::Type::kInteger) {
    switch (reply->integer) {
      case kSaysFresh:
        return ReplayVerdict::kFresh;
      case kSaysReplayed:
        return ReplayVerdict::kReplayed;
      case kSaysBegun:
        begins_.store(true);  // the other groups may have lost theirs, too
        return ReplayVerdict::kTooOld;
      case kSaysTooOld:
        return ReplayVerdict::kTooOld;
      default:
        break;
    }
  }
  begins_.store(true);
  const int64_t now_ms = absl::ToUnixMillis(options_.clock()) + 1;  // rounded up
  int64_t floor = floor_ms_.load(std::memory_order_relaxed);
  while (floor < now_ms &&
         !floor_ms_.compare_exchange_weak(floor, now_ms, std::memory_order_acq_rel)) {
  }
  return reply.ok() ? absl::DataLossError("redis gave no answer of the script") : reply.status();
}

std::vector<prometheus::MetricFamily> RedisNonces::Families() const {
  return SenderFamilies(*sender_,
                        {.up = "warden_signature_store_up",
                         .questions = "warden_signature_store_questions_total",
                         .batches = "warden_signature_store_batches_total",
                         .errors = "warden_signature_store_errors_total"},
                        "nonces of signed requests");
}

}  // namespace warden
