// Messages that break a rule never reach the handler, and the answer says which rule of which field
// without the values.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/probe.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using v1::CheckedRequest;

constexpr const char* kCheckedKinds[] = {"Checked", "CheckedStream"};

class FieldRulesTest : public SuiteWorld<FieldRulesTest> {
 protected:
  static RawCall Call(const std::string& method, const std::string& body) {
    return World::Call(method, world().Token("alice", {"caller"}), body);
  }
};

CheckedRequest Valid() {
  CheckedRequest request;
  request.set_id("0f8fad5b-d9cb-469f-a165-70867728950e");
  request.set_email("alice@probe.test");
  request.set_host("a.probe.test");
  request.set_ip("192.0.2.1");
  request.set_name("alice");
  request.set_size("M");
  request.set_state("new");
  request.set_ratio(0.5);
  request.set_blob("1234");
  request.set_colour(v1::COLOUR_RED);
  auto* item = request.add_items();
  item->set_sku("ABC-0001");
  item->set_quantity(1);
  (*request.mutable_labels())["env"] = "test";
  request.set_secret("12345678");
  return request;
}

struct Row {
  const char* what;
  std::function<void(CheckedRequest&)> spoil;
  const char* field;
  const char* rule;
};

void AddItems(CheckedRequest& request, int count) {
  for (int i = 0; i < count; ++i) *request.add_items() = request.items(0);
}

// Values that are wrong are recognisable: the answers are searched for them.
const Row kRows[] = {
    {"id is absent", [](CheckedRequest& r) { r.clear_id(); }, "id", "REQUIRED"},
    {"id is no UUID", [](CheckedRequest& r) { r.set_id("planted-value"); }, "id", "STRING_UUID"},
    {"email", [](CheckedRequest& r) { r.set_email("planted-value"); }, "email", "STRING_EMAIL"},
    {"host", [](CheckedRequest& r) { r.set_host("planted-value_"); }, "host", "STRING_HOSTNAME"},
    {"ip", [](CheckedRequest& r) { r.set_ip("planted-value"); }, "ip", "STRING_IP"},
    {"ip out of range", [](CheckedRequest& r) { r.set_ip("256.0.0.1"); }, "ip", "STRING_IP"},
    {"name is too short", [](CheckedRequest& r) { r.set_name("p"); }, "name", "STRING_MIN_LEN"},
    {"name is too long", [](CheckedRequest& r) { r.set_name("planted-value"); }, "name",
     "STRING_MAX_LEN"},
    {"size is not in the list", [](CheckedRequest& r) { r.set_size("planted-value"); }, "size",
     "STRING_IN"},
    {"state is in the list", [](CheckedRequest& r) { r.set_state("void"); }, "state",
     "STRING_NOT_IN"},
    {"ratio is at its lower bound", [](CheckedRequest& r) { r.set_ratio(0); }, "ratio",
     "DOUBLE_GT_LT"},
    {"ratio is at its upper bound", [](CheckedRequest& r) { r.set_ratio(1); }, "ratio",
     "DOUBLE_GT_LT"},
    {"ratio is no number",
     [](CheckedRequest& r) { r.set_ratio(std::numeric_limits<double>::quiet_NaN()); }, "ratio",
     "DOUBLE_GT_LT"},
    {"blob is too long", [](CheckedRequest& r) { r.set_blob("planted-value"); }, "blob",
     "BYTES_MAX_LEN"},
    {"colour is not defined", [](CheckedRequest& r) { r.set_colour(static_cast<v1::Colour>(7)); },
     "colour", "ENUM_DEFINED_ONLY"},
    {"no items", [](CheckedRequest& r) { r.clear_items(); }, "items", "REPEATED_MIN_ITEMS"},
    {"too many items", [](CheckedRequest& r) { AddItems(r, 3); }, "items", "REPEATED_MAX_ITEMS"},
    {"the second item's sku",
     [](CheckedRequest& r) {
       AddItems(r, 1);
       r.mutable_items(1)->set_sku("planted-value");
     },
     "items[1].sku", "STRING_PATTERN"},
    {"the third item's quantity",
     [](CheckedRequest& r) {
       AddItems(r, 2);
       r.mutable_items(2)->set_quantity(101);
     },
     "items[2].quantity", "UINT32_GTE_LTE"},
    {"too many labels",
     [](CheckedRequest& r) {
       (*r.mutable_labels())["b"] = "";
       (*r.mutable_labels())["c"] = "";
     },
     "labels", "MAP_MAX_PAIRS"},
    {"a label's value", [](CheckedRequest& r) { (*r.mutable_labels())["env"] = "planted-value"; },
     "labels[\"env\"]", "STRING_MAX_LEN"},
    {"a condition on the message", [](CheckedRequest& r) { r.set_note("planted-value"); }, "",
     "CHECKED_NOTE"},
    {"a condition on a secret", [](CheckedRequest& r) { r.set_secret("planted"); }, "secret",
     "CHECKED_SECRET"},
    {"a condition without id", [](CheckedRequest& r) { r.set_even(3); }, "even", "THIS___2____0"},
    {"a condition on an item",
     [](CheckedRequest& r) {
       r.add_points(50);
       r.add_points(3);
     },
     "points[1]", "CHECKED_POINT"},
    {"a condition that cannot be evaluated", [](CheckedRequest& r) { r.add_points(0); },
     "points[0]", "CHECKED_POINT"},
    {"a mask's path", [](CheckedRequest& r) { r.mutable_mask()->add_paths("planted-value"); },
     "mask", "FIELD_MASK_PATHS_OF"},
    {"secret is too long", [](CheckedRequest& r) { r.set_secret("planted-value"); }, "secret",
     "STRING_MAX_LEN"},
};

