// What `limits.override_file` may say, and what it may not.
#include "interceptors/limit_overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "warden/v1/limits.pb.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Written {
  std::string name;
  uint32_t burst = 0;
  uint32_t cost = 1;
  uint32_t lease = 0;
  v1::RateLimit::Algorithm algorithm = v1::RateLimit::TOKEN_BUCKET;
};

// 10 a minute for each peer.
Limit Make(const Written& written, uint32_t id, uint32_t index) {
  v1::RateLimit option;
  option.set_requests(10);
  option.mutable_per()->set_seconds(60);
  option.add_key(v1::PEER);
  option.set_name(written.name);
  option.set_burst(written.burst);
  option.set_algorithm(written.algorithm);
  option.mutable_cost()->set_fixed(written.cost);
  option.set_lease(written.lease);
  if (written.lease != 0) option.set_store(v1::RateLimit::SHARED);
  std::vector<std::string> problems;
  Limit limit = ReadLimit(option, nullptr, &problems);
  EXPECT_THAT(problems, ::testing::IsEmpty());
  limit.id = id;
  limit.index = index;
  return limit;
}

class LimitOverridesTest : public ::testing::Test {
 protected:
  LimitOverridesTest() {
    Add("/shop.Orders/Plain", {Make({}, 8, 0), Make({.burst = 5}, 9, 1)});
    Add("/shop.Orders/Search", {Make({.name = "search"}, 10, 0)});
    Add("/shop.Orders/Report", {Make({.name = "search", .cost = 4}, 10, 0)});
    Add("/shop.Orders/Window", {Make({.algorithm = v1::RateLimit::FIXED_WINDOW}, 11, 0)});
    Add("/shop.Orders/Leased", {Make({.lease = 6}, 12, 0)});
    Add("/shop.Orders/Free", {});
  }
  void Add(const std::string& name, std::vector<Limit> limits) {
    GuardedMethod& method = methods_.emplace_back();
    method.name = name;
    method.id = static_cast<uint32_t>(methods_.size() - 1);
    method.limits = std::move(limits);
  }
  absl::StatusOr<std::shared_ptr<LimitSet>> Read(const std::string& text) const {
    return ReadOverrides(methods_, connection_, text, "limits.yaml");
  }
  LimitSet Good(const std::string& overrides) const {
    const auto set = Read("overrides:\n" + overrides);
    EXPECT_TRUE(set.ok()) << set.status();
    return set.ok() ? **set : *MakeLimitSet(methods_, connection_);
  }
  std::vector<std::string> Problems(const std::string& text) const {
    const auto set = Read(text);
    EXPECT_FALSE(set.ok()) << text;
    EXPECT_EQ(set.status().code(), absl::StatusCode::kInvalidArgument);
    return absl::StrSplit(set.status().message(), '\n');
  }

  std::deque<GuardedMethod> methods_;
  const std::vector<Limit> connection_ = {Make({}, 0, 0), Make({}, 1, 1)};
};

TEST_F(LimitOverridesTest, NothingSaidIsNothingChanged) {
  for (const std::string text : {"overrides: []", "{}"}) {
    const auto set = Read(text);
    ASSERT_TRUE(set.ok()) << set.status();
    ASSERT_EQ((*set)->methods.size(), methods_.size());
    for (size_t i = 0; i < methods_.size(); ++i) {
      ASSERT_EQ((*set)->methods[i].size(), methods_[i].limits.size());
      for (size_t j = 0; j < methods_[i].limits.size(); ++j) {
        EXPECT_EQ((*set)->methods[i][j].spec, methods_[i].limits[j].spec);
        EXPECT_EQ((*set)->methods[i][j].said, methods_[i].limits[j].said);
      }
    }
  }
}

TEST_F(LimitOverridesTest, ALimitOfAMethod) {
  const LimitSet set = Good("- {method: /shop.Orders/Plain, requests: 7, per: 1h}\n");
  const Limit& changed = set.methods[0][0];
  EXPECT_EQ(changed.spec.requests, 7u);
  EXPECT_EQ(changed.spec.per, absl::Hours(1));
  EXPECT_EQ(changed.spec.burst, 7u) << "as many as the requests, for it has none of its own";
  EXPECT_EQ(changed.id, 8u) << "it keeps its buckets";
  EXPECT_NE(changed.said, methods_[0].limits[0].said) << "servers with other numbers count apart";
  EXPECT_EQ(set.methods[0][1].spec, methods_[0].limits[1].spec);
  EXPECT_EQ(set.methods[0][1].said, methods_[0].limits[1].said);
  EXPECT_EQ(set.connection[0].spec, connection_[0].spec);
}

