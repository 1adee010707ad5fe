// The ecosystem's dialect: read from descriptors that carry it, with and without generated code for
// it.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buf_rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kValid[] =
    "id: '123e4567-e89b-12d3-a456-426614174000' name: 'abc' kind: KIND_PERSON phone: '' ";

std::vector<Row> Rows() {
  return {
      {"", {}},
      {"id: 'x'", {"id: string.uuid"}},
      {"name: ''", {"name: required"}},
      {"name: 'abcdef'", {"name: string.max_len"}},
      {"age: 17", {"age: int32.gte_lt"}},
      {"age: 150", {"age: int32.gte_lt"}},
      {"age: 149", {}},
      {"tags: ['a', 'b', 'a']", {"tags: repeated.max_items", "tags: repeated.unique"}},
      {"tags: ['a', 'B']", {"tags[1]: string.pattern"}},
      {"scores { key: 'long' value: 1 }", {"scores[\"long\"]: string.max_len"}},
      {"scores { key: 'a' value: -1 }", {"scores[\"a\"]: int64.gte"}},
      {"kind: KIND_UNSPECIFIED", {"kind: enum.not_in"}},
      {"timeout { seconds: 10 }", {"timeout: duration.gt_lte"}},
      {"born { seconds: 1 }", {"born: timestamp.lt_now"}},  // the test's now is the epoch
      {"friend { name: 'abc' email: 'a@b' kind: KIND_PERSON }", {"friend.id: string.uuid_empty"}},
      {"secret_friend {}", {}},
      {"score: 7", {"score: double.gt_lt_exclusive"}},
      {"score: 11", {}},
      {"note { value: 'four' }", {"note: string.max_len"}},
      {"mask { paths: 'b' }", {"mask: field_mask.in"}},
      {"email: 'a'", {"email: string.email"}},
      {"nick: 'a' title: 'ab'", {": message.oneof"}},
      {"title: 'a'", {"title: string.min_len"}},
  };
}

TEST(BufTest, GeneratedDescriptors) {
  const auto program = MustCompile(*rules_test::BufUser::descriptor());
  for (const Row& row : Rows()) {
    rules_test::BufUser message, changes;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kValid, &message));
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(row.text, &changes)) << row.text;
    message.MergeFrom(changes);
    if (row.text == "name: ''") message.clear_name();
    if (row.text == "kind: KIND_UNSPECIFIED") message.clear_kind();
    EXPECT_EQ(Broken(*program, message), row.broken) << row.text;
  }
  rules_test::BufUser empty;
  EXPECT_THAT(Broken(*program, empty), ElementsAre("id: string.uuid_empty", "name: required",
                                                   "kind: enum.not_in", "contact: required"));
}

// The same descriptors in a pool of their own, as a descriptor set brings them. (Where the process
// has no generated code for the dialect at all is tested with the command line.)
TEST(BufTest, DescriptorsOfAnotherPool) {
  google::protobuf::DescriptorPool pool;
  const std::function<void(const google::protobuf::FileDescriptor&)> add =
      [&](const google::protobuf::FileDescriptor& file) {
        if (pool.FindFileByName(file.name()) != nullptr) return;
        for (int i = 0; i < file.dependency_count(); ++i) add(*file.dependency(i));
        google::protobuf::FileDescriptorProto proto;
        file.CopyTo(&proto);
        EXPECT_NE(pool.BuildFile(proto), nullptr) << file.name();
      };
  add(*rules_test::BufUser::descriptor()->file());
  const auto* type = pool.FindMessageTypeByName("warden.rules_test.BufUser");
  ASSERT_NE(type, nullptr);
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(type)->New());
  EXPECT_THAT(Broken(*MustCompile(*type), *message),
              ElementsAre("id: string.uuid_empty", "name: required", "kind: enum.not_in",
                          "contact: required"));
}

