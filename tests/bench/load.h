// A closed loop of unary calls: each connection always has the same number of calls under way.
#ifndef WARDEN_TESTS_BENCH_LOAD_H_
#define WARDEN_TESTS_BENCH_LOAD_H_

#include <grpcpp/channel.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "warden/testing/v1/bench.pb.h"

namespace warden::testing {

struct LoadSpec {
  std::string method = "/warden.testing.v1.Echo/Echo";
  std::string authorization;  // "" sends none
  v1::EchoRequest request;
  int calls = 10'000;      // over all connections
  int per_connection = 8;  // under way at a time
};

struct LoadResult {
  double seconds = 0;
  int ok = 0;
  int refused = 0;                  // any status but OK
  std::vector<int64_t> latency_ns;  // of every call, sorted
  double PerSecond() const { return (ok + refused) / seconds; }
  double MicrosAt(double quantile) const;
};

// Blocks until all calls have ended.
LoadResult RunLoad(const std::vector<std::shared_ptr<grpc::Channel>>& connections,
                   const LoadSpec& spec);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_BENCH_LOAD_H_
