// Limits under the load of very many keys, beside an ideal limiter that forgets nothing: how many
// calls each admits, what a key costs in memory, and what a decision costs in time.
//
//   limits_load [--keys N] [--calls N] [--threads N] [--max-keys N] [--skew S] [--seed N] [--flood
//   N]
//
// Keys are asked for as Zipf has it: the k-th most frequent one 1/k^skew times as often as the
// first. Time is simulated: a call each microsecond. Then the attack: so many keys, each asked for
// once, beside a caller who has used up its limit. Exits with 1 where the limiter admitted another
// number than the ideal one although all keys had room, or where the flood let that caller in,
// won more than its keys' own first calls and one bucket, or grew the process.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "interceptors/limits/rate_limiter.h"

namespace warden {
namespace {

__extension__ typedef __int128 Wide;

constexpr int64_t kCallNs = 1000;

struct Load {
  uint64_t keys = 1'000'000, calls = 4'000'000, max_keys = 1 << 20, seed = 1, flood = 10'000'000;
  uint32_t threads = 2;
  double skew = 1.0;
};

// Zipf by rejection-inversion: W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates
// from monotone discrete distributions" (1996).
class Zipf {
 public:
  Zipf(uint64_t n, double s) : n_(static_cast<double>(n)), s_(s) {
    first_ = H(1.5) - 1;
    last_ = H(n_ + 0.5);
    near_ = 2 - Inverse(H(2.5) - std::pow(2, -s_));
  }
  uint64_t operator()(std::mt19937_64& random) const {
    std::uniform_real_distribution<double> uniform(last_, first_);
    while (true) {
      const double u = uniform(random);
      const double x = Inverse(u);
      const double k = std::clamp(std::floor(x + 0.5), 1.0, n_);
      if (k - x <= near_ || u >= H(k + 0.5) - std::pow(k, -s_)) return static_cast<uint64_t>(k);
    }
  }

 private:
  double H(double x) const { return s_ == 1 ? std::log(x) : (std::pow(x, 1 - s_) - 1) / (1 - s_); }
  double Inverse(double x) const {
    return s_ == 1 ? std::exp(x) : std::pow(1 + x * (1 - s_), 1 / (1 - s_));
  }
  double n_, s_, first_, last_, near_;
};

// Keeps everything of every key, in plain arithmetic; shares nothing with what is measured.
class Ideal {
 public:
  explicit Ideal(const LimitSpec& spec) : spec_(spec), per_(absl::ToInt64Nanoseconds(spec.per)) {}

  bool Take(uint64_t key, int64_t now) {
    Bucket& bucket = buckets_[key];
    if (spec_.algorithm == LimitSpec::Algorithm::kTokenBucket) return TakeToken(&bucket, now);
    const int64_t window = now / per_;
    if (window != bucket.window) {
      bucket.before = window == bucket.window + 1 ? bucket.current : 0;
      bucket.current = 0;
      bucket.window = window;
    }
    Wide used = static_cast<Wide>(bucket.current + 1) * per_;
    if (spec_.algorithm == LimitSpec::Algorithm::kSlidingWindow) {
      used += static_cast<Wide>(bucket.before) * (per_ - now % per_);
    }
    if (used > static_cast<Wide>(spec_.requests) * per_) return false;
    ++bucket.current;
    return true;
  }

