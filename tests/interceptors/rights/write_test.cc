// Fields that a caller may not set, wherever they stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "interceptors/rights/field_rights.h"
#include "tests/interceptors/rights/rights_testing.h"
#include "warden/testing/v1/messages.pb.h"

namespace warden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Attachment;
using v1::Record;

const FieldRights& Rights() { return RecordRights<FieldRights::Direction::kWrite>(); }

// The paths of what may not be set.
std::vector<std::string> Unwritable(const Record& record, const std::string& role,
                                    size_t max = 100) {
  std::vector<Violation> violations;
  const bool may = Rights().MaySet(record, *CallerWith(role), max, &violations);
  EXPECT_EQ(may, violations.empty());
  std::vector<std::string> paths;
  for (const Violation& violation : violations) {
    EXPECT_EQ(violation.rule, "writable_by");
    paths.push_back(violation.field);
  }
  return paths;
}

Record Nested(int levels, const std::function<void(Record&)>& set) {
  Record record;
  Record* inner = &record;
  for (int i = 0; i < levels; ++i) inner = inner->mutable_child();
  set(*inner);
  return record;
}

struct Row {
  const char* path;
  std::function<void(Record&)> set;
  const char* allowed;  // the role that may
};

const Row kRows[] = {
    {"status", [](Record& r) { r.set_status("x"); }, "admin"},
    {"frozen", [](Record& r) { r.set_frozen(true); }, "admin"},
    {"frozen", [](Record& r) { r.set_frozen(false); }, "admin"},  // it has presence
    {"flags", [](Record& r) { r.add_flags(); }, "admin"},
    {"labels", [](Record& r) { (*r.mutable_labels())[""]; }, "admin"},
    {"hidden", [](Record& r) { r.mutable_hidden(); }, "auditor"},
    {"child.status", [](Record& r) { r.mutable_child()->set_status("x"); }, "admin"},
    {"children[1].status",
     [](Record& r) {
       r.add_children();
       r.add_children()->set_status("x");
     },
     "admin"},
    {"by_name[\"a\"].status", [](Record& r) { (*r.mutable_by_name())["a"].set_status("x"); },
     "admin"},
    {"by_number[*].status", [](Record& r) { (*r.mutable_by_number())[7].set_status("x"); },
     "admin"},
    {"by_name[\"a\"].children[0].by_name[\"b\"].hidden",
     [](Record& r) {
       (*(*r.mutable_by_name())["a"].add_children()->mutable_by_name())["b"].mutable_hidden();
     },
     "auditor"},
    {"extra.status",
     [](Record& r) {
       Record inner;
       inner.set_status("x");
       r.mutable_extra()->PackFrom(inner);
     },
     "admin"},
    {"extras[1].key",
     [](Record& r) {
       Attachment attachment;
       attachment.set_key("x");
       r.add_extras();
       r.add_extras()->PackFrom(attachment);
     },
     "admin"},
    {"extra.inner.key",
     [](Record& r) {
       Attachment attachment, outer;
       attachment.set_key("x");
       outer.mutable_inner()->PackFrom(attachment);
       r.mutable_extra()->PackFrom(outer);
     },
     "admin"},
};

TEST(WritableByTest, AFieldThatIsSetNeedsOneOfItsPermissions) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.path);
    Record record;
    row.set(record);
    for (const std::string role : {"", "caller", "admin", "auditor"}) {
      SCOPED_TRACE(role);
      if (role == row.allowed) {
        EXPECT_THAT(Unwritable(record, role), IsEmpty());
      } else {
        EXPECT_THAT(Unwritable(record, role), ElementsAre(row.path));
      }
    }
  }
}

TEST(WritableByTest, WhatIsNotSetNeedsNothing) {
  Record record;
  record.set_id("x");
  record.set_status("");
  record.set_salary(5);  // has no `writable_by`
  record.set_open("x");
  record.mutable_note()->set_value("x");
  record.mutable_child()->add_children();
  (*record.mutable_by_name())["a"].set_id("x");
  record.mutable_extra();
  record.add_extras()->PackFrom(v1::Summary());
  record.add_extras()->PackFrom(Attachment());
  EXPECT_THAT(Unwritable(record, ""), IsEmpty());
}

TEST(WritableByTest, WhatCannotBeLookedIntoMayNotBeSet) {
  const std::vector<std::pair<std::string, std::string>> contents = {
      {"type.googleapis.com/no.such.Type", ""},
      {"type.googleapis.com/warden.testing.v1.Record", "\xff\xff"},
      {"warden.testing.v1.Record", ""},  // no slash
      {"type.googleapis.com/", ""},
      {"", "x"},
  };
  for (const auto& [type, value] : contents) {
    SCOPED_TRACE(type);
    Record record;
    record.mutable_extra()->set_type_url(type);
    record.mutable_extra()->set_value(value);
    EXPECT_THAT(Unwritable(record, "admin"), ElementsAre("extra"));
  }
}

TEST(WritableByTest, AnysInAnysHaveAnEnd) {
  Attachment attachment;
  for (int i = 0; i < FieldRights::kMaxAnyDepth - 1; ++i) {
    Attachment outer;
    outer.mutable_inner()->PackFrom(attachment);
    attachment = outer;
  }
  Record record;
  record.mutable_extra()->PackFrom(attachment);
  EXPECT_THAT(Unwritable(record, "caller"), IsEmpty());
  Attachment outer;
  outer.mutable_inner()->PackFrom(attachment);
  record.mutable_extra()->PackFrom(outer);
  EXPECT_THAT(Unwritable(record, "caller"), SizeIs(1));
}

TEST(WritableByTest, DepthHasAnEnd) {
  const auto set = [](Record& record) { record.set_id("x"); };
  EXPECT_THAT(Unwritable(Nested(FieldRights::kMaxDepth, set), "caller"), IsEmpty());
  EXPECT_THAT(Unwritable(Nested(FieldRights::kMaxDepth + 1, set), "admin"), SizeIs(1));
}

TEST(WritableByTest, NamesEveryFieldUpToABound) {
  Record record;
  record.set_status("x");
  record.add_flags("x");
  for (int i = 0; i < 1000; ++i) record.add_children()->set_status("x");
  EXPECT_THAT(Unwritable(record, "caller", 3),
              ElementsAre("status", "children[0].status", "children[1].status"));
  EXPECT_THAT(Unwritable(record, "caller", 0), SizeIs(1));
  EXPECT_THAT(Unwritable(record, "caller", 5000), SizeIs(1002));
}

TEST(WritableByTest, TypesWithoutAreNotCompiled) {
  std::vector<Problem> problems;
  for (const auto direction : {FieldRights::Direction::kWrite, FieldRights::Direction::kRead}) {
    EXPECT_EQ(FieldRights::Compile(*v1::Summary::descriptor(), direction, &problems), nullptr);
    EXPECT_EQ(FieldRights::Compile(*v1::Part::descriptor(), direction, &problems), nullptr);
  }
  EXPECT_THAT(problems, IsEmpty());
}

}  // namespace
}  // namespace warden::testing
