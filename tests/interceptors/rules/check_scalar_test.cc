// Rules of single values: one table for each kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "rules_proto2_test.pb.h"
#include "rules_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

using rules_test::AllFormats;
using rules_test::Bytes;
using rules_test::Numbers;
using rules_test::Strings;
using rules_test::WellKnown;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(CheckTest, Strings) {
  ExpectRows(Strings(),
             {
                 {"", {}},
                 {"len: 'abc'", {}},
                 {"len: 'ab'", {"len: string.len"}},
                 {"len: 'abcd'", {"len: string.len"}},
                 {"len: '\\303\\251\\303\\251\\303\\251'", {}},  // three characters in six bytes
                 {"min_max: 'ab'", {}},
                 {"min_max: 'abcd'", {}},
                 {"min_max: 'a'", {"min_max: string.min_len"}},
                 {"min_max: 'abcde'", {"min_max: string.max_len"}},
                 {"min_max: '\\303\\251'", {"min_max: string.min_len"}},
                 {"min_max: '\\303\\251\\303\\251\\303\\251\\303\\251'", {}},
                 {"bytes: '\\303\\251'", {}},
                 {"bytes: 'a'", {"bytes: string.min_bytes"}},
                 {"bytes: '\\303\\251\\303\\251\\303\\251'", {"bytes: string.max_bytes"}},
                 {"len_bytes: 'abc'", {}},
                 {"len_bytes: '\\303\\251'", {"len_bytes: string.len_bytes"}},
                 {"pattern: 'abc'", {}},
                 {"pattern: 'abC'", {"pattern: string.pattern"}},
                 {"pattern: 'abc\\n'", {"pattern: string.pattern"}},
                 {"search: 'x12y'", {}},
                 {"search: 'x1y2'", {"search: string.pattern"}},
                 {"prefix: 'ab'", {}},
                 {"prefix: 'xab'", {"prefix: string.prefix"}},
                 {"suffix: 'xyz'", {}},
                 {"suffix: 'yzx'", {"suffix: string.suffix"}},
                 {"contains: 'a-b'", {}},
                 {"contains: 'ab'", {"contains: string.contains"}},
                 {"not_contains: 'a.b.c'", {}},
                 {"not_contains: '../etc'", {"not_contains: string.not_contains"}},
                 {"in: 'red'", {}},
                 {"in: 'Red'", {"in: string.in"}},
                 {"not_in: 'user'", {}},
                 {"not_in: 'admin'", {"not_in: string.not_in"}},
                 {"const: 'fixed'", {}},
                 {"const: 'fixed '", {"const: string.const"}},
                 {"header: 'a\\tb'", {}},
                 {"header: 'a\\nb'", {"header: string.well_known_regex.header_value"}},
                 {"header: 'a\\001b'", {"header: string.well_known_regex.header_value"}},
                 {"loose_header: 'a\\001b'", {}},
                 {"loose_header: 'a\\nb'", {"loose_header: string.well_known_regex.header_value"}},
                 {"off: 'anything'", {}},
                 {"email: 'x' len: 'y'", {"len: string.len", "email: string.email"}},
             });
}

