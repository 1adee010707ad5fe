// What the loader reads, and how it names what it does not.
#include "authz/config/yaml_loader.h"

#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/authz/policy/proto_text.h"
#include "tests/authz/policy/test_name.h"
#include "warden/v1/config.pb.h"
#include "warden/v1/policy.pb.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::TestWithParam;

// A message with a field of each kind.
constexpr char kKinds[] = R"(
  syntax = "proto3";
  package kinds;
  import "google/protobuf/duration.proto";
  import "google/protobuf/timestamp.proto";
  enum Color { COLOR_UNSPECIFIED = 0; RED = 1; GREEN = 2; }
  message Kinds {
    string text = 1; bool flag = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6;
    float f = 7; double d = 8; Color color = 9; bytes raw = 10; Kinds child = 11;
    repeated string texts = 12; repeated int32 numbers = 13; repeated Color colors = 14;
    repeated Kinds children = 15; map<string, string> labels = 16; map<int32, Kinds> by_number = 17;
    google.protobuf.Duration wait = 18; google.protobuf.Timestamp at = 19;
    oneof choice { string left = 20; int32 right = 21; }
    repeated google.protobuf.Duration waits = 22;
    optional int32 maybe = 23;
  }
)";

class Kinds {
 public:
  Kinds()
      : proto_(kKinds), message_(factory_.GetPrototype(&proto_.message("kinds.Kinds"))->New()) {}

  // "" if the text loads, else the error.
  std::string Load(std::string_view yaml) {
    return std::string(LoadYaml(yaml, "f.yaml", message_.get(), nullptr).message());
  }
  std::string Text() const {
    std::string text;
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    printer.PrintToString(*message_, &text);
    while (text.ends_with(' ')) text.pop_back();
    return text;
  }

 private:
  warden::testing::ProtoText proto_;
  google::protobuf::DynamicMessageFactory factory_;
  std::unique_ptr<google::protobuf::Message> message_;
};

struct Good {
  std::string yaml;
  std::string text;  // of the message
};

void PrintTo(const Good& good, std::ostream* out) { *out << testing::SafeName(good.yaml); }

class YamlReads : public TestWithParam<Good> {};

