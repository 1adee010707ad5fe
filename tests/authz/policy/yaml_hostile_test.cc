// YAML made to confuse, exhaust or crash its reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"
#include "tests/authz/policy/test_name.h"
#include "warden/v1/policy.pb.h"

namespace warden {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::TestWithParam;

std::string Load(std::string_view yaml) {
  v1::Policy policy;
  SourceMap places;
  const absl::Status status = LoadYaml(yaml, "f.yaml", &policy, &places);
  EXPECT_EQ(policy.ByteSizeLong() == 0 || status.ok(), true);
  places.Place("roles.a.permissions[0]");
  return std::string(status.message());
}

std::string Repeat(std::string_view text, size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += text;
  return all;
}

struct Hostile {
  std::string name;
  std::string yaml;
  std::string error;  // a part of it
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << testing::SafeName(hostile.name); }

class YamlHostile : public TestWithParam<Hostile> {};

TEST_P(YamlHostile, IsRefused) { EXPECT_THAT(Load(GetParam().yaml), HasSubstr(GetParam().error)); }

constexpr char kLaughs[] =
    "a: &a [lol, lol]\nb: &b [*a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n"
    "d: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\n"
    "f: &f [*e, *e, *e, *e, *e, *e, *e, *e]\ng: [*f, *f, *f, *f, *f, *f, *f, *f]\n";

INSTANTIATE_TEST_SUITE_P(
    Table, YamlHostile,
    ::testing::Values(
        Hostile{"billion laughs", kLaughs, "f.yaml:1:4: anchors (`&a`) are not allowed"},
        Hostile{"alias", "roles: &r {}\nbindings: *r",
                "f.yaml:2:11: aliases (`*name`) are not allowed"},
        Hostile{"alias to itself", "roles: &r [*r]", "f.yaml:1:12: aliases"},
        Hostile{"unknown alias", "roles: *nowhere", "f.yaml:1:8: not well-formed YAML"},
        Hostile{"tag", "roles: !!map {}",
                "f.yaml:1:8: tags (`tag:yaml.org,2002:map`) are not allowed"},
        Hostile{"tag of a scalar", "bindings: [{roles: [!!str a]}]", "f.yaml:1:21: tags"},
        Hostile{"tag of a list", "bindings: !x [a]", "f.yaml:1:11: tags"},
        Hostile{"tag of a key", "!!str roles: {}",
                "tags (`tag:yaml.org,2002:str`) are not allowed"},
        Hostile{"object tag", "roles: !!python/object/apply:os.system ['id']", "f.yaml:1:8: tags"},
        Hostile{"merge key", "roles:\n  a:\n    <<: {permissions: [x]}",
                "f.yaml:3:5: roles.a[\"<<\"]: merge keys are not allowed"},
        Hostile{"tab as indentation", "roles:\n\ta: {}", "f.yaml:2:1: a tab character"},
        Hostile{"tab between", "roles:\n  a:\t{}\n  b: {}\t", "f.yaml:2:5: a tab character"},
        Hostile{"tabs in every line", "roles:\n  a:\t{}\n  b: {}\t", "f.yaml:3:8: a tab character"},
        Hostile{"NUL", std::string("roles: {}\n\0bindings: []", 22), "f.yaml:2:1: a NUL byte"},
        Hostile{"control character", "roles: {}\n# \x1b[2J",
                "f.yaml:2:3: the control character 0x1b"},
        Hostile{"lone carriage return", "roles: {}\rbindings: []",
                "f.yaml:1:10: the control character 0x0d"},
        Hostile{"UTF-16", std::string("\xff\xfer\0o\0", 6),
                "f.yaml:1:1: the byte 0xff is not UTF-8"},
        Hostile{"Latin-1", "roles: {}\n# caf\xe9 ", "f.yaml:2:6: the byte 0xe9 is not UTF-8"},
        Hostile{"overlong slash", "roles: {\"\xc0\xaf\": {}}",
                "f.yaml:1:10: the byte 0xc0 is not UTF-8"},
        Hostile{"overlong of three", "# \xe0\x80\xaf", "f.yaml:1:3: the byte 0xe0 is not UTF-8"},
        Hostile{"surrogate", "# \xed\xa0\x80", "f.yaml:1:3: the byte 0xed is not UTF-8"},
        Hostile{"beyond Unicode", "# \xf4\x90\x80\x80", "f.yaml:1:3: the byte 0xf4 is not UTF-8"},
        Hostile{"cut sequence", "# \xe2\x82", "f.yaml:1:3: the byte 0xe2 is not UTF-8"},
        Hostile{"escaped surrogate", "roles: {\"\\ud800\": {}}", "f.yaml:1:1"},
        Hostile{"two documents", "roles: {}\n---\nbindings: []",
                "f.yaml:2:1: a second document begins"},
        Hostile{"document after the end", "roles: {}\n...\nbindings: []",
                "a second document begins"},
        Hostile{"text after a document", "{roles: {}} extra", "a second document begins"},
        Hostile{"empty", "", "f.yaml: the file is empty; write `{}` if that is meant"},
        Hostile{"only comments", "# nothing\n\n", "f.yaml: the file is empty"},
        Hostile{"null document", "---\n~\n", "f.yaml: the file is empty"},
        Hostile{"unclosed list", "bindings: [", "not well-formed YAML"},
        Hostile{"unclosed quote", "roles: {\"a: {}}", "not well-formed YAML"},
        Hostile{"bad indentation", "roles:\n   a: {}\n  b: {}", "f.yaml:3:3: not well-formed YAML"},
        Hostile{"deep in range", "bindings: " + std::string(31, '[') + std::string(31, ']'),
                "f.yaml:1:12: bindings[0]: expected a mapping, found a list"},
        Hostile{"too deep", "bindings: " + std::string(32, '[') + std::string(32, ']'),
                "f.yaml:1:42: lists and mappings are nested deeper than 32"},
        Hostile{"10,000 deep lists",
                "bindings: " + std::string(10'000, '[') + std::string(10'000, ']'),
                "nested deeper than 32"},
        Hostile{"unclosed deep lists", std::string(500'000, '['), "f.yaml:1:"},
        Hostile{"10,000 deep mappings", "roles: " + Repeat("{a: ", 40'000),
                "nested deeper than 32"},
        Hostile{"deep mixed", "roles:\n- " + Repeat("- a: ", 50'000), "f.yaml:2:"},
        Hostile{"deep block lists", Repeat("- ", 100'000), "nested deeper than 32"},
        Hostile{"deep complex keys", Repeat("? ", 100'000), "f.yaml:1:"},
        Hostile{"long key", "roles: {" + std::string(300, 'k') + ": {}}",
                "is longer than 256 bytes"},
        Hostile{"very long explicit key", "? " + std::string(500'000, 'k') + "\n: {}",
                "is longer than 256 bytes"},
        Hostile{"many values", "bindings: [" + Repeat("a,", 400'000) + "]",
                "more than 100000 values"},
        Hostile{"over a megabyte", "# " + std::string(1 << 20, ' '),
                "f.yaml: the file has more than 1048576 bytes"}));

TEST(YamlHostileReport, NamesEachAnchorAndAliasOfTheBillionLaughs) {
  const std::string error = Load("roles: &a {}\nbindings:\n- &b {roles: [x]}\n- *b\nnope: 1\n");
  EXPECT_THAT(error,
              AllOf(HasSubstr("f.yaml:1:8: anchors"), HasSubstr("f.yaml:3:3: anchors"),
                    HasSubstr("f.yaml:4:3: aliases"), HasSubstr("f.yaml:5:1: nope: unknown key")));
}

TEST(YamlHostileReport, IsBounded) {
  std::string yaml;
  for (int i = 0; i < 5000; ++i) yaml += "unknown" + std::to_string(i) + ": 1\n";
  const std::string error = Load(yaml);
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 100);
  EXPECT_THAT(error, HasSubstr("\n... and 4900 more problems"));
}

TEST(YamlHostileReport, EscapesAndCutsForeignText) {
  EXPECT_EQ(Quoted("a\x1b`\n"), "`a\\033`\\n`");
  EXPECT_EQ(Quoted(std::string(200, 'x')), "`" + std::string(60, 'x') + "...`");
  EXPECT_EQ(Quoted(std::string(59, 'x') + "\xc3\xa9"), "`" + std::string(59, 'x') + "...`")
      << "not half a letter";
}

// Everything a megabyte can hold is read or refused in bounded time. The bound is generous for slow
// machines and sanitizers; quadratic work on this size would take minutes.
TEST(YamlHostileTime, StaysLinear) {
  const size_t size = 1'000'000;
  for (const std::string unit :
       {"[",      "{",           "- ",  "? ",   "a: ",   "&a ",        "*a ",        "!a ",
        "\"",     "'",           "%",   "#",    "\n",    "a\n",        "a\n ",       "- a\n",
        "a: b\n", "[a,",         "|\n", "a:\n", "---\n", "...\n",      "\"a\" ",     "\\",
        " ",      "a: |\n  x\n", "[a,", ",",    "]",     "%TAG ! a\n", "roles: {}\n"}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_NE(Load(Repeat(unit, size)), "") << unit;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << unit;
  }
}

TEST(YamlHostileTime, TenMegabytesAreRefusedWithoutReadingThemAll) {
  const std::string path =
      ::testing::TempDir() + "/warden_10mb_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path, std::ios::binary) << Repeat("roles: {}\n", 10 << 20);
  v1::Policy policy;
  const auto start = std::chrono::steady_clock::now();
  const absl::Status status = LoadYamlFile(path, &policy, nullptr);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(std::string(status.message()), path + ": the file has more than 1048576 bytes");
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  std::remove(path.c_str());
}

TEST(NearestName, FindsTypingErrorsOnly) {
  const std::vector<std::string> names = {"roles", "role", "bindings", "orders.read",
                                          "orders.reads"};
  EXPECT_EQ(NearestName("rols", names), "roles");
  EXPECT_EQ(NearestName("bindngs", names), "bindings");
  EXPECT_EQ(NearestName("orders.red", names), "orders.read");
  EXPECT_EQ(NearestName("zzz", names), "");
  EXPECT_EQ(NearestName("", names), "");
  EXPECT_EQ(NearestName(std::string(5000, 'r'), names), "");
}

}  // namespace
}  // namespace warden