TEST_F(LimitOverridesTest, ABurstOfItsOwnStays) {
  EXPECT_EQ(Good("- {method: /shop.Orders/Plain, index: 1, requests: 7}\n").methods[0][1].spec,
            (LimitSpec{.requests = 7, .per = absl::Minutes(1), .burst = 5}));
  EXPECT_EQ(
      Good("- {method: /shop.Orders/Plain, index: 1, requests: 7, burst: 9}\n").methods[0][1].spec,
      (LimitSpec{.requests = 7, .per = absl::Minutes(1), .burst = 9}));
  EXPECT_EQ(Good("- {method: /shop.Orders/Plain, burst: 3}\n").methods[0][0].spec,
            (LimitSpec{.requests = 10, .per = absl::Minutes(1), .burst = 3}));
  EXPECT_EQ(Good("- {method: /shop.Orders/Plain, per: 1s}\n").methods[0][0].spec,
            (LimitSpec{.requests = 10, .per = absl::Seconds(1), .burst = 10}));
  const LimitSpec window =
      Good("- {method: /shop.Orders/Window, requests: 2}\n").methods[3][0].spec;
  EXPECT_EQ(window.requests, 2u);
  EXPECT_EQ(window.burst, 2u);
  EXPECT_EQ(window.algorithm, LimitSpec::Algorithm::kFixedWindow);
}

TEST_F(LimitOverridesTest, ANamedOneChangesInAllMethodsThatHaveIt) {
  const LimitSet set = Good("- {name: search, requests: 4}\n- {connection: 1, requests: 3}\n");
  EXPECT_EQ(set.methods[1][0].spec.requests, 4u);
  EXPECT_EQ(set.methods[2][0].spec.requests, 4u);
  EXPECT_EQ(set.methods[2][0].cost.fixed, 4u) << "what a call costs stays";
  EXPECT_EQ(set.methods[1][0].said, set.methods[2][0].said);
  EXPECT_EQ(set.methods[1][0].id, set.methods[2][0].id);
  EXPECT_EQ(set.connection[1].spec.requests, 3u);
  EXPECT_EQ(set.connection[0].spec.requests, 10u);
}

TEST_F(LimitOverridesTest, TheSameNumbersSayTheSame) {
  const LimitSet set = Good("- {name: search, requests: 10, per: 1m}\n");
  EXPECT_EQ(set.methods[1][0].said, methods_[1].limits[0].said) << "its shared buckets stay, too";
}