TEST(CheckTest, EveryFormatIsWiredToItsRule) {
  // What the empty message says is the list of all formats, apart from the two that the empty
  // string is in.
  std::vector<std::string> empty, bad;
  AllFormats message;
  const auto* type = AllFormats::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const std::string& name = type->field(i)->name();
    message.GetReflection()->SetString(&message, type->field(i), "\n");
    if (name == "header_name" || name == "header_value") {
      bad.push_back(name + ": string.well_known_regex." + name);
    } else {
      bad.push_back(name + ": string." + name);
    }
    if (name != "uri_ref" && name != "header_value") empty.push_back(bad.back() + "_empty");
  }
  EXPECT_EQ(BrokenText(AllFormats(), ""), empty);
  EXPECT_EQ(Broken(*MustCompile(*type), message), bad);
  EXPECT_THAT(BrokenText(AllFormats(), R"pb(
                hostname: 'a.example'
                ip: '::1'
                ipv4: '192.0.2.7'
                ipv6: '::1'
                uri: 'a:b'
                uri_ref: 'a'
                address: 'a.example'
                uuid: '123e4567-e89b-12d3-a456-426614174000'
                tuuid: '123e4567e89b12d3a456426614174000'
                ip_with_prefixlen: '::1/64'
                ipv4_with_prefixlen: '192.0.2.7/24'
                ipv6_with_prefixlen: '::1/64'
                ip_prefix: '10.0.0.0/8'
                ipv4_prefix: '10.0.0.0/8'
                ipv6_prefix: '::/8'
                host_and_port: 'a:1'
                ulid: '01ARZ3NDEKTSV4RRFFQ69G5FAV'
                protobuf_fqn: 'a.B'
                protobuf_dot_fqn: '.a.B'
                phone: '+491701234567'
                email: 'a@b'
                header_name: 'a'
                header_value: 'b')pb"),
              IsEmpty());
  EXPECT_THAT(BrokenText(AllFormats(), R"pb(
                hostname: '1.2.3.4'
                ip: 'a'
                ipv4: '::1'
                ipv6: '192.0.2.7'
                uri: 'a'
                uri_ref: '%'
                address: 'a_b'
                uuid: '123e4567e89b12d3a456426614174000'
                tuuid: '123e4567-e89b-12d3-a456-426614174000'
                ip_with_prefixlen: '::1'
                ipv4_with_prefixlen: '::1/64'
                ipv6_with_prefixlen: '192.0.2.7/24'
                ip_prefix: '10.0.0.1/8'
                ipv4_prefix: '::/8'
                ipv6_prefix: '10.0.0.0/8'
                host_and_port: 'a'
                ulid: '81ARZ3NDEKTSV4RRFFQ69G5FAV'
                protobuf_fqn: '.a.B'
                protobuf_dot_fqn: 'a.B'
                phone: '491701234567'
                email: 'a'
                header_name: 'a b'
                header_value: '\001')pb"),
              testing::SizeIs(static_cast<size_t>(type->field_count())));
}

TEST(CheckTest, Bytes) {
  ExpectRows(Bytes(),
             {
                 {"len: '\\377\\376'", {}},
                 {"len: '\\303\\251x'", {"len: bytes.len"}},
                 {"min_max: 'a'", {"min_max: bytes.min_len"}},
                 {"min_max: 'abcd'", {"min_max: bytes.max_len"}},
                 {"pattern: 'xax'", {}},
                 {"pattern: 'x'", {"pattern: bytes.pattern"}},
                 {"pattern: 'a\\377'", {"pattern: bytes.pattern"}},  // matches, but is not UTF-8
                 {"prefix: '\\001x'", {}},
                 {"prefix: 'x'", {"prefix: bytes.prefix"}},
                 {"suffix: 'x\\002'", {}},
                 {"suffix: '\\002x'", {"suffix: bytes.suffix"}},
                 {"contains: 'x\\003x'", {}},
                 {"contains: 'x'", {"contains: bytes.contains"}},
                 {"in: '\\000'", {}},
                 {"in: '\\002'", {"in: bytes.in"}},
                 {"not_in: '\\376'", {}},
                 {"not_in: '\\377'", {"not_in: bytes.not_in"}},
                 {"const: '\\336\\255'", {}},
                 {"const: '\\336'", {"const: bytes.const"}},
                 {"ip: '1234'", {}},
                 {"ip: '1234567890123456'", {}},
                 {"ip: '12345'", {"ip: bytes.ip"}},
                 {"ip: '12345678901234567'", {"ip: bytes.ip"}},
                 {"ipv4: '1234'", {}},
                 {"ipv4: '1234567890123456'", {"ipv4: bytes.ipv4"}},
                 {"ipv6: '1234567890123456'", {}},
                 {"ipv6: '1234'", {"ipv6: bytes.ipv6"}},
                 {"ipv6: ''", {"ipv6: bytes.ipv6_empty"}},
                 {"uuid: '1234567890123456'", {}},
                 {"uuid: '123456789012345'", {"uuid: bytes.uuid"}},
             });
  Bytes large;
  large.set_ip(std::string(68, 'a'));  // 68 = 64 + 4
  EXPECT_THAT(Broken(*MustCompile(*Bytes::descriptor()), large), ElementsAre("ip: bytes.ip"));
}

