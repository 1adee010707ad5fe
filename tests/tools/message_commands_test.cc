// `warden message validate` as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Result {
  int exit_status = -1;
  std::string out, err;
  // "field: rule" of the violations in `out`.
  std::vector<std::string> Broken() const {
    std::vector<std::string> lines;
    const auto list = nlohmann::json::parse(out, nullptr, false);
    EXPECT_TRUE(list.is_array()) << out;
    for (const auto& each : list) {
      EXPECT_EQ(each.size(), 3u);
      EXPECT_FALSE(each.at("message").get<std::string>().empty());
      lines.push_back(each.at("field").get<std::string>() + ": " +
                      each.at("rule").get<std::string>());
    }
    return lines;
  }
};

std::string Read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Arguments are safe in a shell as they are.
Result RunCli(const std::string& arguments, const std::string& input) {
  std::string folder = (std::filesystem::temp_directory_path() / "warden-message-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  const std::filesystem::path path = folder;
  std::ofstream(path / "in", std::ios::binary) << input;
  const std::string command = std::string(WARDEN_CLI) + " " + arguments + " <" + folder + "/in >" +
                              folder + "/out 2>" + folder + "/err";
  const int status = std::system(command.c_str());
  const Result result{WIFEXITED(status) ? WEXITSTATUS(status) : -1, Read(path / "out"),
                      Read(path / "err")};
  std::filesystem::remove_all(path);
  return result;
}

Result Validate(const std::string& set, const std::string& type, const std::string& input,
                const std::string& more = "") {
  return RunCli("message validate --descriptor-set " WARDEN_TEST_SETS "/" + set + ".binpb --type " +
                    type + " " + more,
                input);
}

Result Item(const std::string& input, const std::string& more = "") {
  return Validate("rules_test", "warden.rules_test.CreateOrder.Item", input, more);
}

TEST(Validate, ValidMessagesInEveryFormat) {
  for (const auto& [format, input] :
       {std::pair<std::string, std::string>{"json", R"({"sku": "abc", "quantity": 1})"},
        {"textproto", "sku: 'abc' # a comment\nquantity: 1"},
        {"binary", std::string("\x0a\x03"
                               "abc\x10\x01")}}) {
    const Result result = Item(input, "--input " + format);
    EXPECT_EQ(result.exit_status, 0) << result.err;
    EXPECT_EQ(result.out, "[]\n");
    EXPECT_EQ(result.err, "");
  }
}

TEST(Validate, InvalidMessagesInEveryFormat) {
  for (const auto& [format, input] :
       {std::pair<std::string, std::string>{"json", R"({"sku": "ab"})"},
        {"textproto", "sku: 'ab'"},
        {"binary", std::string("\x0a\x02"
                               "ab")}}) {
    const Result result = Item(input, "--input " + format);
    EXPECT_EQ(result.exit_status, 1) << result.err;
    EXPECT_EQ(result.out,
              "[{\"field\":\"sku\",\"rule\":\"string.min_len\","
              "\"message\":\"must be at least 3 characters long\"},\n"
              " {\"field\":\"quantity\",\"rule\":\"uint32.gte_lte\",\"message\":"
              "\"must be greater than or equal to 1 and less than or equal to 100\"}]\n");
    EXPECT_EQ(result.err, "");
  }
}

TEST(Validate, PathsThroughListsMapsAndMessages) {
  const Result result = Validate("rules_test", "warden.rules_test.Tree",
                                 R"({"children": [{}, {"named": {"a\"b": {"name": "long"}}}]})");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.Broken(), ElementsAre("children[1].named[\"a\\\"b\"].name: string.max_len"));
}

TEST(Validate, LimitAndTime) {
  const std::string many = R"({"items": ["", "", "", ""]})";
  EXPECT_EQ(Validate("rules_test", "warden.rules_test.Lists", many).Broken().size(), 4u);
  EXPECT_EQ(
      Validate("rules_test", "warden.rules_test.Lists", many, "--max-violations 2").Broken().size(),
      2u);
  const std::string past = R"({"count": 1, "past": "2026-01-01T00:00:00Z"})";
  EXPECT_THAT(
      Validate("rules_test", "warden.rules_test.WellKnown", past, "--now 1767225600").Broken(),
      IsEmpty());
  EXPECT_THAT(
      Validate("rules_test", "warden.rules_test.WellKnown", past, "--now 1767225599").Broken(),
      ElementsAre("past: timestamp.lt_now"));
}

