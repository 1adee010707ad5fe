// How much metadata a call may bring: the bound is exact, and Warden's own answer comes with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

constexpr size_t kLimit = 4096;

class MetadataTest : public SuiteWorld<MetadataTest> {
 public:
  static WorldOptions Options() {
    return {.extra_config = absl::StrCat(
                "request:\n  id_on_success: true\n  max_metadata_bytes: ", kLimit, "\n")};
  }

 protected:
  static RawCall Padded(const std::string& method, size_t bytes) {
    RawCall call = World::Call(method, token());
    call.metadata.emplace_back("x-pad", std::string(bytes, 'x'));
    return call;
  }
  // One for all calls: ECDSA's signatures are of one length, the claims' times may not be.
  static const std::string& token() {
    static const auto* const token = new std::string(world().Token("alice", {"caller"}));
    return *token;
  }
  // How much padding fills the metadata to the limit, with what gRPC itself adds.
  static size_t Room(const std::string& method) {
    const Answer answer = Send(Padded(method, kLimit));
    EXPECT_EQ(answer.reason, kTooMuchMetadata.reason);
    const std::string detail = world().sink().records().back().detail;
    size_t bytes = 0;
    EXPECT_TRUE(absl::SimpleAtoi(detail.substr(0, detail.find(' ')), &bytes)) << detail;
    return kLimit - (bytes - kLimit);
  }
};

TEST_P(MetadataTest, TheLimitIsExactOnEveryKindOfMethod) {
  for (const std::string method : kFourKinds) {
    SCOPED_TRACE(method);
    const size_t room = Room(method);
    {
      const Counted before(world());
      before.ExpectAllowed(method, Send(Padded(method, room)));
    }
    const Counted before(world());
    before.ExpectRefused(method, Send(Padded(method, room + 1)), kTooMuchMetadata);
  }
}

TEST_P(MetadataTest, ManySmallEntriesCountAsOneLargeOne) {
  RawCall call = World::Call("Unary", token());
  for (int i = 0; i < 200; ++i) call.metadata.emplace_back("x-many", "0123456789abcdef");
  const Counted before(world());
  before.ExpectRefused("Unary", Send(call), kTooMuchMetadata);
}

TEST_P(MetadataTest, TheBoundComesBeforeTheCredential) {
  RawCall call = Padded("Unary", kLimit);
  call.metadata.front().second = "Bearer garbage";
  const Counted before(world());
  before.ExpectRefused("Unary", Send(call), kTooMuchMetadata);
}

INSTANTIATE_TEST_SUITE_P(Apis, MetadataTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
