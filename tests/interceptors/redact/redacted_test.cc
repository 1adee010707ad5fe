#include "interceptors/redact/redacted.h"

#include <gmock/gmock.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>

#include "content_proto2_test.pb.h"
#include "content_test.pb.h"

namespace warden {
namespace {

using content_test::Card;
using content_test::Person;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// Every place of Person that is sensitive has this in it.
constexpr char kPlanted[] = "planted-value";

Card PlantedCard() {
  Card card;
  card.set_number(kPlanted);
  card.set_holder(kPlanted);
  card.set_year(2031);
  return card;
}

Person Planted() {
  Person person;
  person.set_id("p1");
  person.set_name(kPlanted);
  person.set_password(kPlanted);
  person.set_note(kPlanted);
  *person.mutable_card() = PlantedCard();
  *person.add_cards() = PlantedCard();
  *person.add_cards() = PlantedCard();
  (*person.mutable_by_name())["k"] = PlantedCard();
  (*person.mutable_labels())["env"] = "test";
  (*person.mutable_secrets())[kPlanted] = kPlanted;
  person.add_aliases(kPlanted);
  person.add_aliases(kPlanted);
  *person.mutable_hidden() = PlantedCard();
  person.mutable_nick()->set_value(kPlanted);
  person.set_declared_off(kPlanted);
  return person;
}

TEST(RedactedTest, SensitiveValuesShowTheirClass) {
  Person person = Planted();
  person.set_colour(content_test::RED);
  person.set_flag(true);
  person.set_ratio(0.5);
  person.set_plain("to be seen");
  EXPECT_EQ(Redacted(person),
            "id: \"p1\" name: [REDACTED:PII] password: [REDACTED:SECRET] note: [REDACTED] "
            "card { number: [REDACTED:PAYMENT] holder: [REDACTED:PII] year: 2031 } "
            "cards { number: [REDACTED:PAYMENT] holder: [REDACTED:PII] year: 2031 } "
            "cards { number: [REDACTED:PAYMENT] holder: [REDACTED:PII] year: 2031 } "
            "by_name { key: \"k\" value { number: [REDACTED:PAYMENT] holder: [REDACTED:PII] "
            "year: 2031 } } labels { key: \"env\" value: \"test\" } secrets: [REDACTED:SECRET] "
            "aliases: [REDACTED:PII] hidden: [REDACTED] colour: RED ratio: 0.5 flag: true "
            "nick: [REDACTED:PII] plain: \"to be seen\" declared_off: [REDACTED:SECRET]");
}

TEST(RedactedTest, NothingPlantedIsShownAtAnyDepth) {
  Person person = Planted();
  for (int i = 0; i < 20; ++i) {
    Person outer = Planted();
    outer.set_pin(4711);
    outer.mutable_extra()->PackFrom(person);
    *outer.mutable_child() = person;
    person = outer;
    const std::string text = Redacted(person, {.max_bytes = 1 << 20});
    ASSERT_THAT(text, AllOf(Not(HasSubstr("planted")), Not(HasSubstr("4711"))));
    if (i > 3) person = Planted();
  }
}

TEST(RedactedTest, DynamicMessagesAreRedactedAlike) {
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(
      factory.GetPrototype(Person::descriptor())->New());
  ASSERT_TRUE(message->ParseFromString(Planted().SerializeAsString()));
  EXPECT_EQ(Redacted(*message), Redacted(Planted()));
}

TEST(RedactedTest, AnAnyIsOpenedWhereItsTypeIsLinkedIn) {
  Person person;
  person.mutable_extra()->PackFrom(PlantedCard());
  EXPECT_EQ(Redacted(person),
            "extra { [content_test.Card] { number: [REDACTED:PAYMENT] holder: [REDACTED:PII] "
            "year: 2031 } }");
}

TEST(RedactedTest, AnAnyThatCannotBeOpenedIsHidden) {
  Person person;
  person.mutable_extra()->set_type_url("type.googleapis.com/planted.Value");
  person.mutable_extra()->set_value(kPlanted);
  EXPECT_EQ(Redacted(person), "extra { [REDACTED] }");
  person.mutable_extra()->set_type_url("planted");
  EXPECT_EQ(Redacted(person), "extra { [REDACTED] }");
  person.mutable_extra()->set_type_url("type.googleapis.com/content_test.Card");
  EXPECT_EQ(Redacted(person), "extra { [content_test.Card] [REDACTED] }");
  person.mutable_extra()->set_value(std::string(70'000, 'x'));
  EXPECT_EQ(Redacted(person), "extra { [content_test.Card] [REDACTED] }");
  person.mutable_extra()->Clear();
  EXPECT_EQ(Redacted(person), "extra { }");
}

TEST(RedactedTest, AnysWithinAnysEnd) {
  Person person;
  person.set_name(kPlanted);
  for (int i = 0; i < 30; ++i) {
    Person outer;
    outer.mutable_extra()->PackFrom(person);
    person = outer;
  }
  EXPECT_THAT(Redacted(person), AllOf(HasSubstr("[REDACTED]"), Not(HasSubstr("planted"))));
}

TEST(RedactedTest, UnknownFieldsAreCountedOnly) {
  content_test::Stranger stranger;
  stranger.set_unknown(kPlanted);
  Person person;
  ASSERT_TRUE(person.ParseFromString(stranger.SerializeAsString()));
  person.set_id("p1");
  EXPECT_EQ(Redacted(person), "id: \"p1\" [UNKNOWN FIELDS:1]");
}

TEST(RedactedTest, TextCannotBreakALine) {
  Person person;
  person.set_id("a\"b\\c\n\x1b[2J\xff");
  person.set_blob(std::string("\0\r", 2));
  EXPECT_EQ(Redacted(person), R"(id: "a\"b\\c\012\033[2J\377" blob: "\000\015")");
}

TEST(RedactedTest, TheLengthIsBounded) {
  Person person;
  person.set_id(std::string(1 << 20, 'x'));
  for (int i = 0; i < 100'000; ++i) person.add_cards()->set_year(i);
  EXPECT_THAT(Redacted(person), HasSubstr(std::string(256, 'x') + "\"... cards"));
  for (const size_t bound : {0u, 1u, 2u, 3u, 4u, 10u, 100u, 4096u}) {
    const std::string text = Redacted(person, {.max_bytes = bound});
    EXPECT_EQ(text.size(), bound);
    EXPECT_THAT(text, EndsWith(std::string("...").substr(0, bound)));
  }
}

TEST(RedactedTest, DeepMessagesEnd) {
  Person person;
  Person* deepest = &person;
  for (int i = 0; i < 5000; ++i) deepest = deepest->mutable_child();
  deepest->set_id("planted");
  const std::string text = Redacted(person, {.max_bytes = 1 << 20});
  EXPECT_THAT(text, AllOf(HasSubstr("[REDACTED]"), Not(HasSubstr("planted"))));
}

TEST(RedactedTest, UnusualNumbers) {
  Person person;
  person.set_ratio(std::numeric_limits<double>::quiet_NaN());
  person.set_colour(static_cast<content_test::Colour>(77));
  EXPECT_EQ(Redacted(person), "colour: 77 ratio: nan");
}

TEST(RedactedTest, GroupsAndExtensions) {
  content_test::Grouped grouped;
  grouped.mutable_inner()->set_number(7);
  grouped.add_item()->set_text("a");
  grouped.AddExtension(content_test::more, 5);
  EXPECT_EQ(Redacted(grouped), "inner { number: 7 } item { text: \"a\" } [content_test.more]: 5");
}

}  // namespace
}  // namespace warden