 private:
  struct Bucket {
    int64_t missing = 0;  // tokens times per_
    int64_t at = 0;
    int64_t window = -2, current = 0, before = 0;
  };
  bool TakeToken(Bucket* bucket, int64_t now) {
    const Wide regained = static_cast<Wide>(now - bucket->at) * spec_.requests;
    bucket->missing =
        static_cast<int64_t>(std::max<Wide>(0, static_cast<Wide>(bucket->missing) - regained));
    bucket->at = now;
    if (bucket->missing + per_ > static_cast<int64_t>(spec_.burst) * per_) return false;
    bucket->missing += per_;
    return true;
  }
  const LimitSpec spec_;
  const int64_t per_;
  std::unordered_map<uint64_t, Bucket> buckets_;
};

std::string KeyOf(uint64_t key) {
  std::string text = "spiffe://shop.example/sa/";
  return text.append(std::to_string(key));
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double ThreadSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Speed {
  double calls_per_second = 0;  // by the clock on the wall
  double ns_per_call = 0;       // of the processor
};

// With so many threads, each with keys of its own part of the sequence.
Speed Measure(const LimitSpec& spec, const Load& load, const std::vector<std::string>& keys,
              uint32_t threads) {
  RateLimiter limiter(load.max_keys);
  std::atomic<uint32_t> ready{0};
  std::vector<std::thread> running;
  std::vector<double> seconds(threads), busy(threads);
  const size_t each = keys.size() / threads;
  for (uint32_t t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      ++ready;
      while (ready < threads) {
      }
      const double begin = Seconds(), busy_begin = ThreadSeconds();
      for (size_t i = t * each; i < (t + 1) * each; ++i) {
        limiter.Take(0, spec, keys[i], static_cast<int64_t>(i - t * each) * kCallNs);
      }
      seconds[t] = Seconds() - begin;
      busy[t] = ThreadSeconds() - busy_begin;
    });
  }
  for (std::thread& thread : running) thread.join();
  const auto calls = static_cast<double>(each * threads);
  return {calls / *std::max_element(seconds.begin(), seconds.end()),
          1e9 * std::accumulate(busy.begin(), busy.end(), 0.0) / calls};
}

bool Run(const char* name, const LimitSpec& spec, const Load& load) {
  std::mt19937_64 random(load.seed);
  const Zipf zipf(load.keys, load.skew);
  Ideal ideal(spec);
  RateLimiter limiter(load.max_keys);
  uint64_t admitted = 0, wanted = 0, shared = 0;
  std::vector<std::string> keys;
  keys.reserve(std::min<uint64_t>(load.calls, 2'000'000));
  for (uint64_t i = 0; i < load.calls; ++i) {
    const uint64_t key = zipf(random);
    std::string text = KeyOf(key);
    const auto now = static_cast<int64_t>(i) * kCallNs;
    const RateLimiter::Decision decision = limiter.Take(0, spec, text, now);
    admitted += decision.allowed ? 1 : 0;
    shared += decision.shared ? 1 : 0;
    wanted += ideal.Take(key, now) ? 1 : 0;
    if (keys.size() < keys.capacity()) keys.push_back(std::move(text));
  }
  const Speed one = Measure(spec, load, keys, 1);
  const Speed many = Measure(spec, load, keys, load.threads);
  std::printf(
      "%-14s admitted %llu, ideal %llu, for want of room %llu; keys %zu, evicted %llu; "
      "%.1f bytes a key; %.0f ns a decision, %u threads %.2f times as many\n",
      name, static_cast<unsigned long long>(admitted), static_cast<unsigned long long>(wanted),
      static_cast<unsigned long long>(shared), limiter.tracked_keys(),
      static_cast<unsigned long long>(limiter.evictions()),
      static_cast<double>(limiter.bytes()) / static_cast<double>(load.max_keys), one.ns_per_call,
      load.threads, many.calls_per_second / one.calls_per_second);
  return shared > 0 || admitted == wanted;
}

// Of the process, that are in memory.
uint64_t ResidentBytes() {
  uint64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

bool RunFlood(const Load& load) {
  const LimitSpec spec = {.requests = 20, .per = absl::Hours(1), .burst = 20};
  RateLimiter limiter(load.max_keys);
  for (uint64_t i = 0; i < load.max_keys; ++i) limiter.Take(0, spec, KeyOf(i), 0);  // in memory
  const std::string victim = KeyOf(0);
  for (uint32_t i = 1; i < spec.burst; ++i) limiter.Take(0, spec, victim, 0);
  const uint64_t before = ResidentBytes(), tracked = limiter.tracked_keys();
  uint64_t asked = 0, freed = 0, admitted = 0;
  for (uint64_t i = 0; i < load.flood; ++i) {
    const auto now = static_cast<int64_t>(i) * 100;  // ten million calls in a second
    admitted += limiter.Take(0, spec, KeyOf(load.max_keys + i), now).allowed ? 1 : 0;
    if (i % 1000 != 0) continue;
    ++asked;
    freed += limiter.Take(0, spec, victim, now).allowed ? 1 : 0;
  }
  const uint64_t after = ResidentBytes(), grown = after > before ? after - before : 0;
  std::printf(
      "flood          %llu keys: admitted %llu; the limited caller let in %llu of %llu times; "
      "the process grew by %llu bytes, the table has %.1f bytes a key\n",
      static_cast<unsigned long long>(load.flood), static_cast<unsigned long long>(admitted),
      static_cast<unsigned long long>(freed), static_cast<unsigned long long>(asked),
      static_cast<unsigned long long>(grown),
      static_cast<double>(limiter.bytes()) / static_cast<double>(load.max_keys));
  const uint64_t room = limiter.capacity() - tracked;
  return freed == 0 && admitted <= room + spec.burst && grown < (1 << 20);
}

bool ReadFlags(int argc, char** argv, Load* load) {
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    if (i + 1 >= argc) return false;
    const char* const value = argv[i + 1];
    if (flag == "--keys") {
      load->keys = std::strtoull(value, nullptr, 10);
    } else if (flag == "--calls") {
      load->calls = std::strtoull(value, nullptr, 10);
    } else if (flag == "--max-keys") {
      load->max_keys = std::strtoull(value, nullptr, 10);
    } else if (flag == "--threads") {
      load->threads = static_cast<uint32_t>(std::strtoul(value, nullptr, 10));
    } else if (flag == "--seed") {
      load->seed = std::strtoull(value, nullptr, 10);
    } else if (flag == "--flood") {
      load->flood = std::strtoull(value, nullptr, 10);
    } else if (flag == "--skew") {
      load->skew = std::strtod(value, nullptr);
    } else {
      return false;
    }
  }
  return load->keys > 1 && load->calls > 0 && load->threads > 0 && load->skew > 0;
}

int Main(int argc, char** argv) {
  Load load;
  if (!ReadFlags(argc, argv, &load)) {
    std::fputs("see the head of tests/bench/limits_load.cc\n", stderr);
    return 2;
  }
  using Algorithm = LimitSpec::Algorithm;
  const LimitSpec spec = {.requests = 100, .per = absl::Milliseconds(100), .burst = 20};
  LimitSpec window = spec;
  window.burst = window.requests;
  window.algorithm = Algorithm::kSlidingWindow;
  bool exact = Run("token bucket", spec, load);
  exact = Run("sliding window", window, load) && exact;
  window.algorithm = Algorithm::kFixedWindow;
  exact = Run("fixed window", window, load) && exact;
  return RunFlood(load) && exact ? 0 : 1;
}

}  // namespace
}  // namespace warden

int main(int argc, char** argv) { return warden::Main(argc, argv); }