TEST_P(YamlReads, Value) {
  Kinds kinds;
  EXPECT_EQ(kinds.Load(GetParam().yaml), "");
  EXPECT_EQ(kinds.Text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, YamlReads,
    ::testing::Values(
        Good{"{}", ""}, Good{"text: a b", R"(text: "a b")"},
        Good{"text: 'true'", R"(text: "true")"}, Good{"text: true", R"(text: "true")"},
        Good{"text: 017", R"(text: "017")"}, Good{"text: ''", ""},
        Good{"text: \"a\\tb\"", R"(text: "a\tb")"},
        Good{"text: |\n  a\n  b\n", R"(text: "a\nb\n")"},
        Good{"\"text\": \"\\u00e9\"", "text: \"\\303\\251\""}, Good{"flag: true", "flag: true"},
        Good{"flag: false", ""}, Good{"i32: -2147483648", "i32: -2147483648"},
        Good{"i64: 9223372036854775807", "i64: 9223372036854775807"},
        Good{"u32: 4294967295", "u32: 4294967295"},
        Good{"u64: 18446744073709551615", "u64: 18446744073709551615"}, Good{"f: 0.5", "f: 0.5"},
        Good{"d: -1.5e3", "d: -1500"}, Good{"d: 7", "d: 7"}, Good{"color: GREEN", "color: GREEN"},
        Good{"child: {child: {i32: 1}}", "child { child { i32: 1 } }"},
        Good{"texts: [a, 1, 'c']", R"(texts: "a" texts: "1" texts: "c")"}, Good{"texts: []", ""},
        Good{"numbers:\n- 1\n- 2", "numbers: 1 numbers: 2"},
        Good{"colors: [RED, GREEN]", "colors: RED colors: GREEN"},
        Good{"children:\n  - i32: 1\n    text: a\n  - {}",
             R"(children { text: "a" i32: 1 } children { })"},
        Good{"labels: {a: x}", R"(labels { key: "a" value: "x" })"},
        Good{"by_number: {7: {flag: true}}", "by_number { key: 7 value { flag: true } }"},
        Good{"wait: 60s", "wait { seconds: 60 }"},
        Good{"wait: 1.5s", "wait { seconds: 1 nanos: 500000000 }"},
        Good{"wait: 500ms", "wait { nanos: 500000000 }"},
        Good{"wait: '5m'", "wait { seconds: 300 }"}, Good{"wait: 1h", "wait { seconds: 3600 }"},
        Good{"wait: 30d", "wait { seconds: 2592000 }"},
        Good{"waits: [1s, 2s]", "waits { seconds: 1 } waits { seconds: 2 }"},
        Good{"wait: 0s", "wait { }"},
        Good{"at: 2030-01-31T00:00:00Z", "at { seconds: 1896048000 }"},
        Good{"at: 2030-01-31T01:00:00.25+01:00", "at { seconds: 1896048000 nanos: 250000000 }"},
        Good{"right: 3", "right: 3"}, Good{"maybe: 0", "maybe: 0"},
        Good{"# a comment\n---\ni32: 1 # one\n...\n", "i32: 1"},
        Good{"\xEF\xBB\xBFi32: 1", "i32: 1"}, Good{"i32: 1\r\nu32: 2\r\n", "i32: 1 u32: 2"}));

struct Bad {
  std::string yaml;
  std::string error;  // one line
};

void PrintTo(const Bad& bad, std::ostream* out) { *out << testing::SafeName(bad.yaml); }

class YamlRefuses : public TestWithParam<Bad> {};

TEST_P(YamlRefuses, WithItsPlace) {
  Kinds kinds;
  EXPECT_EQ(kinds.Load(GetParam().yaml), GetParam().error);
  EXPECT_EQ(kinds.Text(), "") << "nothing stays of a refused file";
}

INSTANTIATE_TEST_SUITE_P(
    Keys, YamlRefuses,
    ::testing::Values(
        Bad{"text: a\ntexts: [b]\ntest: c", "f.yaml:3:1: test: unknown key; did you mean `text`?"},
        Bad{"child:\n  chidl: {}", "f.yaml:2:3: child.chidl: unknown key; did you mean `child`?"},
        Bad{"at: 2030-01-31T00:00:00Z\nchildren:\n- {i32: 1}\n- {bytes_: 1}",
            "f.yaml:4:4: children[1].bytes_: unknown key; the keys are text, flag, i32, i64, u32, "
            "u64, f, d, color, raw, "
            "child, texts, numbers, colors, children, labels, by_number, wait, at, left, right, "
            "waits, maybe"},
        Bad{"Text: a", "f.yaml:1:1: Text: unknown key; did you mean `text`?"},
        Bad{"byNumber: {}", "f.yaml:1:1: byNumber: unknown key; did you mean `by_number`?"},
        Bad{"i32: 1\ni32: 1", "f.yaml:2:1: i32: duplicate key; it stands first in line 1"},
        Bad{"{i32: 1, \"i32\": 2}", "f.yaml:1:10: i32: duplicate key; it stands first in line 1"},
        Bad{"labels:\n  a: x\n  b: y\n  a: z",
            "f.yaml:4:3: labels.a: duplicate key; it stands first in line 2"},
        Bad{"by_number: {x: {}}",
            "f.yaml:1:13: by_number.x: bad key: expected a whole number, decimal and without "
            "quotes, found `x`"},
        Bad{"labels: {<<: {a: b}}",
            "f.yaml:1:10: labels[\"<<\"]: merge keys are not allowed; write the values out"},
        Bad{"? [a]\n: b", "f.yaml:1:3: a key must be plain or quoted text"},
        Bad{"? {a: b}\n: b", "f.yaml:1:3: a key must be plain or quoted text"},
        Bad{": b", "f.yaml:1:1: a key must be plain or quoted text"},
        Bad{"left: a\nright: 1", "f.yaml:2:1: right: excludes `left`; keep one of the two"}));

INSTANTIATE_TEST_SUITE_P(
    Values, YamlRefuses,
    ::testing::Values(
        Bad{"- a", "f.yaml:1:1: expected a mapping, found a list"},
        Bad{"hello", "f.yaml:1:1: expected a mapping, found a single value"},
        Bad{"text:",
            "f.yaml:1:1: text: has no value; expected a single value, or leave the key out"},
        Bad{"i32: 1\nchild:\nu32: 2",
            "f.yaml:2:1: child: has no value; expected a mapping, or leave the key out"},
        Bad{"text: ~",
            "f.yaml:1:1: text: has no value; expected a single value, or leave the key out"},
        Bad{"text: [a]", "f.yaml:1:1: text: expected a single value, found a list"},
        Bad{"texts: a",
            "f.yaml:1:1: texts: expected a list, found a single value; write [...] around it"},
        Bad{"texts: {a: b}", "f.yaml:1:1: texts: expected a list, found a mapping"},
        Bad{"texts: [a, [b]]", "f.yaml:1:12: texts[1]: expected a single value, found a list"},
        Bad{"texts: [a, , b]",
            "f.yaml:1:12: texts[1]: has no value; expected a single value, or leave the key out"},
        Bad{"child: 1", "f.yaml:1:1: child: expected a mapping, found a single value"},
        Bad{"labels: [a]", "f.yaml:1:1: labels: expected a mapping, found a list"},
        Bad{"wait: {seconds: 1}", "f.yaml:1:1: wait: expected a single value, found a mapping"},
        Bad{"text: \"a\\0b\"", "f.yaml:1:7: text: control characters are not allowed in `a\\000b`"},
        Bad{"flag: yes", "f.yaml:1:7: flag: expected true or false, without quotes, found `yes`"},
        Bad{"flag: True", "f.yaml:1:7: flag: expected true or false, without quotes, found `True`"},
        Bad{"flag: 'true'",
            "f.yaml:1:7: flag: expected true or false, without quotes, found the text `true`"},
        Bad{"flag: 1", "f.yaml:1:7: flag: expected true or false, without quotes, found `1`"},
        Bad{"color: red", "f.yaml:1:8: color: unknown value `red`; expected one of RED, GREEN"},
        Bad{"color: COLOR_UNSPECIFIED",
            "f.yaml:1:8: color: unknown value `COLOR_UNSPECIFIED`; expected one of RED, GREEN"},
        Bad{"colors: [RED, 2]",
            "f.yaml:1:15: colors[1]: unknown value `2`; expected one of RED, GREEN"},
        Bad{"raw: abc", "f.yaml:1:6: raw: a bytes field cannot be written in YAML"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, YamlRefuses,
    ::testing::Values(
        Bad{"i32: 2147483648",
            "f.yaml:1:6: i32: `2147483648` is out of range; expected -2147483648 to 2147483647"},
        Bad{"u32: -1", "f.yaml:1:6: u32: `-1` is out of range; expected 0 to 4294967295"},
        Bad{"u64: 18446744073709551616",
            "f.yaml:1:6: u64: `18446744073709551616` is out of range; expected 0 to "
            "18446744073709551615"},
        Bad{"i32: 010",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `010`"},
        Bad{"i32: 0x10",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `0x10`"},
        Bad{"i32: 1_000",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `1_000`"},
        Bad{"i32: +1",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `+1`"},
        Bad{"i32: --1",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `--1`"},
        Bad{"i32: 1.0",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `1.0`"},
        Bad{"i32: '1'",
            "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found the text "
            "`1`"},
        Bad{"numbers: [1, x]",
            "f.yaml:1:14: numbers[1]: expected a whole number, decimal and without quotes, found "
            "`x`"},
        Bad{"d: .nan",
            "f.yaml:1:4: d: expected a finite decimal number without quotes, found `.nan`"},
        Bad{"d: inf",
            "f.yaml:1:4: d: expected a finite decimal number without quotes, found `inf`"},
        Bad{"d: 1e999",
            "f.yaml:1:4: d: expected a finite decimal number without quotes, found `1e999`"},
        Bad{"f: 1e39",
            "f.yaml:1:4: f: expected a finite decimal number without quotes, found `1e39`"}));

constexpr char kDurationError[] = "expected a duration such as 500ms, 1.5s, 5m, 1h or 30d, found ";

INSTANTIATE_TEST_SUITE_P(
    Times, YamlRefuses,
    ::testing::Values(
        Bad{"wait: 60",
            std::string("f.yaml:1:7: wait: ") + kDurationError + "`60`; a unit is missing"},
        Bad{"wait: 1w", std::string("f.yaml:1:7: wait: ") + kDurationError +
                            "`1w`; the unit is not one of ms, s, m, h, d"},
        Bad{"wait: 1h30m", std::string("f.yaml:1:7: wait: ") + kDurationError +
                               "`1h30m`; the unit is not one of ms, s, m, h, d"},
        Bad{"wait: -1s", std::string("f.yaml:1:7: wait: ") + kDurationError + "`-1s`"},
        Bad{"wait: .5s", std::string("f.yaml:1:7: wait: ") + kDurationError + "`.5s`"},
        Bad{"wait: 1.s", std::string("f.yaml:1:7: wait: ") + kDurationError + "`1.s`"},
        Bad{"wait: 1.2.3s", std::string("f.yaml:1:7: wait: ") + kDurationError + "`1.2.3s`"},
        Bad{"wait: inf", std::string("f.yaml:1:7: wait: ") + kDurationError + "`inf`"},
        Bad{"wait: ''", std::string("f.yaml:1:7: wait: ") + kDurationError + "``"},
        Bad{"wait: 36526d", "f.yaml:1:7: wait: `36526d` is out of range; at most 100 years"},
        Bad{"wait: 99999999999999999999h",
            "f.yaml:1:7: wait: `99999999999999999999h` is out of range; at most 100 years"},
        Bad{"waits: [1s, 2]",
            std::string("f.yaml:1:13: waits[1]: ") + kDurationError + "`2`; a unit is missing"},
        Bad{"at: 2030-01-31",
            "f.yaml:1:5: at: expected a time such as 2030-01-31T00:00:00Z, found `2030-01-31`"},
        Bad{"at: infinite-future-and-more",
            "f.yaml:1:5: at: expected a time such as 2030-01-31T00:00:00Z, found "
            "`infinite-future-and-more`"}));

TEST(YamlLoader, ListsEveryProblemInTheOrderOfTheFile) {
  Kinds kinds;
  EXPECT_EQ(
      kinds.Load("i32: x\nnope: 1\nchild:\n  flag: 3\n  flag: true\nwait: 1"),
      "f.yaml:1:6: i32: expected a whole number, decimal and without quotes, found `x`\n"
      "f.yaml:2:1: nope: unknown key; the keys are text, flag, i32, i64, u32, u64, f, d, color, "
      "raw, child, "
      "texts, numbers, colors, children, labels, by_number, wait, at, left, right, waits, maybe\n"
      "f.yaml:4:9: child.flag: expected true or false, without quotes, found `3`\n"
      "f.yaml:5:3: child.flag: duplicate key; it stands first in line 4\n"
      "f.yaml:6:7: wait: expected a duration such as 500ms, 1.5s, 5m, 1h or 30d, found `1`; a unit "
      "is missing");
}

TEST(YamlLoader, SourceMapPlacesFieldsAndWhatIsMissing) {
  v1::Policy policy;
  SourceMap places;
  ASSERT_TRUE(LoadYaml("roles:\n  a.b:\n    permissions: [x, y]\nbindings:\n  - roles: [a.b]\n    "
                       "claim:\n      path: p\n",
                       "dir/p.yaml", &policy, &places)
                  .ok());
  EXPECT_EQ(places.Place("roles"), "dir/p.yaml:1:1");
  EXPECT_EQ(places.Place(ChildPath("roles", "a.b")), "dir/p.yaml:2:3");
  EXPECT_EQ(places.Place("roles[\"a.b\"].permissions"), "dir/p.yaml:3:5");
  EXPECT_EQ(places.Place("roles[\"a.b\"].permissions[1]"), "dir/p.yaml:3:22");
  EXPECT_EQ(places.Place("bindings[0].claim.path"), "dir/p.yaml:7:7");
  EXPECT_EQ(places.Place("bindings[0].claim.values"), "dir/p.yaml:6:5") << "the field around it";
  EXPECT_EQ(places.Place("bindings[3]"), "dir/p.yaml:4:1");
  EXPECT_EQ(places.Place("bindings[x"), "dir/p.yaml:4:1");
  EXPECT_EQ(places.Place("bindings["), "dir/p.yaml:4:1");
  EXPECT_EQ(places.Place("roles[\"unclosed"), "dir/p.yaml:1:1");
  EXPECT_EQ(places.Place(""), "dir/p.yaml:1:1");
  EXPECT_EQ(SourceMap().Place("a.b"), "");
}

TEST(YamlLoader, ReadsTheServersConfiguration) {
  v1::Config config;
  const absl::Status status = LoadYaml(
      "tls:\n  certificate_file: server.crt\n  reload_interval: 5m\ntokens:\n  issuers:\n"
      "    - issuer: https://auth.shop.example\n      algorithms: [ES256]\n      leeway: 30s\n"
      "unguarded_methods: [/grpc.health.v1.Health/Check]\n",
      "warden.yaml", &config, nullptr);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.tls().reload_interval().seconds(), 300);
  EXPECT_EQ(config.tokens().issuers(0).algorithms(0), "ES256");
  EXPECT_EQ(config.tokens().issuers(0).leeway().seconds(), 30);
  EXPECT_EQ(config.unguarded_methods(0), "/grpc.health.v1.Health/Check");
}

class YamlFile : public ::testing::Test {
 protected:
  std::string Write(std::string_view text) {
    const std::string path =
        ::testing::TempDir() + "/warden_yaml_" + std::to_string(getpid()) + ".yaml";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
};

TEST_F(YamlFile, LoadsAndNamesTheFileInErrors) {
  v1::Policy policy;
  const std::string good = Write("roles: {a: {permissions: [b]}}\n");
  EXPECT_TRUE(LoadYamlFile(good, &policy, nullptr).ok());
  EXPECT_EQ(policy.roles().at("a").permissions(0), "b");
  const std::string bad = Write("rols: {}");
  EXPECT_THAT(std::string(LoadYamlFile(bad, &policy, nullptr).message()),
              HasSubstr(bad + ":1:1: rols: unknown key"));
  std::filesystem::remove(bad);
}

TEST_F(YamlFile, RefusesWhatIsNoFile) {
  v1::Policy policy;
  EXPECT_TRUE(absl::IsNotFound(LoadYamlFile("/nonexistent/p.yaml", &policy, nullptr)));
  EXPECT_TRUE(absl::IsInvalidArgument(LoadYamlFile(::testing::TempDir(), &policy, nullptr)));
  EXPECT_TRUE(absl::IsInvalidArgument(LoadYamlFile("/dev/zero", &policy, nullptr)));
}

}  // namespace
}  // namespace warden
