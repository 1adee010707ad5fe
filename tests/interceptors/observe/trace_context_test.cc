#include "interceptors/observe/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace warden {
namespace {

const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, ReadsTheSpecificationsExample) {
  const std::optional<TraceContext> context = TraceContext::Parse(kGood);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->parent_id(), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled());
  EXPECT_FALSE(TraceContext::Parse(kGood.substr(0, 53) + "00")->sampled());
  EXPECT_TRUE(TraceContext::Parse(kGood.substr(0, 53) + "03")->sampled())
      << "level 2's random flag";
}

// Section 3.2.4: what comes after the known fields of a later version is skipped.
TEST(TraceContextTest, LaterVersionsMaySayMore) {
  const std::string later = "cc" + kGood.substr(2);
  EXPECT_TRUE(TraceContext::Parse(later).has_value());
  EXPECT_TRUE(TraceContext::Parse(later + "-what-the-future-brings").has_value());
  EXPECT_FALSE(TraceContext::Parse(later + ".what").has_value());
  EXPECT_FALSE(TraceContext::Parse(later + "0").has_value());
}

TEST(TraceContextTest, RefusesWhatTheGrammarForbids) {
  for (size_t i = 0; i < kGood.size(); ++i) {
    EXPECT_FALSE(TraceContext::Parse(kGood.substr(0, i)).has_value()) << i;
    std::string bad = kGood;
    bad[i] = kGood[i] == '-' ? '_' : 'A';
    EXPECT_FALSE(TraceContext::Parse(bad).has_value()) << bad;
    bad[i] = '\0';
    EXPECT_FALSE(TraceContext::Parse(bad).has_value()) << i;
  }
  EXPECT_FALSE(TraceContext::Parse(kGood + "-00").has_value()) << "version 00 has nothing more";
  EXPECT_FALSE(TraceContext::Parse(kGood + " ").has_value());
  EXPECT_FALSE(TraceContext::Parse(" " + kGood).has_value());
  EXPECT_FALSE(TraceContext::Parse("ff" + kGood.substr(2)).has_value());
  EXPECT_FALSE(
      TraceContext::Parse("00-00000000000000000000000000000000-00f067aa0ba902b7-01").has_value());
  EXPECT_FALSE(
      TraceContext::Parse("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01").has_value());
}

}  // namespace
}  // namespace warden