TEST(CheckTest, Integers) {
  ExpectRows(Numbers(),
             {
                 {"int32_range: -2", {}},
                 {"int32_range: 7", {}},
                 {"int32_range: -3", {"int32_range: int32.gt_lte"}},
                 {"int32_range: 8", {"int32_range: int32.gt_lte"}},
                 {"int32_range: -2147483648", {"int32_range: int32.gt_lte"}},
                 {"reversed: 10", {}},
                 {"reversed: -11", {}},
                 {"reversed: 9", {"reversed: sint64.gte_lt_exclusive"}},
                 {"reversed: -10", {"reversed: sint64.gte_lt_exclusive"}},
                 {"reversed: -9223372036854775808", {}},
                 {"reversed_adjacent: 4", {}},
                 {"reversed_adjacent: 5", {}},
                 {"uint32_const: 4000000000", {}},
                 {"uint32_const: 1", {"uint32_const: uint32.const"}},
                 {"in: 1", {}},
                 {"in: 18446744073709551615", {}},
                 {"in: 2", {"in: fixed64.in"}},
                 {"not_in: 1", {}},
                 {"not_in: 0", {"not_in: sfixed32.not_in"}},
                 {"not_in: -2147483648", {"not_in: sfixed32.not_in"}},
                 {"extremes: -9223372036854775808", {}},
                 {"extremes: 9223372036854775806", {}},
                 {"extremes: 9223372036854775807", {"extremes: int64.gte_lt"}},
                 {"uint64_gte: 18446744073709551615", {}},
                 {"uint64_gte: 18446744073709551614", {"uint64_gte: uint64.gte"}},
                 {"fixed32_lt: 4", {}},
                 {"fixed32_lt: 5", {"fixed32_lt: fixed32.lt"}},
                 {"fixed32_lt: 4294967295", {"fixed32_lt: fixed32.lt"}},
                 {"sint32_gt: 2147483647", {}},
                 {"sint32_gt: 2147483646", {"sint32_gt: sint32.gt"}},
                 {"sfixed64_lte: -1", {}},
                 {"sfixed64_lte: 0", {"sfixed64_lte: sfixed64.lte"}},
                 {"must_agree: true", {}},
                 {"must_agree: false", {"must_agree: bool.const"}},
                 {"defined: COLOR_GREEN", {}},
                 {"defined: 0", {}},
                 {"const: COLOR_GREEN", {}},
                 {"const: COLOR_RED", {"const: enum.const"}},
                 {"not_unspecified: COLOR_UNSPECIFIED", {"not_unspecified: enum.not_in"}},
             });
  Numbers unknown;
  unknown.set_defined(static_cast<rules_test::Color>(2));
  unknown.set_not_unspecified(static_cast<rules_test::Color>(-2147483647));
  EXPECT_THAT(Broken(*MustCompile(*Numbers::descriptor()), unknown),
              ElementsAre("defined: enum.defined_only", "not_unspecified: enum.defined_only"));
}