// The command line has no generated code for this dialect: the rules come as bytes of unknown
// fields.
TEST(Validate, TheOtherDialect) {
  const Result valid = Validate("buf_rules_test", "warden.rules_test.BufUser", R"({
      "id": "123e4567-e89b-12d3-a456-426614174000", "name": "abc", "kind": "KIND_PERSON",
      "phone": "", "tags": ["a", "b"], "scores": {"x": "1"}, "timeout": "3s", "mask": "a.b"})");
  EXPECT_EQ(valid.exit_status, 0) << valid.err << valid.out;
  const Result invalid = Validate("buf_rules_test", "warden.rules_test.BufUser", R"({
      "age": 3, "tags": ["A", "b", "b"], "scores": {"x": "-1"}, "timeout": "0s", "mask": "b",
      "nick": "a", "title": "b", "score": 7, "note": "four", "born": "2200-01-01T00:00:00Z",
      "friend": {"id": "x"}, "secretFriend": {"id": "x"}})");
  EXPECT_EQ(invalid.exit_status, 1) << invalid.err;
  EXPECT_THAT(
      invalid.Broken(),
      ElementsAre(": message.oneof", "id: string.uuid_empty", "name: required", "age: int32.gte_lt",
                  "tags: repeated.max_items", "tags: repeated.unique", "tags[0]: string.pattern",
                  "scores[\"x\"]: int64.gte", "kind: enum.not_in", "timeout: duration.gt_lte",
                  "born: timestamp.lt_now", "friend.id: string.uuid", "friend.name: required",
                  "friend.kind: enum.not_in", "friend.contact: required",
                  "score: double.gt_lt_exclusive", "note: string.max_len", "mask: field_mask.in",
                  "title: string.min_len", "contact: required"));
}

TEST(Validate, RulesThatDoNotCompile) {
  const Result result = Validate("message_broken", "broken.Broken", "{}");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(
      result.err,
      "message_broken.proto: broken.Broken.pattern: `string.pattern`: missing ): (\n"
      "message_broken.proto: broken.Broken.kind: `string` rules do not fit a field of type int32\n"
      "message_broken.proto: broken.Broken.sum: `cel[0]` (sum.positive), at 1:6: `>` does not take "
      "(int, string)\n");
}

TEST(Validate, UnusableInput) {
  struct Case {
    std::string input, more, err;
  };
  const std::vector<Case> cases = {
      {"", "", "not the message as JSON"},
      {"{", "", "not the message as JSON"},
      {"[]", "", "not the message as JSON"},
      {R"({"sku": 1})", "", "not the message as JSON"},
      {R"({"skew": "abc"})", "", "skew"},
      {R"({"quantity": -1})", "", "not the message as JSON"},
      {"sku: 'abc' skew: 1", "--input textproto", "1:16: Message type"},
      {"\x0a\x05"
       "ab",
       "--input binary", "not a serialized warden.rules_test.CreateOrder.Item"},
      {"\x0a\x01\xff", "--input binary", "not a serialized"},  // a string that is not UTF-8
      {"{}", "--input yaml", "--input"},
      {"{}", "--max-violations 0", "--max-violations"},
  };
  for (const Case& each : cases) {
    const Result result = Item(each.input, each.more);
    EXPECT_EQ(result.exit_status, 2) << each.input;
    EXPECT_EQ(result.out, "") << each.input;
    EXPECT_THAT(result.err, HasSubstr(each.err)) << each.input;
  }
}

TEST(Validate, NestedTooDeeply) {
  std::string json = "{}", text;
  for (int i = 0; i < 5000; ++i) json = "{\"left\":" + json + "}";
  for (int i = 0; i < 5000; ++i) text += "left { ";
  for (int i = 0; i < 5000; ++i) text += "}";
  EXPECT_EQ(Validate("rules_test", "warden.rules_test.Tree", json).exit_status, 2);
  EXPECT_EQ(Validate("rules_test", "warden.rules_test.Tree", text, "--input textproto").exit_status,
            2);
}

TEST(Validate, UnknownTypeAndFiles) {
  const Result type = Validate("rules_test", "warden.rules_test.Nothing", "{}");
  EXPECT_EQ(type.exit_status, 2);
  EXPECT_EQ(type.err, "the set has no message `warden.rules_test.Nothing`\n");
  EXPECT_EQ(Validate("missing", "a.B", "{}").exit_status, 2);
  EXPECT_EQ(RunCli("message validate --descriptor-set " WARDEN_CLI " --type a.B", "{}").exit_status,
            2);
  EXPECT_EQ(RunCli("message validate --type a.B", "{}").exit_status, 2);
  EXPECT_EQ(RunCli("message", "").exit_status, 2);
  EXPECT_THAT(RunCli("message validate --help", "").out, HasSubstr("Exit status"));
}

}  // namespace
}  // namespace warden
