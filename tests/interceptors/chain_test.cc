#include "interceptors/chain.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <utility>

#include "interceptors/observe/metrics.h"

namespace warden {
namespace {

// Does what it is told, and counts.
class FakeStage final : public Stage {
 public:
  FakeStage(std::string_view name, int* runs, std::optional<Refusal> (*act)(Call&))
      : name_(name), runs_(runs), act_(act) {}
  std::string_view name() const override { return name_; }
  std::optional<Refusal> Run(Call& call) override {
    ++*runs_;
    return act_(call);
  }

 private:
  const std::string_view name_;
  int* const runs_;
  std::optional<Refusal> (*const act_)(Call&);
};

std::optional<Refusal> Pass(Call&) { return std::nullopt; }
std::optional<Refusal> Deny(Call&) { return Refusal{.reason = Reason::kPermissionDenied}; }
std::optional<Refusal> Throw(Call&) { throw std::runtime_error("out of luck"); }
std::optional<Refusal> ThrowOddly(Call&) { throw 7; }

class ChainTest : public ::testing::Test {
 protected:
  std::optional<ChainRefusal> RunStages(std::vector<std::optional<Refusal> (*)(Call&)> acts) {
    runs_.assign(acts.size(), 0);
    std::vector<std::unique_ptr<Stage>> stages;
    constexpr std::string_view kNames[] = {"first", "second", "third"};
    for (size_t i = 0; i < acts.size(); ++i) {
      stages.push_back(std::make_unique<FakeStage>(kNames[i], &runs_[i], acts[i]));
    }
    Chain chain(std::move(stages), metrics_.get());
    Call call;
    return chain.Run(call);
  }

  std::shared_ptr<Metrics> metrics_ = Metrics::Create({.methods = {"/a.B/C"},
                                                       .reasons = {"ok"},
                                                       .stages = {"first", "second", "third"},
                                                       .algorithms = {"ES256"},
                                                       .token_results = {"ok"},
                                                       .rules = {"required"},
                                                       .version = "1"})
                                          .value();
  std::vector<int> runs_;
};

TEST_F(ChainTest, RunsEveryStageWhereNoneRefuses) {
  EXPECT_FALSE(RunStages({Pass, Pass, Pass}).has_value());
  EXPECT_EQ(runs_, (std::vector<int>{1, 1, 1}));
}

TEST_F(ChainTest, TheFirstRefusalWins) {
  const auto refused = RunStages({Pass, Deny, Throw});
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->refusal.reason, Reason::kPermissionDenied);
  EXPECT_EQ(refused->stage, "second");
  EXPECT_EQ(runs_, (std::vector<int>{1, 1, 0}));
}

TEST_F(ChainTest, AStageThatThrowsDenies) {
  for (const auto act : {Throw, ThrowOddly}) {
    const auto refused = RunStages({act, Pass});
    ASSERT_TRUE(refused.has_value());
    EXPECT_EQ(refused->refusal.reason, Reason::kInternal);
    EXPECT_EQ(runs_, (std::vector<int>{1, 0}));
  }
}

}  // namespace
}  // namespace warden