TEST(CheckTest, FloatingPoint) {
  ExpectRows(Numbers(), {
                            {"float_gt: 1e-45", {}},  // the smallest there is
                            {"float_gt: 1.5", {}},
                            {"float_gt: 0", {"float_gt: float.gt_lte"}},
                            {"float_gt: -0.0", {"float_gt: float.gt_lte"}},
                            {"float_gt: 1.5000001", {"float_gt: float.gt_lte"}},
                            {"float_gt: inf", {"float_gt: float.gt_lte"}},
                            {"float_gt: nan", {"float_gt: float.gt_lte"}},
                            {"double_lt: -4.9e-324", {}},
                            {"double_lt: -inf", {}},
                            {"double_lt: -0.0", {"double_lt: double.lt"}},
                            {"double_lt: nan", {"double_lt: double.lt"}},
                            {"double_reversed: 0.999", {}},
                            {"double_reversed: 2.001", {}},
                            {"double_reversed: inf", {}},
                            {"double_reversed: 1", {"double_reversed: double.gt_lt_exclusive"}},
                            {"double_reversed: 2", {"double_reversed: double.gt_lt_exclusive"}},
                            {"double_reversed: nan", {"double_reversed: double.gt_lt_exclusive"}},
                            {"finite: 1.7976931348623157e308", {}},
                            {"finite: inf", {"finite: double.finite"}},
                            {"finite: -inf", {"finite: double.finite"}},
                            {"finite: nan", {"finite: double.finite"}},
                            {"double_in: -0.0", {}},
                            {"double_in: 1.5", {}},
                            {"double_in: nan", {"double_in: double.in"}},
                            {"double_not_in: nan", {}},
                            {"double_not_in: -0.0", {"double_not_in: double.not_in"}},
                        });
}

TEST(CheckTest, WellKnownTypes) {
  const std::string count = "count { value: 1 } ";
  ExpectRows(
      WellKnown(),
      {
          {count, {}},
          {"", {"count: required"}},
          {"count {}", {"count: int32.gte"}},
          {count + "after { seconds: 1000 nanos: 6 }", {}},
          {count + "after { seconds: 1000 nanos: 5 }", {"after: timestamp.gt"}},
          {count + "after { seconds: 999 nanos: 999999999 }", {"after: timestamp.gt"}},
          {count + "after { seconds: 1 nanos: 2147483647 }", {"after: timestamp.gt"}},
          {count + "after { seconds: 9223372036854775807 nanos: 999999999 }", {}},
          {count + "after { seconds: -9223372036854775808 }", {"after: timestamp.gt"}},
          {count + "const { seconds: 5 }", {}},
          {count + "const { seconds: 4 nanos: 1000000000 }", {}},  // the same moment, oddly written
          {count + "const { seconds: 5 nanos: 1 }", {"const: timestamp.const"}},
          {count + "timeout { nanos: 1 }", {}},
          {count + "timeout { seconds: 30 }", {}},
          {count + "timeout {}", {"timeout: duration.gt_lte"}},
          {count + "timeout { seconds: 30 nanos: 1 }", {"timeout: duration.gt_lte"}},
          {count + "timeout { seconds: -1 }", {"timeout: duration.gt_lte"}},
          {count + "in { seconds: 1 }", {}},
          {count + "in { nanos: 500 }", {}},
          {count + "in { seconds: 2 }", {"in: duration.in"}},
          {count + "any { type_url: 'type.googleapis.com/warden.rules_test.Color' }", {}},
          {count + "any { type_url: 'other/warden.rules_test.Color' }", {"any: any.in"}},
          {count + "any {}", {"any: any.in"}},
          {count + "not_any { type_url: 'type.googleapis.com/x.Y' }", {"not_any: any.not_in"}},
          {count + "not_any { type_url: 'type.googleapis.com/unknown.Z' value: '\\377' }", {}},
          {count + "name { value: 'ab' }", {}},
          {count + "name {}", {"name: string.min_len"}},
          {count + "flag {}", {"flag: bool.const"}},
          {count + "blob { value: 'abc' }", {"blob: bytes.max_len"}},
          {count + "ratio { value: nan }", {"ratio: double.gte_lte"}},
          {count + "big { value: 5 }", {"big: uint64.gt"}},
          {count + "mask { paths: 'a' paths: 'b.c.d' paths: 'a.x' }", {}},
          {count + "mask { paths: 'b' }", {"mask: field_mask.in"}},
          {count + "mask { paths: 'ab' }", {"mask: field_mask.in"}},
          {count + "not_mask { paths: 'owners' }", {}},
          {count + "not_mask { paths: 'a' paths: 'owner.id' }", {"not_mask: field_mask.not_in"}},
          {count + "exact_mask { paths: 'x' paths: 'y' }", {}},
          {count + "exact_mask { paths: 'y' paths: 'x' }", {"exact_mask: field_mask.const"}},
          {count + "exact_mask { paths: 'x' }", {"exact_mask: field_mask.const"}},
      });
}

