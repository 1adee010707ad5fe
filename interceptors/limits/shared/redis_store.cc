#include "interceptors/limits/shared/redis_store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "interceptors/limits/shared/redis_pipe.h"
#include "interceptors/limits/shared/redis_script.h"

namespace warden {
namespace {

constexpr size_t kArguments = 7;
constexpr size_t kNumbers = 5;

// For each key: algorithm, requests, per in us, size, cost, charge, up_to. Answers for each:
// allowed, remaining, wait in us (-1: never), reset in us, taken. Time that goes back is time that
// stands still. A token bucket is "missing time", in us times requests; windows are "index current
// before".
constexpr char kScript[] = R"lua(
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local answers, states, all = {}, {}, true
for i = 1, #KEYS do
  local a = (i - 1) * 7
  local algorithm = ARGV[a + 1]
  local requests, per, size = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4])
  local cost, charge, up_to = tonumber(ARGV[a + 5]), ARGV[a + 6] == '1', tonumber(ARGV[a + 7])
  local stored = redis.call('GET', KEYS[i])
  local f = {}
  if stored then
    for word in string.gmatch(stored, '%S+') do f[#f + 1] = tonumber(word) end
  end
  local allowed, left, wait, reset, taken, state, keep = false, 0, 0, 0, 0, nil, 0
  if algorithm == 'bucket' then
    local missing, at = f[1] or 0, f[2] or now
    missing = math.max(0, missing - math.max(0, now - at) * requests)
    local room = size * per - missing
    allowed = cost * per <= room
    if allowed then
      taken = cost
      if up_to > cost then taken = math.max(cost, math.min(up_to, math.floor(room / per))) end
      if charge then missing = missing + taken * per end
    elseif cost > size then
      wait = -1
    else
      wait = math.ceil((cost * per - room) / requests)
    end
    left = math.max(0, math.floor((size * per - missing) / per))
    reset = math.ceil(missing / requests)
    keep = reset
    state = string.format('%.17g %.0f', missing, now)
  else
    local index = math.floor(now / per)
    local current, before = 0, 0
    if f[1] and f[1] >= index then
      current, before = f[2], f[3]
    elseif f[1] and f[1] == index - 1 then
      before = f[2]
    end
    local elapsed = now - index * per
    local slides = algorithm == 'sliding'
    local weighed = 0
    if slides then weighed = before * (per - elapsed) end
    local room = requests * per - weighed - current * per
    allowed = cost * per <= room
    if allowed then
      taken = cost
      if up_to > cost then taken = math.max(cost, math.min(up_to, math.floor(room / per))) end
      if charge then current = current + taken; room = room - taken * per end
    elseif cost > requests then
      wait = -1
    elseif slides and current + cost <= requests then
      wait = math.max(1, per - math.floor((requests - current - cost) * per / before) - elapsed)
    elseif slides then
      wait = per - elapsed + math.max(0, per - math.floor((requests - cost) * per / current))
    else
      wait = per - elapsed
    end
    left = math.max(0, math.floor(room / per))
    if current > 0 or before > 0 then reset = per - elapsed end
    keep = per - elapsed
    if slides then keep = keep + per end
    state = string.format('%.0f %.0f %.0f', index, current, before)
  end
  if not allowed then all = false end
  answers[i] = {allowed and 1 or 0, left, wait, reset, taken}
  if charge then states[i] = {state, keep} end
end
if all then
  for i = 1, #KEYS do
    if states[i] then
      redis.call('SET', KEYS[i], states[i][1], 'PX', string.format('%.0f', math.ceil(states[i][2] / 1000) + 1))
    end
  end
end
return answers
)lua";

const char* NameOf(LimitSpec::Algorithm algorithm) {
  switch (algorithm) {
    case LimitSpec::Algorithm::kTokenBucket:
      return "bucket";
    case LimitSpec::Algorithm::kSlidingWindow:
      return "sliding";
    case LimitSpec::Algorithm::kFixedWindow:
      break;
  }
  return "fixed";
}

std::vector<std::string> ArgumentsOf(const std::vector<SharedAsk>& asks) {
  std::vector<std::string> arguments;
  arguments.reserve(asks.size() * kArguments);
  for (const SharedAsk& ask : asks) {
    arguments.emplace_back(NameOf(ask.spec.algorithm));
    arguments.push_back(absl::StrCat(ask.spec.requests));
    arguments.push_back(absl::StrCat(absl::ToInt64Microseconds(ask.spec.per)));
    arguments.push_back(absl::StrCat(ask.spec.size()));
    arguments.push_back(absl::StrCat(ask.cost));
    arguments.emplace_back(ask.charge ? "1" : "0");
    arguments.push_back(absl::StrCat(ask.up_to));
  }
  return arguments;
}

absl::Status Strange() { return absl::DataLossError("redis gave no answer of the script"); }

SharedLimitStore::Answer ReadReply(const RedisReply& reply, size_t asks) {
  if (reply.type != RedisReply::Type::kList || reply.items.size() != asks) return Strange();
  std::vector<SharedDecision> decisions;
  for (const RedisReply& item : reply.items) {
    if (item.items.size() != kNumbers) return Strange();
    std::array<int64_t, kNumbers> numbers{};
    for (size_t i = 0; i < kNumbers; ++i) {
      if (item.items[i].type != RedisReply::Type::kInteger) return Strange();
      numbers[i] = item.items[i].integer;
    }
    constexpr int64_t kMostUs = kNever / 1000;
    constexpr int64_t kMost32 = std::numeric_limits<uint32_t>::max();
    SharedDecision& decision = decisions.emplace_back();
    decision.judged.allowed = numbers[0] == 1;
    decision.judged.remaining = static_cast<uint32_t>(std::clamp<int64_t>(numbers[1], 0, kMost32));
    decision.judged.wait_ns = numbers[2] < 0 ? kNever : std::min(numbers[2], kMostUs - 1) * 1000;
    decision.judged.reset_ns = std::clamp<int64_t>(numbers[3], 0, kMostUs) * 1000;
    decision.taken = static_cast<uint32_t>(std::clamp<int64_t>(numbers[4], 0, kMost32));
  }
  return decisions;
}

}  // namespace

RedisLimitStore::RedisLimitStore(std::unique_ptr<RedisSender> sender, std::string key_prefix)
    : key_prefix_(std::move(key_prefix)), sender_(std::move(sender)) {}

RedisLimitStore::RedisLimitStore(RedisOptions options, std::string key_prefix)
    : RedisLimitStore(std::make_unique<RedisPipe>(std::move(options)), std::move(key_prefix)) {}

void RedisLimitStore::Decide(std::vector<SharedAsk> asks, std::function<void(Answer)> then) {
  static const auto* const script = new RedisScript(kScript);
  std::vector<std::string> keys;
  keys.reserve(asks.size());
  for (const SharedAsk& ask : asks) {
    keys.push_back(absl::StrCat(key_prefix_, "limit:{", RedisKeyHash(ask.bucket), "}"));
  }
  script->Run(*sender_, keys, ArgumentsOf(asks),
              [count = asks.size(), then = std::move(then)](const RedisSender::Reply& reply) {
                then(reply.ok() ? ReadReply(*reply, count) : Answer(reply.status()));
              });
}

}  // namespace warden
