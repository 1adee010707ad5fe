// Random messages, and random damage to them, are measured as protobuf's own parser understands
// them: what the walk does not see, it must not be able to hide from it.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "content_proto2_test.pb.h"
#include "content_test.pb.h"
#include "tests/interceptors/shape/shape_testing.h"

namespace warden::shape {
namespace {

using content_test::Grouped;
using content_test::Tree;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::UnknownFieldSet;

// What a message is like, by reflection.
struct Measured {
  uint32_t depth = 1;
  uint64_t elements = 0;
  bool unknown = false;
};

void AddUnknown(const UnknownFieldSet& fields, uint32_t depth, Measured* measured) {
  measured->depth = std::max(measured->depth, depth);
  for (int i = 0; i < fields.field_count(); ++i) {
    ++measured->elements;
    measured->unknown = true;
    if (fields.field(i).type() == google::protobuf::UnknownField::TYPE_GROUP) {
      AddUnknown(fields.field(i).group(), depth + 1, measured);
    }
  }
}

void Add(const Message& message, uint32_t depth, Measured* measured) {
  AddUnknown(message.GetReflection()->GetUnknownFields(message), depth, measured);
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int size = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) : 1;
    if (field->is_repeated()) measured->elements += static_cast<uint64_t>(size);
    if (field->message_type() == nullptr) continue;
    for (int i = 0; i < size; ++i) {
      const Message& inner = field->is_repeated()
                                 ? message.GetReflection()->GetRepeatedMessage(message, field, i)
                                 : message.GetReflection()->GetMessage(message, field);
      Add(inner, depth + (field->is_map() ? 0 : 1), measured);
    }
  }
}

Measured Measure(const Message& message) {
  Measured measured;
  Add(message, 1, &measured);
  return measured;
}

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) {
    return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_);
  }

  void Fill(Tree* tree, int depth) {
    for (uint32_t i = Below(3); i > 0; --i) tree->add_numbers(static_cast<int>(Below(100'000)));
    for (uint32_t i = Below(3); i > 0; --i) tree->add_unpacked(-1);
    for (uint32_t i = Below(2); i > 0; --i) tree->add_fixed(7);
    for (uint32_t i = Below(2); i > 0; --i) tree->add_floats(1.5);
    for (uint32_t i = Below(2); i > 0; --i) tree->add_texts("text");
    for (uint32_t i = Below(2); i > 0; --i) (*tree->mutable_counts())[static_cast<int>(i)] = 2;
    if (Below(2) == 0) tree->set_number(-1);
    if (Below(4) == 0) tree->set_or_this(9);
    if (depth == 0) return;
    if (Below(2) == 0) Fill(tree->mutable_left(), depth - 1);
    if (Below(3) == 0) Fill(tree->add_children(), depth - 1);
    if (Below(3) == 0) Fill(&(*tree->mutable_by_name())["name"], depth - 1);
    if (Below(4) == 0) Fill(tree->mutable_either(), depth - 1);
  }
  void Fill(Grouped* grouped, int depth) {
    for (uint32_t i = Below(3); i > 0; --i) grouped->add_item()->set_text("x");
    for (uint32_t i = Below(3); i > 0; --i) grouped->AddExtension(content_test::more, 5);
    if (Below(2) == 0) grouped->mutable_inner()->add_numbers(1);
    if (depth == 0) return;
    if (Below(2) == 0) Fill(grouped->mutable_inner()->mutable_below(), depth - 1);
    if (Below(3) == 0) Fill(grouped->MutableExtension(content_test::again), depth - 1);
  }
  void Damage(std::string* bytes) {
    for (uint32_t i = 1 + Below(4); i > 0 && !bytes->empty(); --i) {
      const size_t at = Below(static_cast<uint32_t>(bytes->size()));
      switch (Below(4)) {
        case 0:
          (*bytes)[at] = static_cast<char>(Below(256));
          break;
        case 1:
          bytes->erase(at, 1 + Below(3));
          break;
        case 2:
          bytes->insert(at, 1, static_cast<char>(Below(256)));
          break;
        default:
          bytes->insert(at, bytes->substr(Below(static_cast<uint32_t>(bytes->size())), Below(12)));
      }
    }
  }

 private:
  std::mt19937 random_;
};

template <typename M>
class WireWalkRandomTest : public ::testing::Test {};
using Types = ::testing::Types<Tree, Grouped>;
TYPED_TEST_SUITE(WireWalkRandomTest, Types);

// What protobuf wrote is measured exactly.
TYPED_TEST(WireWalkRandomTest, GoodMessagesAreMeasuredExactly) {
  Maker maker(1);
  int deep = 0;
  for (int round = 0; round < 2000; ++round) {
    TypeParam message;
    maker.Fill(&message, 5);
    const Measured measured = Measure(message);
    deep += measured.depth > 4 ? 1 : 0;
    const std::string bytes = message.SerializeAsString();
    const size_t step = 1 + maker.Below(20);
    EXPECT_EQ(Judge<TypeParam>(bytes, Limits(measured.depth, measured.elements, true), step),
              Breach::kNone);
    if (measured.depth > 1) {
      EXPECT_EQ(Judge<TypeParam>(bytes, Limits(measured.depth - 1), step), Breach::kDepth);
    }
    if (measured.elements > 1) {
      EXPECT_EQ(Judge<TypeParam>(bytes, Limits(0, measured.elements - 1), step), Breach::kElements);
    }
  }
  EXPECT_GT(deep, 100);
}

// Of what is damaged and can still be parsed, the walk sees at least what the parser made of it.
TYPED_TEST(WireWalkRandomTest, DamageHidesNothing) {
  Maker maker(2);
  int parsed = 0, unknown = 0, malformed = 0;
  for (int round = 0; round < 20'000; ++round) {
    TypeParam message;
    maker.Fill(&message, 4);
    std::string bytes = message.SerializeAsString();
    maker.Damage(&bytes);
    const size_t step = 1 + maker.Below(20);
    const Breach any = Judge<TypeParam>(bytes, Limits(0, 1'000'000), step);
    if (!message.ParsePartialFromString(bytes)) {
      malformed += any == Breach::kMalformed ? 1 : 0;
      continue;
    }
    ++parsed;
    ASSERT_EQ(any, Breach::kNone) << testing::PrintToString(bytes);
    const Measured measured = Measure(message);
    unknown += measured.unknown ? 1 : 0;
    if (measured.unknown) {
      ASSERT_EQ(Judge<TypeParam>(bytes, Limits(0, 0, true), step), Breach::kUnknownField);
    }
    if (measured.depth > 1) {
      ASSERT_EQ(Judge<TypeParam>(bytes, Limits(measured.depth - 1), step), Breach::kDepth)
          << testing::PrintToString(bytes) << message.DebugString();
    }
    if (measured.elements > 1) {
      ASSERT_EQ(Judge<TypeParam>(bytes, Limits(0, measured.elements - 1), step), Breach::kElements);
    }
  }
  EXPECT_GT(parsed, 1000);
  EXPECT_GT(unknown, 50);
  EXPECT_GT(malformed, 1000);
}

}  // namespace
}  // namespace warden::shape
