// What is cleared of messages for callers who may not see it, wherever it stands.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "interceptors/rights/field_rights.h"
#include "tests/interceptors/rights/rights_testing.h"
#include "warden/testing/v1/messages.pb.h"

namespace warden::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using v1::Attachment;
using v1::Record;

const FieldRights& Rights() { return RecordRights<FieldRights::Direction::kRead>(); }

// As the role is sent it. A message that hides nothing is not to be touched.
Record As(const std::string& role, const Record& record) {
  const auto caller = CallerWith(role);
  Record copy = record;
  const bool hides = Rights().Hides(record, *caller);
  Rights().Clear(&copy, *caller);
  EXPECT_EQ(hides, copy.SerializeAsString() != record.SerializeAsString());
  EXPECT_FALSE(Rights().Hides(copy, *caller)) << "something is left";
  // As it is on the wire.
  Record sent;
  EXPECT_TRUE(sent.ParseFromString(copy.SerializeAsString()));
  return sent;
}

// Everything that may be hidden, once.
void Fill(Record* record) {
  record->set_id("kept");
  record->set_status("kept");
  record->set_salary(12345);
  record->add_flags("audit-alone");
  (*record->mutable_labels())["audit-alone"] = "audit-alone";
  record->mutable_hidden()->set_text("audit-alone");
  record->mutable_note()->set_value("admin-alone");
}

Record Everywhere() {
  Record record, packed;
  Fill(&record);
  Fill(record.mutable_child());
  Fill(record.add_children());
  Fill(record.add_children()->mutable_child()->add_children());
  Fill(&(*record.mutable_by_name())["a"]);
  Fill(&(*record.mutable_by_number())[7]);
  Fill(&packed);
  record.mutable_extra()->PackFrom(packed);
  Attachment attachment, outer;
  attachment.set_name("kept");
  attachment.set_key("admin-alone");
  outer.mutable_inner()->PackFrom(attachment);
  record.add_extras()->PackFrom(outer);
  v1::Summary summary;
  summary.set_caller("kept");
  record.add_extras()->PackFrom(summary);
  return record;
}

TEST(ReadableByTest, WhatACallerMayNotSeeIsClearedEverywhere) {
  const std::string caller = As("caller", Everywhere()).SerializeAsString();
  EXPECT_THAT(caller, Not(HasSubstr("alone")));
  const std::string admin = As("admin", Everywhere()).SerializeAsString();
  EXPECT_THAT(admin, Not(HasSubstr("audit-alone")));
  EXPECT_THAT(admin, HasSubstr("admin-alone"));
  const std::string auditor = As("auditor", Everywhere()).SerializeAsString();
  EXPECT_THAT(auditor, Not(HasSubstr("admin-alone")));
  EXPECT_THAT(auditor, HasSubstr("audit-alone"));
  EXPECT_THAT(As("", Everywhere()).SerializeAsString(), Not(HasSubstr("alone")));
}

TEST(ReadableByTest, TheRestStaysAsItIs) {
  const Record seen = As("caller", Everywhere());
  Record expected;
  expected.set_id("kept");
  expected.set_status("kept");
  const auto keep = [&](const Record& record) {
    EXPECT_EQ(record.id(), "kept");
    EXPECT_EQ(record.status(), "kept");
    EXPECT_EQ(record.salary(), 0);
    EXPECT_EQ(record.choice_case(), Record::CHOICE_NOT_SET);
    EXPECT_FALSE(record.has_note());
  };
  keep(seen);
  keep(seen.child());
  ASSERT_EQ(seen.children_size(), 2);
  keep(seen.children(0));
  keep(seen.children(1).child().children(0));
  keep(seen.by_name().at("a"));
  keep(seen.by_number().at(7));
  Record packed;
  ASSERT_TRUE(seen.extra().UnpackTo(&packed));
  keep(packed);
  ASSERT_EQ(seen.extras_size(), 2);
  Attachment attachment, inner;
  ASSERT_TRUE(seen.extras(0).UnpackTo(&attachment));
  ASSERT_TRUE(attachment.inner().UnpackTo(&inner));
  EXPECT_EQ(inner.name(), "kept");
  EXPECT_EQ(inner.key(), "");
  v1::Summary summary;
  ASSERT_TRUE(seen.extras(1).UnpackTo(&summary));
  EXPECT_EQ(summary.caller(), "kept");
}

TEST(ReadableByTest, AnyOneOfThePermissionsSuffices) {
  Record record;
  record.set_salary(7);
  EXPECT_EQ(As("admin", record).salary(), 7);
  EXPECT_EQ(As("auditor", record).salary(), 7);
  EXPECT_EQ(As("caller", record).salary(), 0);
}

TEST(ReadableByTest, MessagesWithNothingHiddenAreNotTouched) {
  Record record;
  record.set_id("kept");
  record.set_status("kept");
  record.set_open("kept");
  record.mutable_child()->add_children()->set_id("kept");
  (*record.mutable_by_name())["a"].set_frozen(true);
  record.mutable_extra()->PackFrom(Attachment());
  EXPECT_FALSE(Rights().Hides(record, *CallerWith("")));
  EXPECT_FALSE(Rights().Hides(Record(), *CallerWith("")));
}

TEST(ReadableByTest, WhatCannotBeLookedIntoIsCleared) {
  Record record;
  record.mutable_extra()->set_type_url("type.googleapis.com/no.such.Type");
  record.mutable_extra()->set_value("alone");
  record.add_extras()->set_type_url("type.googleapis.com/warden.testing.v1.Record");
  record.mutable_extras(0)->set_value("\xff\xff alone");
  const Record seen = As("admin", record);
  EXPECT_TRUE(seen.has_extra());
  EXPECT_EQ(seen.extra().ByteSizeLong(), 0u);
  ASSERT_EQ(seen.extras_size(), 1);
  EXPECT_EQ(seen.extras(0).ByteSizeLong(), 0u);
}

TEST(ReadableByTest, WhatIsTooDeepIsCleared) {
  Record record;
  Record* inner = &record;
  for (int i = 0; i <= FieldRights::kMaxDepth; ++i) inner = inner->mutable_child();
  inner->set_id("alone");
  const auto caller = CallerWith("admin");
  EXPECT_TRUE(Rights().Hides(record, *caller));
  Rights().Clear(&record, *caller);
  EXPECT_THAT(record.SerializeAsString(), Not(HasSubstr("alone")));
}

TEST(ReadableByTest, NoCallerHasWhatNoPolicyGives) {
  Record record;
  Fill(&record);
  Rights().Clear(&record, *Principal::Anonymous());
  EXPECT_THAT(record.SerializeAsString(), Not(HasSubstr("alone")));
}

}  // namespace
}  // namespace warden::testing