TEST_F(LimitOverridesTest, WhatIsWrongIsSaidWithItsPlace) {
  const std::pair<std::string, std::string> cases[] = {
      {"{requests: 5}", "1:13: overrides[0]: says none of `name`, `method` and `connection`"},
      {"{name: search}", "1:13: overrides[0]: says none of `requests`, `per` and `burst`"},
      {"{name: serch, requests: 5}",
       "1:14: overrides[0].name: no served method has a limit of the name `serch`; did you mean "
       "`search`?"},
      {"{name: '', requests: 5}", "no served method has a limit of the name"},
      {"{method: /shop.Orders/Pline, requests: 5}",
       "1:14: overrides[0].method: no method of the name `/shop.Orders/Pline` is served; did you "
       "mean `/shop.Orders/Plain`?"},
      {"{method: shop.Orders/Plain, requests: 5}", "did you mean `/shop.Orders/Plain`?"},
      {"{method: /shop.Orders/Free, requests: 5}", "overrides[0].method: the method has no limits"},
      {"{method: /shop.Orders/Plain, index: 2, requests: 5}",
       "1:42: overrides[0].index: the method has 2 limits, from 0"},
      {"{method: /shop.Orders/Plain, index: 4294967295, requests: 5}",
       "overrides[0].index: the method has 2 limits, from 0"},
      {"{method: /shop.Orders/Plain, index: -1, requests: 5}", "overrides[0].index"},
      {"{method: /shop.Orders/Search, requests: 5}",
       "overrides[0].method: the limit has the name `search`, and with it may be other methods' "
       "too: say `name`"},
      {"{name: search, index: 1, requests: 5}", "overrides[0].index: only with `method`"},
      {"{connection: 2, requests: 5}",
       "overrides[0].connection: limits.connection has 2 limits, from 0"},
      {"{name: search, connection: 0, requests: 5}", "excludes `name`"},
      {"{connection: 0, requests: 0}", "overrides[0].requests: must be at least 1"},
      {"{connection: 0, requests: -1}", "overrides[0].requests"},
      {"{connection: 0, requests: 4294967296}", "overrides[0].requests"},
      {"{connection: 0, requests: 1.5}", "overrides[0].requests"},
      {"{connection: 0, burst: 0}", "overrides[0].burst: must be at least 1"},
      {"{connection: 0, burst: 99999999999}", "overrides[0].burst"},
      {"{connection: 0, per: 0s}", "overrides[0].per: must be 1 ms to 30 days, is 0"},
      {"{connection: 0, per: -1s}", "overrides[0].per"},
      {"{connection: 0, per: 0.5ms}", "overrides[0].per: must be 1 ms to 30 days, is 500us"},
      {"{connection: 0, per: 31d}", "overrides[0].per: must be 1 ms to 30 days"},
      {"{connection: 0, per: 60}", "overrides[0].per"},
      {"{connection: 0, requests: 1, per: 30d, burst: 13}",
       "overrides[0].burst: 13 would take more than 366 days to regain"},
      {"{connection: 0, burst: 4294967295}", "would take more than 366 days to regain"},
      {"{method: /shop.Orders/Plain, index: 1, per: 30d, requests: 0}", "must be at least 1"},
      {"{method: /shop.Orders/Window, burst: 20}", "overrides[0].burst: only with TOKEN_BUCKET"},
      {"{name: search, requests: 3}",
       "overrides[0]: no call of /shop.Orders/Report could pass: it costs 4, more than 3 at once"},
      {"{method: /shop.Orders/Leased, requests: 5}",
       "overrides[0]: the limit's lease of 6 is more than 5 at once"},
      {"{connection: 0, requests: 5, key: PEER}", "unknown key"},
      {"{connection: 0, requests: 5}, {connection: 1, requests: 5}, {connection: 0, burst: 6}",
       "overrides[2]: is for the same limit as overrides[0]"},
      {"{name: search, requests: 5}, {name: search, requests: 6}",
       "overrides[1]: is for the same limit as overrides[0]"},
  };
  for (const auto& [item, expected] : cases) {
    const std::vector<std::string> problems = Problems(absl::StrCat("overrides: [", item, "]"));
    EXPECT_EQ(problems.size(), 1u) << item;
    EXPECT_THAT(problems[0], ::testing::StartsWith("limits.yaml:1:")) << item;
    EXPECT_THAT(problems[0], HasSubstr(expected)) << item;
  }
}

TEST_F(LimitOverridesTest, EveryProblemIsListed) {
  EXPECT_THAT(
      Problems("overrides:\n"
               "- {name: search, requests: 0, per: 40d, burst: 0}\n"
               "- {method: /nowhere, burst: 0, per: 0s}\n"
               "- {connection: 7}\n"),
      ElementsAre("limits.yaml:2:18: overrides[0].requests: must be at least 1",
                  HasSubstr("limits.yaml:2:31: overrides[0].per: must be 1 ms to 30 days"),
                  HasSubstr("limits.yaml:2:41: overrides[0].burst: must be at least 1"),
                  HasSubstr("limits.yaml:3:4: overrides[1].method: no method of the name"),
                  HasSubstr("limits.yaml:3:32: overrides[1].per: must be 1 ms to 30 days, is 0"),
                  HasSubstr("limits.yaml:3:22: overrides[1].burst: must be at least 1"),
                  HasSubstr("limits.yaml:4:3: overrides[2]: says none of `requests`"),
                  HasSubstr("limits.yaml:4:4: overrides[2].connection: limits.connection has")));
}

TEST_F(LimitOverridesTest, FilesThatAreNoneAreRefused) {
  for (const std::string text : {"", "overrides", "overrides: {}", "overrides: [x]", "limits: []",
                                 "overrides: [", "overrides: [{name: a, name: b, requests: 1}]"}) {
    EXPECT_THAT(Problems(text)[0], HasSubstr("limits.yaml")) << text;
  }
  std::string many = "overrides:\n";
  for (size_t i = 0; i <= kMaxOverrides; ++i) many += "- {connection: 0, requests: 5}\n";
  EXPECT_THAT(Problems(many), ElementsAre(HasSubstr("overrides: at most 1024")));
  EXPECT_THAT(Problems(std::string(kMaxOverrideBytes + 1, '#'))[0], HasSubstr("limits.yaml"));
}

}  // namespace
}  // namespace warden