TEST_P(FieldRulesTest, AMessageThatKeepsTheRulesPasses) {
  for (const std::string method : kCheckedKinds) {
    SCOPED_TRACE(method);
    const Counted before(world());
    before.ExpectAllowed(method, Send(Call(method, Valid().SerializeAsString())));
  }
}

TEST_P(FieldRulesTest, EachBrokenRuleIsNamedWithItsField) {
  for (const Row& row : kRows) {
    CheckedRequest request = Valid();
    row.spoil(request);
    for (const std::string method : kCheckedKinds) {
      SCOPED_TRACE(absl::StrCat(row.what, " on ", method));
      const RawCall call = Call(method, request.SerializeAsString());
      const Counted before(world());
      const Answer answer = Send(call);
      before.ExpectRefused(method, answer, kInvalid);
      EXPECT_THAT(answer.violations, ElementsAre(Pair(row.field, row.rule)));
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("planted-value")));
      EXPECT_THAT(answer.Everything(), Not(HasSubstr("not planted")));
      const RefusalRecord record = world().sink().records().back();
      EXPECT_THAT(record.detail, HasSubstr(row.field));
      EXPECT_THAT(record.text(), Not(HasSubstr("planted-value")));
    }
  }
}

TEST_P(FieldRulesTest, AllBrokenRulesAreNamedAtOnce) {
  CheckedRequest request = Valid();
  request.set_email("planted-value");
  request.set_size("planted-value");
  request.mutable_items(0)->set_sku("planted-value");
  request.mutable_items(0)->set_quantity(0);
  request.set_secret("planted-value");
  const Counted before(world());
  const Answer answer = Send(Call("Checked", request.SerializeAsString()));
  before.ExpectRefused("Checked", answer, kInvalid);
  EXPECT_THAT(answer.violations,
              UnorderedElementsAre(Pair("email", "STRING_EMAIL"), Pair("size", "STRING_IN"),
                                   Pair("items[0].sku", "STRING_PATTERN"),
                                   Pair("items[0].quantity", "UINT32_GTE_LTE"),
                                   Pair("secret", "STRING_MAX_LEN")));
}

TEST_P(FieldRulesTest, TheConstantsOfARuleReachTheClient) {
  CheckedRequest request = Valid();
  request.set_name("p");
  request.mutable_items(0)->set_quantity(0);
  const Answer answer = Send(Call("Checked", request.SerializeAsString()));
  EXPECT_THAT(answer.metadata,
              UnorderedElementsAre(Pair("rule_0", "string.min_len"), Pair("rule_0_min_len", "2"),
                                   Pair("rule_1", "uint32.gte_lte"), Pair("rule_1_gte", "1"),
                                   Pair("rule_1_lte", "100")));
}

TEST_P(FieldRulesTest, AnAnswerNamesAtMostTheConfiguredNumberOfViolations) {
  CheckedRequest request;
  for (int i = 0; i < 500; ++i) request.add_items()->set_sku("planted-value");
  const Answer answer = Send(Call("Checked", request.SerializeAsString()));
  EXPECT_EQ(answer.reason, "REQUEST_INVALID");
  EXPECT_LE(answer.violations.size(), 16u);
  EXPECT_GE(answer.violations.size(), 2u);
}

TEST_P(FieldRulesTest, AnEmptyBodyIsAMessageWithoutFields) {
  for (const std::string method : kCheckedKinds) {
    const Counted before(world());
    const Answer answer = Send(Call(method, ""));
    before.ExpectRefused(method, answer, kInvalid);
    EXPECT_EQ(answer.violations.at("id"), "REQUIRED");
  }
  const Counted before(world());
  before.ExpectAllowed("Unary", Send(Call("Unary", "")));
}

struct Body {
  const char* what;
  std::string bytes;
};

TEST_P(FieldRulesTest, BodiesThatAreNoMessageAreRefused) {
  const std::string valid = Valid().SerializeAsString();
  const Body bodies[] = {
      {"cut off", valid.substr(0, valid.size() - 1)},
      {"an endless number", std::string(11, '\xff')},
      {"a length beyond the end", std::string("\x0a\x7f") + "abc"},
      {"an end of a group that never began", "\x0c"},
      {"field number 0", std::string("\x00\x00", 2)},
      {"text that is no UTF-8", std::string("\x0a\x02\xc3\x28")},
  };
  for (const Body& body : bodies) {
    for (const std::string method : {"Checked", "CheckedStream", "Unary", "ServerStream"}) {
      SCOPED_TRACE(absl::StrCat(body.what, " to ", method));
      const Counted before(world());
      before.ExpectRefused(method, Send(Call(method, body.bytes)), kUnreadable);
    }
  }
}

TEST_P(FieldRulesTest, RefusalsByMetadataLeaveTheBodyUnread) {
  for (const std::string method : kCheckedKinds) {
    RawCall call = World::Call(method, world().Token("bob", {}), std::string(100, '\xff'));
    const Counted before(world());
    before.ExpectRefused(method, Send(call), kDenied);
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, FieldRulesTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

}  // namespace
}  // namespace warden::testing
