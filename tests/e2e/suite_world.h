// One world for all tests of a suite and an API, since each takes a while to make and to stop.
#ifndef WARDEN_TESTS_E2E_SUITE_WORLD_H_
#define WARDEN_TESTS_E2E_SUITE_WORLD_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/e2e/world.h"

namespace warden::testing {

inline constexpr const char* kFourKinds[] = {"Unary", "ServerStream", "ClientStream", "BidiStream"};

inline std::string ApiName(const ::testing::TestParamInfo<Api>& info) {
  return info.param == Api::kSync ? "Sync" : "Callback";
}

// Base of a suite that is instantiated with both APIs. `Suite` is the derived class; it may hide
// Options() to have another world than the default one.
template <typename Suite>
class SuiteWorld : public ::testing::TestWithParam<Api> {
 public:
  static WorldOptions Options() { return {}; }
  static void TearDownTestSuite() { Worlds().clear(); }

 protected:
  static World& world() {
    std::unique_ptr<World>& world = Worlds()[GetParam()];
    if (world == nullptr) {
      WorldOptions options = Suite::Options();
      options.api = GetParam();
      world = std::make_unique<World>(std::move(options));
      const absl::Status started = world->Start();
      if (!started.ok()) throw std::runtime_error(std::string(started.message()));
    }
    return *world;
  }
  static Answer Send(const RawCall& call) { return Perform(world().channel(), call); }

 private:
  static std::map<Api, std::unique_ptr<World>>& Worlds() {
    static auto* const worlds = new std::map<Api, std::unique_ptr<World>>;
    return *worlds;
  }
};

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_SUITE_WORLD_H_