TEST(CheckTest, Now) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000) + absl::Nanoseconds(7);
  const std::string count = "count { value: 1 } ";
  ExpectRows(WellKnown(),
             {
                 {count + "past { seconds: 1000000 nanos: 7 }", {}},
                 {count + "past { seconds: 1000000 nanos: 8 }", {"past: timestamp.lt_now"}},
                 {count + "future { seconds: 1000000 nanos: 7 }", {}},
                 {count + "future { seconds: 1000000 nanos: 6 }", {"future: timestamp.gt_now"}},
                 {count + "near { seconds: 1000060 nanos: 7 }", {}},
                 {count + "near { seconds: 1000060 nanos: 8 }", {"near: timestamp.within"}},
                 {count + "near { seconds: 999940 nanos: 7 }", {}},
                 {count + "near { seconds: 999940 nanos: 6 }", {"near: timestamp.within"}},
             },
             now);
  // Without a given time, it is the system's: the epoch lies in the past.
  WellKnown message;
  message.mutable_count()->set_value(1);
  message.mutable_past();
  std::vector<Violation> violations;
  const auto program = MustCompile(*WellKnown::descriptor());
  EXPECT_TRUE(program->Check(message, 10, &violations));
  message.mutable_future();
  EXPECT_FALSE(program->Check(message, 10, &violations));
}

TEST(CheckTest, Proto2) {
  const rules_test::Old type;
  EXPECT_THAT(BrokenText(type, "count: 1 needed: ''"), IsEmpty());
  rules_test::Old message;
  const auto program = MustCompile(*rules_test::Old::descriptor());
  EXPECT_THAT(Broken(*program, message), ElementsAre("needed: required"));
  message.set_needed("");
  message.set_name("");  // set to what is not the default
  message.set_count(0);
  message.mutable_part()->set_id("");
  EXPECT_THAT(Broken(*program, message),
              ElementsAre("name: string.min_len", "count: int32.gt", "part.id: string.min_len"));
  // proto2 does not check UTF-8: stray bytes count as characters, and no letter class matches them.
  message.set_name("\x80\x80\x80\x80\x80");
  message.set_count(1);
  message.mutable_part()->set_id("\xff");
  message.add_codes("a\xff");
  EXPECT_THAT(Broken(*program, message),
              ElementsAre("name: string.max_len", "codes[0]: string.pattern"));
}

TEST(CheckTest, TextsNameConstantsAndNeverValues) {
  Strings message;
  message.set_min_max("hunter2");
  message.set_pattern("hunter2!");
  message.set_in("hunter2");
  message.set_email("hunter2");
  message.set_const_("hunter2");
  std::vector<Violation> violations;
  EXPECT_FALSE(MustCompile(*Strings::descriptor())->Check(message, 100, &violations));
  std::vector<std::string> texts;
  for (const Violation& violation : violations) texts.push_back(violation.message);
  EXPECT_THAT(texts, UnorderedElementsAre("must be at most 4 characters long",
                                          "does not match the pattern \"^[a-z]+$\"",
                                          "must be one of [\"red\", \"green\"]",
                                          "must be a valid email address", "must equal \"fixed\""));
}

}  // namespace
}  // namespace warden::rules
