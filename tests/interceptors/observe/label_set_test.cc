#include "interceptors/observe/label_set.h"

#include <gtest/gtest.h>

#include <string>

namespace warden {
namespace {

TEST(LabelSetTest, WhatIsNotInTheListIsTheRest) {
  const LabelSet set({"a", "b"}, "other");
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(set.IndexOf("a"), 0u);
  EXPECT_EQ(set.IndexOf("b"), 1u);
  for (const std::string& name :
       {std::string("c"), std::string(), std::string("A"), std::string("a\0", 2),
        std::string(1 << 20, 'a'), std::string("other")}) {
    EXPECT_EQ(set.name(set.IndexOf(name)), "other");
  }
  EXPECT_EQ(set.Clamp(1), 1u);
  EXPECT_EQ(set.Clamp(3), set.rest());
  EXPECT_EQ(set.Clamp(4294967295), set.rest());
}

TEST(LabelSetTest, TheRestMayBeListed) {
  const LabelSet set({"ok", "other", "bad"}, "other");
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(set.rest(), 1u);
  EXPECT_EQ(set.IndexOf("nothing"), 1u);
}

}  // namespace
}  // namespace warden