// Compiles message M of a proto that imports the dialect; the error, or "".
std::string ErrorOf(const std::string& messages) {
  ProtoPool pool;
  const auto* file = pool.Add("b.proto",
                              "syntax = \"proto2\"; package b;\n"
                              "import \"buf/validate/validate.proto\";\n"
                              "import \"google/protobuf/timestamp.proto\";\n"
                              "import \"warden/v1/annotations.proto\";\n" +
                                  messages);
  if (file == nullptr) return "the proto is not valid";
  const auto program = Program::Compile(*file->FindMessageTypeByName("M"));
  return program.ok() ? "" : std::string(program.status().message());
}

TEST(BufTest, WhatIsNotSupportedIsNamed) {
  EXPECT_EQ(
      ErrorOf(R"text(
      extend buf.validate.Int32Rules {
        optional bool is_odd = 100001;
        optional bool is_even = 100002 [(buf.validate.predefined).cel = {
          id: "int32.is_even", expression: "this % 2 == rule.size()"
        }];
      }
      message M {
        option (buf.validate.message).cel = {id: "m.total", expression: "this.b > 0"};
        optional int32 a = 1 [(buf.validate.field).cel = {id: "a.odd", expression: "M{a: 1} == this"}];
        optional int32 c = 2 [(buf.validate.field).int32.(is_odd) = true];
        optional int32 d = 3 [(buf.validate.field).int32.(is_even) = true];
        optional int32 e = 4 [(buf.validate.field).string.min_len = 1];
        optional google.protobuf.Timestamp f = 5 [(buf.validate.field).timestamp.from_the_future = true];
        repeated int32 g = 6 [(buf.validate.field).repeated.items.cel = {id: "g.x", expression: "this"}];
      })text"),
      "b.proto: b.M: `cel[0]` (m.total), at 1:6: no field `b` in b.M; did you mean `a`?\n"
      "b.proto: b.M.a: `cel[0]` (a.odd), at 1:2: messages cannot be made in a condition; compare "
      "their fields one by one\n"
      "b.proto: b.M.c: the rule `int32.(b.is_odd)` is not supported: its options have no "
      "`(buf.validate.predefined).cel`\n"
      "b.proto: b.M.d: `int32.[b.is_even]` (int32.is_even), at 1:18: `size` does not take (bool)\n"
      "b.proto: b.M.e: `string` rules do not fit a field of type int32\n"
      "b.proto: b.M.f: the rule `timestamp.from_the_future` is not supported\n"
      "b.proto: b.M.g: `repeated.items.cel[0]` (g.x): a condition gives a bool or a string; this "
      "gives int");
}

TEST(BufTest, TwoDialectsOnOneField) {
  EXPECT_EQ(
      ErrorOf(R"(message M {
              optional string a = 1 [(buf.validate.field).string.min_len = 1,
                                     (warden.v1.rules).string.max_len = 2];
            })"),
      "b.proto: b.M.a: has rules in two dialects: (warden.v1.rules) and (buf.validate.field)");
  EXPECT_EQ(ErrorOf(R"(message M {
              optional string a = 1 [(buf.validate.field).string.min_len = 1];
              optional string b = 2 [(warden.v1.rules).string.max_len = 2];
            })"),
            "");
}

// Options that nobody can read must not be passed over.
TEST(BufTest, OptionsWithoutTheirProto) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("lost.proto");
  file.set_syntax("proto3");
  auto* message = file.add_message_type();
  message->set_name("M");
  auto* field = message->add_field();
  field->set_name("f");
  field->set_number(1);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  field->mutable_options()->mutable_unknown_fields()->AddLengthDelimited(1159, "");
  google::protobuf::DescriptorPool pool;
  const auto* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);
  EXPECT_THAT(
      std::string(Program::Compile(*built->message_type(0)).status().message()),
      HasSubstr("lost.proto: M.f: has the option 1159 of buf.validate, but the descriptors"));
}

}  // namespace
}  // namespace warden::rules
