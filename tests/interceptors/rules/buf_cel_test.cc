// The ecosystem's conditions and predefined rules. Families and verdicts follow its conformance
// suite (bufbuild/protovalidate, tools/protovalidate-conformance/internal/cases:
// cases_custom_rules.go and cases_predefined.go).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "buf_cel_test.pb.h"
#include "tests/interceptors/rules/rules_testing.h"

namespace warden::rules {
namespace {

TEST(BufCelTest, PredefinedRules) {
  ExpectRows<rules_test::BufPredefined>({
      {"", {}},
      {"ratio: 1", {}},
      {"ratio: -1", {}},
      {"ratio: -2", {"ratio: float.abs_range"}},
      {"ratio: nan", {"ratio: float.abs_range"}},
      {"number: 2", {}},
      {"number: -5", {}},
      {"number: 3", {"number: int32.abs_in"}},
      {"large: 2", {}},
      {"large: 3", {"large: int64.abs_in"}},
      {"even: 3", {"even: uint64.even"}},
      {"even: 0", {}},
      {"refused: false", {}},
      {"refused: true", {"refused: bool.no"}},
      {"path: 'valid/file.proto'", {}},
      {"path: '../invalid/path'", {"path: string.valid_path"}},
      {"blob: 'a'", {}},
      {"blob: ''", {"blob: bytes.text"}},
      {"blob: '\\377'", {"blob: bytes.text"}},  // cannot be evaluated
      {"kind: KIND_ONE", {}},
      {"kind: KIND_ZERO", {"kind: enum.non_zero"}},
      {"five: [1, 2, 3, 4, 5]", {}},
      {"five: [1, 2, 3]", {"five: repeated.at_least_five"}},
      {"pairs { key: 1 } pairs { key: 2 }", {}},
      {"pairs { key: 1 }", {"pairs: map.two_pairs"}},
      {"timeout { seconds: 10 }", {}},
      {"timeout { seconds: 10 nanos: 1 }", {"timeout: duration.at_most"}},
      {"when { seconds: 1049587200 }", {}},
      {"when { seconds: 1725415496 }", {"when: timestamp.range"}},
      {"wrapped { value: 1 }", {}},
      {"wrapped { value: -2 }", {"wrapped: float.abs_range"}},
      {"paths { value: 'a' } paths { value: '../b' }", {"paths[1]: string.valid_path"}},
      {"word: 'abc'", {}},
      {"word: 'ABC'", {"word: string.like"}},
      {"careful: 80", {}},
      {"careful: 95", {"careful: int32.far_below"}},
      {"careful: 1000",
       {"careful: int32.lt", "careful: int32.careful", "careful: int32.far_below"}},
  });
}

TEST(BufCelTest, WithConditionsAndStandardRules) {
  ExpectRows<rules_test::BufPredefined>({
      {"nested { c: 3 }", {}},
      {"nested {}", {}},
      {"nested { c: 28 }", {"nested: nested.three", "nested.c: sint32.lt"}},
      {"nested { c: -1 }", {"nested: nested.three", "nested.c: nested.positive"}},
  });
}

TEST(BufCelTest, Messages) {
  ExpectRows<rules_test::BufMessages>({
      {"", {": scalar", ": enum"}},
      {"a: 3 b: 4 c: KIND_ONE d: KIND_ZERO e { a: 4 b: 3 } f { a: 4 b: 2 }", {}},
      {"a: 5 b: 4 c: KIND_ONE d: KIND_ONE e { a: 3 b: 3 } f { a: 4 b: 5 }",
       {": scalar", ": enum", ": embedded", "e: pair", "f: pair"}},
  });
}

// annotated/float_bounds.proto of that suite.
TEST(BufCelTest, SetsOfFloatsWithNan) {
  ExpectRows<rules_test::BufFloats>({
      {"val: 5 dval: 5", {}},
      {"val: inf dval: -inf", {}},
      {"val: 0.1 dval: 0.1", {}},
      {"val: 2147483648 dval: 9007199254740993", {}},
      {"val: nan dval: nan", {"val: float.in", "dval: double.in"}},
      {"val: 7", {"val: float.in"}},
      {"many: [nan, nan]", {}},
      {"many: [0, -0]", {"many: repeated.unique"}},
      {"ten: nan", {"ten: float.const"}},
  });
}

TEST(BufCelTest, DisabledMessages) {
  ExpectRows<rules_test::BufDisabled>({{"val: 1", {}}, {"", {}}});
  ExpectRows<rules_test::BufWithDisabled>({{"disabled { val: 1 }", {}}});
}

TEST(BufCelTest, WhatIsSaid) {
  rules_test::BufPredefined message;
  message.set_path("../invalid/path");
  message.set_ratio(2);
  message.set_careful(95);
  std::vector<Violation> violations;
  MustCompile(*message.GetDescriptor())->Check(message, 10, &violations);
  ASSERT_EQ(violations.size(), 3u);
  EXPECT_EQ(violations[0].message, "float value is out of range");
  EXPECT_EQ(violations[0].rule_path, "float.[warden.rules_test.abs_range]");
  EXPECT_EQ(violations[1].message, "not a valid path: `../invalid/path`");
  EXPECT_EQ(violations[2].message, "95 is near to 100");
}

}  // namespace
}  // namespace warden::rules
