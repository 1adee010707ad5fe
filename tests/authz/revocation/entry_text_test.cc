// What entries of lists are made of: texts, times and YAML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "authz/config/plain_text.h"
#include "authz/config/proto_time.h"
#include "authz/config/yaml_list.h"
#include "authz/identity/fingerprint.h"
#include "warden/v1/revocation.pb.h"

namespace warden {
namespace {

using ::testing::HasSubstr;

TEST(PlainTextTest, IsOneBoundedLineOfUtf8) {
  for (const char* text : {"", "a", "a b", "1234", "\xc3\xa4\xc3\xb6"}) {
    EXPECT_TRUE(CheckPlainText("the id", text, 4).ok()) << text;
  }
  const std::pair<std::string, std::string> rows[] = {
      {"12345", "the id is longer than 4 bytes"},
      {"a\nb", "the id contains a control character"},
      {"\t", "the id contains a control character"},
      {"\x7f", "the id contains a control character"},
      {std::string(1, '\0'), "the id contains a control character"},
      {"\xff", "the id is not UTF-8"},
      {"\xc0\xaf", "the id is not UTF-8"},
  };
  for (const auto& [text, message] : rows) {
    EXPECT_EQ(CheckPlainText("the id", text, 4), absl::InvalidArgumentError(message));
  }
}

TEST(ProtoTimeTest, TakesTheYears1To9999) {
  const auto read = [](int64_t seconds, int32_t nanos, absl::Time* time) {
    google::protobuf::Timestamp timestamp;
    timestamp.set_seconds(seconds);
    timestamp.set_nanos(nanos);
    return ReadProtoTime(true, timestamp, "until", time);
  };
  constexpr int64_t kFirst = -62135596800;
  constexpr int64_t kLast = 253402300799;
  const std::tuple<int64_t, int32_t, std::string> good[] = {
      {kFirst, 0, "0001-01-01T00:00:00Z"},
      {kLast, 999'999'999, "9999-12-31T23:59:59.999999999Z"},
      {-1, 500'000'000, "1969-12-31T23:59:59.5Z"}};
  for (const auto& [seconds, nanos, text] : good) {
    absl::Time time;
    ASSERT_TRUE(read(seconds, nanos, &time).ok()) << text;
    EXPECT_EQ(FormatUtc(time), text);
    google::protobuf::Timestamp back;
    WriteProtoTime(time, &back);
    EXPECT_EQ(back.seconds(), seconds);
    EXPECT_EQ(back.nanos(), nanos);
  }
  const std::pair<int64_t, int32_t> wrong[] = {{kFirst - 1, 0},
                                               {kLast + 1, 0},
                                               {0, -1},
                                               {0, 1'000'000'000},
                                               {std::numeric_limits<int64_t>::max(), 0},
                                               {std::numeric_limits<int64_t>::min(), 0}};
  for (const auto& [seconds, nanos] : wrong) {
    absl::Time time = absl::UnixEpoch();
    EXPECT_EQ(read(seconds, nanos, &time), absl::InvalidArgumentError("until is no time"));
    EXPECT_EQ(time, absl::UnixEpoch());
  }
}

TEST(ProtoTimeTest, LeavesWhatIsNotThere) {
  absl::Time time = absl::InfiniteFuture();
  EXPECT_TRUE(ReadProtoTime(false, {}, "until", &time).ok());
  EXPECT_EQ(time, absl::InfiniteFuture());
}

TEST(YamlListTest, QuotedTextsComeBackAsTheyWere) {
  for (const std::string text : {"", "a", "\"", "\\", "\\n", "a\"b\\", "- {x: y} # no", "null"}) {
    v1::Revocations list;
    const std::string yaml = "revocations:\n  - reason: " + QuotedYaml(text) + "\n";
    ASSERT_TRUE(LoadYaml(yaml, "r.yaml", &list, nullptr).ok()) << yaml;
    EXPECT_EQ(list.revocations(0).reason(), text);
  }
}

TEST(YamlListTest, EveryProblemHasItsLine) {
  const std::string yaml = "revocations:\n  - reason: a\n  - reason: bad\n  - reason: bad\n";
  const auto read = [&](size_t max_entries) {
    return ReadYamlList<std::string>(
        yaml, "r.yaml", "revocations", &v1::Revocations::revocations,
        {.max_bytes = 1000, .max_entries = max_entries, .setting = "some.setting"},
        [](const v1::Revocation& item) -> absl::StatusOr<std::string> {
          if (item.reason() == "bad") return absl::InvalidArgumentError("is bad");
          return item.reason();
        });
  };
  std::string error(read(3).status().message());
  EXPECT_THAT(error, HasSubstr("r.yaml:3:"));
  EXPECT_THAT(error, HasSubstr("r.yaml:4:"));
  error = std::string(read(1).status().message());
  EXPECT_THAT(error, HasSubstr("has 3 entries; some.setting is 1"));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("is bad")));
}

TEST(FingerprintTest, HasOneForm) {
  const std::string hex(64, 'a');
  std::string colons = "AA";
  for (int i = 1; i < 32; ++i) colons += ":AA";
  for (const std::string& text : {hex, std::string(64, 'A'), colons}) {
    EXPECT_EQ(NormalFingerprint(text), hex) << text;
  }
  for (const std::string& text : {std::string(), hex.substr(1), hex + "a", hex.substr(1) + "g",
                                  colons + ":", ":" + colons.substr(1), colons.substr(3)}) {
    EXPECT_EQ(NormalFingerprint(text), "") << text;
  }
}

}  // namespace
}  // namespace warden
