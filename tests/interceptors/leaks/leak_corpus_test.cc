// How often the detectors are right and wrong; docs/output.md publishes what this prints.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>

#include "tests/interceptors/leaks/corpus.h"

namespace warden::testing {
namespace {

TEST(LeakCorpus, EveryLeakIsFound) {
  std::map<std::string, int> found;
  for (const LeakyText& text : LeakyTexts()) {
    SCOPED_TRACE(text.text);
    EXPECT_TRUE(LeakDetector::Instance().MayHold(text.text));
    const std::optional<Leak> leak = LeakDetector::Instance().Find(text.text);
    ASSERT_TRUE(leak.has_value());
    EXPECT_EQ(ToString(*leak), ToString(text.leak));
    ++found[std::string(ToString(*leak))];
  }
  EXPECT_EQ(found.size(), kLeaks);
  for (const auto& [leak, count] : found) std::printf("found %-18s %d\n", leak.c_str(), count);
}

TEST(LeakCorpus, WhereverItStands) {
  for (const LeakyText& text : LeakyTexts()) {
    SCOPED_TRACE(text.text);
    for (const std::string& around : {std::string("see:\n") + text.text + "\nand more",
                                      std::string(3000, '.') + " " + text.text,
                                      std::string("\xff\x00\xfe ", 4) + text.text + " \x80"}) {
      EXPECT_TRUE(LeakDetector::Instance().MayHold(around));
      EXPECT_TRUE(LeakDetector::Instance().Find(around).has_value());
    }
  }
}

TEST(LeakCorpus, NothingHarmlessIsTakenForALeak) {
  size_t texts = 0, hinted = 0;
  for (const std::string& text : HarmlessTexts()) {
    ++texts;
    hinted += LeakDetector::Instance().MayHold(text) ? 1 : 0;
    const std::optional<Leak> leak = LeakDetector::Instance().Find(text);
    EXPECT_FALSE(leak.has_value()) << ToString(*leak) << ": " << text;
  }
  std::printf("harmless %zu, of which hinted at a leak %zu\n", texts, hinted);
}

}  // namespace
}  // namespace warden::testing
