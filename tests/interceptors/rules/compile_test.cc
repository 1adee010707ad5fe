// What is refused when rules are compiled, and how it is said.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "interceptors/rules/program.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The error of compiling message `M` of a file with these messages; "" if there is none.
std::string ErrorOf(const std::string& messages) {
  ProtoPool pool;
  const auto* file = pool.AddMessages(messages);
  if (file == nullptr) return "the proto is not valid";
  const auto* type = file->FindMessageTypeByName("M");
  const auto program = Program::Compile(*type);
  return program.ok() ? "" : std::string(program.status().message());
}

std::string ErrorOfField(const std::string& type, const std::string& rules) {
  return ErrorOf(absl::StrCat("enum E { ZERO = 0; ONE = 1; }\nmessage N { string x = 1; }\n",
                              "message M {\n  ", type, " f = 1 [(warden.v1.rules) = {", rules,
                              "}];\n}\n"));
}

struct Case {
  std::string type;
  std::string rules;
  std::string problem;
};

TEST(CompileTest, RefusesWhatDoesNotFit) {
  const std::vector<Case> cases = {
      {"int32", "string: {min_len: 1}", "`string` rules do not fit a field of type int32"},
      {"int32", "int64: {gt: 1}", "`int64` rules do not fit a field of type int32"},
      {"sint32", "int32: {gt: 1}", "`int32` rules do not fit a field of type sint32"},
      {"string", "bytes: {len: 1}", "`bytes` rules do not fit a field of type string"},
      {"string", "repeated: {min_items: 1}", "`repeated` rules do not fit a field of type string"},
      {"repeated string", "string: {len: 1}", "`string` rules do not fit a list of type string"},
      {"repeated string", "map: {min_pairs: 1}", "`map` rules do not fit a list of type string"},
      {"map<string, string>", "repeated: {min_items: 1}", "`repeated` rules do not fit a map"},
      {"N", "string: {len: 1}", "`string` rules do not fit a field of type t.N"},
      {"E", "int32: {gt: 1}", "`int32` rules do not fit a field of type t.E"},
      {"int32", "enum: {defined_only: true}", "`enum` rules do not fit a field of type int32"},
      {"google.protobuf.Duration", "timestamp: {gt_now: true}",
       "`timestamp` rules do not fit a field of type google.protobuf.Duration"},
      {"google.protobuf.StringValue", "bytes: {len: 1}",
       "`bytes` rules do not fit a field of type google.protobuf.StringValue"},
      {"N", "any: {in: 'x'}", "`any` rules do not fit a field of type t.N"},
      {"repeated string", "repeated: {items: {int32: {gt: 1}}}",
       "`repeated.items.int32` rules do not fit elements of a list of type string"},
      {"map<string, int32>", "map: {keys: {int32: {gt: 1}}}",
       "`map.keys.int32` rules do not fit elements of a field of type string"},
      {"map<string, int32>", "map: {values: {string: {len: 1}}}",
       "`map.values.string` rules do not fit elements of a field of type int32"},
      {"repeated N", "repeated: {unique: true}", "`repeated.unique` is not supported for messages"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(ErrorOfField(each.type, each.rules), "t.proto: t.M.f: " + each.problem)
        << each.type << " " << each.rules;
  }
}

TEST(CompileTest, RefusesContradictions) {
  const std::vector<Case> cases = {
      {"string", "string: {min_len: 3, max_len: 2}", "no length is at least 3 and at most 2"},
      {"string", "string: {len: 3, max_len: 2}", "`string.len`: no length"},
      {"string", "string: {min_bytes: 3, max_bytes: 2}", "`string.min_bytes`: no length"},
      {"string", "string: {min_len: 3, max_bytes: 2}", "in characters and in bytes"},
      {"string", "string: {min_bytes: 9, max_len: 2}", "in characters and in bytes"},
      {"bytes", "bytes: {min_len: 3, max_len: 2}", "`bytes.min_len`: no length"},
      {"string", "string: {const: 'a', in: ['b', 'c']}", "`string.const` breaks `string.in`"},
      {"string", "string: {const: 'a', not_in: ['a']}", "`string.const` breaks `string.not_in`"},
      {"string", "string: {const: 'a', min_len: 2}", "`string.const` breaks `string.min_len`"},
      {"string", "string: {const: '', email: true}", "`string.const` breaks `string.email_empty`"},
      {"string", "string: {in: ['a', 'b'], min_len: 2}",
       "no value of `string.in` keeps the other rules; the first breaks `string.min_len`"},
      {"string", "string: {in: ['a'], not_in: ['a']}", "no value of `string.in` keeps"},
      {"string", "string: {max_len: 0, pattern: '^a'}",
       "only the empty value is short enough, and it breaks `string.pattern`"},
      {"string", "string: {len: 0, uuid: true}", "it breaks `string.uuid_empty`"},
      {"bytes", "bytes: {max_len: 0, ip: true}", "it breaks `bytes.ip_empty`"},
      {"string", "string: {prefix: 'abc', max_len: 2}", "`string.prefix` is longer than"},
      {"string", "string: {contains: 'abc', max_bytes: 2}", "`string.contains` is longer than"},
      {"string", "string: {suffix: 'a..b', not_contains: '..'}",
       "`string.not_contains` forbids what another rule asks for"},
      {"int32", "int32: {gt: 2147483647}", "no value must be greater than 2147483647"},
      {"int32", "int32: {lt: -2147483648}", "no value must be less than -2147483648"},
      {"uint64", "uint64: {lt: 0}", "no value must be less than 0"},
      {"int64", "int64: {gt: 5, lt: 5}",
       "`int64.gt_lt`: no value must be greater than 5 and less than 5"},
      {"int64", "int64: {gt: 5, lt: 6}", "no value must be greater than 5 and less than 6"},
      {"double", "double: {gt: inf}", "no value must be greater than inf"},
      {"double", "double: {gte: nan}", "NaN is not a bound"},
      {"float", "float: {const: 1, in: [2]}", "`float.const` breaks `float.in`"},
      {"double", "double: {const: inf, finite: true}", "`double.const` breaks `double.finite`"},
      {"double", "double: {const: nan}", "`double.const` breaks `double.const`"},
      {"E", "enum: {const: 7, defined_only: true}", "`enum.const` breaks `enum.defined_only`"},
      {"E", "enum: {in: [7], defined_only: true}", "no value of `enum.in` keeps"},
      {"repeated string", "repeated: {min_items: 3, max_items: 2}",
       "`repeated.min_items` is greater than `repeated.max_items`"},
      {"map<string, string>", "map: {min_pairs: 3, max_pairs: 2}",
       "`map.min_pairs` is greater than `map.max_pairs`"},
      {"repeated string", "required: true, repeated: {max_items: 0}", "exclude each other"},
      {"repeated string", "repeated: {items: {string: {min_len: 3, max_len: 2}}}", "no length"},
      {"google.protobuf.Duration", "duration: {gt: {seconds: 1}, lt: {seconds: 1}}",
       "no value must be greater than 1s and less than 1s"},
      {"google.protobuf.Timestamp", "timestamp: {lt_now: true, gt_now: true}",
       "exclude each other"},
      {"google.protobuf.Timestamp", "timestamp: {within: {seconds: -1}}", "is negative"},
      {"google.protobuf.Any", "any: {in: ['a'], not_in: ['a']}", "no value of `any.in` keeps"},
  };
  for (const Case& each : cases) {
    EXPECT_THAT(ErrorOfField(each.type, each.rules), HasSubstr(each.problem))
        << each.type << " " << each.rules;
  }
}

TEST(CompileTest, TakesWhatOnlyLooksOdd) {
  const std::vector<Case> cases = {
      {"int32", "int32: {gt: 5, lt: 1}", ""},
      {"int32", "int32: {gte: 5, lte: 5}", ""},
      {"double", "double: {gt: 5, lt: 5.000001}", ""},
      {"string", "string: {max_len: 0}", ""},
      {"string", "string: {in: ['a', 'bcd'], min_len: 2}", ""},
      {"string", "string: {prefix: '\\303\\251', max_len: 1}", ""},
      {"string", "string: {}", ""},
      {"string", "", ""},
      {"N", "required: true", ""},
      {"string", "string: {example: 'x', example: 'y'}", ""},
      {"repeated string", "repeated: {items: {required: true}}", ""},
      {"google.protobuf.Timestamp", "timestamp: {gt: {seconds: 1}, within: {}}", ""},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(ErrorOfField(each.type, each.rules), "") << each.type << " " << each.rules;
  }
}

TEST(CompileTest, RefusesPatternsAndValuesThatAreNotKnown) {
  EXPECT_THAT(ErrorOfField("string", "string: {pattern: '('}"),
              AllOf(HasSubstr("t.M.f: `string.pattern`: "), HasSubstr("missing )")));
  EXPECT_THAT(ErrorOfField("string", "string: {pattern: '(?=a)'}"), HasSubstr("`string.pattern`"));
  EXPECT_THAT(ErrorOfField("string", "string: {pattern: '(a)\\\\1'}"),
              HasSubstr("`string.pattern`"));
  EXPECT_THAT(ErrorOfField("bytes", "bytes: {pattern: '['}"), HasSubstr("`bytes.pattern`"));
  EXPECT_THAT(ErrorOfField("string", "string: {pattern: '((a{1,1000}){1,1000}){1,1000}'}"),
              HasSubstr("`string.pattern`"));
}

TEST(CompileTest, ListsEveryProblemBelowTheType) {
  EXPECT_EQ(ErrorOf(R"(
      message M {
        string a = 1 [(warden.v1.rules).int32.gt = 1];
        repeated Inner inner = 2;
        oneof o {
          option (warden.v1.oneof_rules).required = true;
          Inner b = 3 [(warden.v1.rules).string.len = 1];
        }
        M again = 4;
      }
      message Inner {
        option (warden.v1.message_rules).oneof = {fields: ["c", "nope", "c"]};
        option (warden.v1.message_rules).oneof = {};
        string c = 1 [(warden.v1.rules).string = {pattern: "[", min_len: 2, max_len: 1}];
      }
      message Elsewhere { string d = 1 [(warden.v1.rules).int32.gt = 1]; })"),
            "t.proto: t.M.a: `int32` rules do not fit a field of type string\n"
            "t.proto: t.M.b: `string` rules do not fit a field of type t.Inner\n"
            "t.proto: t.Inner: `oneof`: no field \"nope\" in t.Inner\n"
            "t.proto: t.Inner: `oneof`: the field \"c\" is named twice\n"
            "t.proto: t.Inner: `oneof` names no fields\n"
            "t.proto: t.Inner.c: `string.min_len`: no length is at least 2 and at most 1\n"
            "t.proto: t.Inner.c: `string.pattern`: missing ]: [");
}

// A rule that this build does not know comes with bytes that it cannot read: it must not be passed
// over.
TEST(CompileTest, RefusesRulesOfALaterVersion) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("later.proto");
  file.set_package("later");
  file.set_syntax("proto3");
  auto* field = [&] {
    auto* type = file.add_message_type();
    type->set_name("M");
    return type->add_field();
  }();
  field->set_name("f");
  field->set_number(1);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  // (warden.v1.rules) = {99: 1, string: {98: 1}}
  const std::string unknown_rule("\x98\x06\x01", 3), unknown_string_rule("\x90\x06\x01", 3);
  const std::string rules = unknown_rule + "\x72\x03" + unknown_string_rule;
  ASSERT_TRUE(field->mutable_options()->ParseFromString(std::string("\xb2\xd9\x23", 3) +
                                                        static_cast<char>(rules.size()) + rules));
  google::protobuf::DescriptorPool pool;
  const auto* built = pool.BuildFile(file);
  ASSERT_NE(built, nullptr);
  const auto program = Program::Compile(*built->message_type(0));
  EXPECT_EQ(program.status().message(),
            "later.proto: later.M.f: rule number 98 of `warden.v1.StringRules` is not known: it is "
            "of a later version, or "
            "its proto is missing here\n"
            "later.proto: later.M.f: rule number 99 of `warden.v1.FieldRules` is not known: it is "
            "of a later version, or "
            "its proto is missing here");
}

TEST(CompileTest, IgnoredRulesMustStillBeRight) {
  EXPECT_THAT(ErrorOfField("string", "ignore: IGNORE_ALWAYS, string: {pattern: '('}"),
              HasSubstr("`string.pattern`"));
  EXPECT_EQ(ErrorOfField("string", "ignore: IGNORE_ALWAYS, string: {len: 1}"), "");
}

}  // namespace
}  // namespace warden::rules
