#include "interceptors/shape/request_shape.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "content_proto2_test.pb.h"
#include "content_test.pb.h"
#include "tests/interceptors/shape/shape_testing.h"

namespace warden::shape {

std::ostream& operator<<(std::ostream& out, Breach breach) {
  return out << (breach == Breach::kNone        ? "none"
                 : breach == Breach::kMalformed ? "malformed"
                                                : "")
             << ShapeRule(breach);
}

namespace {

using content_test::Grouped;
using content_test::Stranger;
using content_test::Tree;

// The message is level 1.
Tree Deep(int levels) {
  Tree tree;
  Tree* deepest = &tree;
  for (int i = 1; i < levels; ++i) deepest = deepest->mutable_left();
  return tree;
}

std::string Repeat(const std::string& bytes, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += bytes;
  return all;
}

TEST(RequestShapeTest, DepthAtItsBound) {
  for (const int depth : {1, 2, 10, 100}) {
    EXPECT_EQ(Judge<Tree>(Deep(depth).SerializeAsString(), Limits(static_cast<uint32_t>(depth))),
              Breach::kNone);
    EXPECT_EQ(
        Judge<Tree>(Deep(depth + 1).SerializeAsString(), Limits(static_cast<uint32_t>(depth))),
        Breach::kDepth);
  }
  EXPECT_EQ(Judge<Tree>("", Limits(1)), Breach::kNone);
}

TEST(RequestShapeTest, DepthGoesByListsAndMapsAndOneofs) {
  Tree tree;
  tree.add_children()->add_children();
  EXPECT_EQ(Judge<Tree>(tree.SerializeAsString(), Limits(3)), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(tree.SerializeAsString(), Limits(2)), Breach::kDepth);
  Tree map;
  (*map.mutable_by_name())["a"].mutable_either();
  EXPECT_EQ(Judge<Tree>(map.SerializeAsString(), Limits(3)), Breach::kNone)
      << "the entry of a map is no level";
  EXPECT_EQ(Judge<Tree>(map.SerializeAsString(), Limits(2)), Breach::kDepth);
}

TEST(RequestShapeTest, DepthBombsEndAtOnce) {
  const std::string lengths = Repeat("\x0a\x7f", 1'000'000);
  EXPECT_EQ(Judge<Tree>(lengths, Limits(20)), Breach::kMalformed) << "of 127 bytes each";
  std::string bomb;
  for (int i = 0; i < 10'000; ++i) {
    std::string head = "\x0a";
    for (size_t left = bomb.size(); true; left >>= 7) {
      head.push_back(static_cast<char>(left > 127 ? left | 0x80 : left));
      if (left <= 127) break;
    }
    bomb.insert(0, head);
  }
  EXPECT_EQ(Judge<Tree>(bomb, Limits(20)), Breach::kDepth);
  EXPECT_EQ(Judge<Tree>(bomb, Limits(0, 5)), Breach::kMalformed);
  const std::string groups = Repeat("\x0b", 1'000'000);
  EXPECT_EQ(Judge<Tree>(groups, Limits(20)), Breach::kDepth) << "of unknown groups";
  EXPECT_EQ(Judge<Grouped>(groups, Limits(20)), Breach::kDepth);
  EXPECT_EQ(Judge<Grouped>(groups, Limits(0, 5)), Breach::kElements);
  EXPECT_EQ(Judge<Grouped>(groups, Limits(0, 2'000'000)), Breach::kMalformed);
}

TEST(RequestShapeTest, WithoutADepthProtobufsOwnIsKept) {
  Tree tree = Deep(101);
  const std::string most = tree.SerializeAsString();
  EXPECT_TRUE(Tree().ParseFromString(most));
  EXPECT_EQ(Judge<Tree>(most, Limits(0, 5)), Breach::kNone);
  const std::string more = Deep(102).SerializeAsString();
  EXPECT_FALSE(Tree().ParseFromString(more));
  EXPECT_EQ(Judge<Tree>(more, Limits(0, 5)), Breach::kMalformed);
}

TEST(RequestShapeTest, EveryKindOfElementCounts) {
  Tree tree;
  tree.add_numbers(1);
  tree.add_numbers(300);  // packed, two bytes
  tree.add_unpacked(1);
  tree.add_unpacked(300);
  tree.add_fixed(1);
  tree.add_floats(1);
  tree.add_texts("");
  tree.add_flags(false);
  tree.add_colours(content_test::RED);
  (*tree.mutable_counts())[1] = 1;
  (*tree.mutable_by_name())["a"].add_numbers(1);
  tree.add_children()->add_texts("x");
  tree.set_number(1);
  tree.mutable_left();
  const std::string bytes = tree.SerializeAsString();
  EXPECT_EQ(Judge<Tree>(bytes, Limits(0, 14)), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(bytes, Limits(0, 13)), Breach::kElements);
}

TEST(RequestShapeTest, PackedAndUnpackedCountTheSame) {
  // Field 4 is declared packed, field 5 is not; protobuf reads both ways of either.
  EXPECT_EQ(Judge<Tree>(std::string("\x20\x01\x20\x02", 4), Limits(0, 2, true)), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(std::string("\x20\x01\x20\x02", 4), Limits(0, 1)), Breach::kElements);
  EXPECT_EQ(Judge<Tree>(std::string("\x2a\x03\x01\x02\x03", 5), Limits(0, 3, true)), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(std::string("\x2a\x03\x01\x02\x03", 5), Limits(0, 2)), Breach::kElements);
}

TEST(RequestShapeTest, AMillionElements) {
  Tree tree;
  for (int i = 0; i < 1'000'000; ++i) tree.add_numbers(i);
  const std::string bytes = tree.SerializeAsString();
  EXPECT_EQ(Judge<Tree>(bytes, Limits(0, 1'000'000), 8192), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(bytes, Limits(0, 999'999), 8192), Breach::kElements);
  // Two bytes each on the wire, and far more once they are parsed.
  EXPECT_EQ(Judge<Tree>(Repeat(std::string("\x12\x00", 2), 1'000'000), Limits(0, 1000)),
            Breach::kElements);
}

TEST(RequestShapeTest, UnknownFieldsAreFoundAtEveryDepth) {
  Stranger stranger;
  stranger.set_unknown("x");
  const std::string unknown = stranger.SerializeAsString();
  Tree tree;
  ASSERT_TRUE(
      (*tree.add_children()->mutable_by_name())["a"].mutable_left()->ParseFromString(unknown));
  for (const std::string& bytes : {unknown, tree.SerializeAsString()}) {
    EXPECT_EQ(Judge<Tree>(bytes, Limits(0, 0, true)), Breach::kUnknownField);
    EXPECT_EQ(Judge<Tree>(bytes, Limits(9, 0, false)), Breach::kNone);
  }
  // In another encoding than the field's own, protobuf takes it for unknown.
  EXPECT_EQ(Judge<Tree>(std::string("\x48\x01", 2), Limits(0, 0, true)), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(std::string("\x4a\x00", 2), Limits(0, 0, true)), Breach::kUnknownField);
}

TEST(RequestShapeTest, UnknownFieldsCountAsElements) {
  const std::string unknown = Repeat(std::string("\xf8\x7f\x01", 3), 100);
  EXPECT_EQ(Judge<Tree>(unknown, Limits(0, 100)), Breach::kNone);
  EXPECT_EQ(Judge<Tree>(unknown, Limits(0, 99)), Breach::kElements);
}

TEST(RequestShapeTest, GroupsAndExtensions) {
  Grouped grouped;
  grouped.mutable_inner()->mutable_below()->mutable_inner()->add_numbers(1);
  grouped.add_item()->set_text("a");
  grouped.add_item();
  grouped.AddExtension(content_test::more, 5);
  grouped.MutableExtension(content_test::again)->set_text("b");
  const std::string bytes = grouped.SerializeAsString();
  EXPECT_EQ(Judge<Grouped>(bytes, Limits(4, 4, true)), Breach::kNone);
  EXPECT_EQ(Judge<Grouped>(bytes, Limits(3, 4, true)), Breach::kDepth);
  EXPECT_EQ(Judge<Grouped>(bytes, Limits(4, 3, true)), Breach::kElements);
  // Number 150 is in the extensions' range, but nobody declares it.
  EXPECT_EQ(Judge<Grouped>(std::string("\xb0\x09\x01", 3), Limits(0, 0, true)),
            Breach::kUnknownField);
}

TEST(RequestShapeTest, BytesAreCountedBeforeAnythingIsRead) {
  v1::MessageShape limits = Limits(5);
  limits.set_max_bytes(10);
  const RequestShape shape(ShapePlan::Compile(*Tree::descriptor()), limits);
  const auto never = [](std::string_view*) {
    ADD_FAILURE() << "a slice was read";
    return false;
  };
  EXPECT_EQ(shape.Judge(11, never), Breach::kBytes);
  EXPECT_EQ(shape.Judge(0, never), Breach::kNone);
  EXPECT_EQ(JudgeSliced(shape, Repeat(std::string("\x48\x01", 2), 5), 3), Breach::kNone);
}

TEST(RequestShapeTest, ParsedMessagesAreJudgedAlike) {
  v1::MessageShape limits = Limits(3, 2, true);
  limits.set_max_bytes(100);
  const RequestShape shape(ShapePlan::Compile(*Tree::descriptor()), limits);
  EXPECT_EQ(shape.Judge(Deep(3)), Breach::kNone);
  EXPECT_EQ(shape.Judge(Deep(4)), Breach::kDepth);
  Tree tree;
  tree.add_numbers(1);
  tree.add_texts("a");
  EXPECT_EQ(shape.Judge(tree), Breach::kNone);
  tree.add_numbers(2);
  EXPECT_EQ(shape.Judge(tree), Breach::kElements);
  tree.Clear();
  tree.set_blob(std::string(99, 'x'));
  EXPECT_EQ(shape.Judge(tree), Breach::kBytes);
  Stranger stranger;
  stranger.set_unknown("x");
  ASSERT_TRUE(tree.ParseFromString(stranger.SerializeAsString()));
  EXPECT_EQ(shape.Judge(tree), Breach::kUnknownField);
}

TEST(RequestShapeTest, BytesThatAreNoMessage) {
  const std::string rows[] = {
      "\x08",                      // a tag without value
      std::string("\x00\x01", 2),  // field number 0
      "\x0e",                      // wire types that do not exist
      "\x0f",                      //
      "\x0a\x05"
      "ab",                                    // a length beyond the end
      "\x0c",                                  // the end of a group that never began
      "\x0b\x14",                              // the end of another group
      "\x0b",                                  // a group without end
      std::string("\x22\x01\x80", 3),          // a packed number without end
      std::string("\x32\x03\x01\x02\x03", 5),  // packed fixed64 of 3 bytes
      std::string(6, '\xff'),                  // an endless tag
      "\x48" + std::string(11, '\xff'),        // an endless number
      "\x52\xff\xff\xff\xff\x0f",              // a length of 4 GiB
      "\x0a\x02\x0a\x02",                      // inner lengths beyond the outer one
      "\x79\x01",                              // fixed64 cut off
  };
  for (const std::string& row : rows) {
    EXPECT_EQ(Judge<Tree>(row, Limits(0, 1000)), Breach::kMalformed) << testing::PrintToString(row);
    EXPECT_FALSE(Tree().ParseFromString(row)) << testing::PrintToString(row);
  }
}

TEST(RequestShapeTest, HugeValuesAreSkipped) {
  Tree tree;
  tree.set_blob(std::string(64u << 20, '\xff'));
  tree.mutable_any()->set_value(std::string(1u << 20, '\x0b'));
  EXPECT_EQ(Judge<Tree>(tree.SerializeAsString(), Limits(2, 1, true), 16384), Breach::kNone);
}

TEST(RequestShapeTest, RulesAreNamed) {
  EXPECT_EQ(ShapeRules(), (std::set<std::string>{"shape.max_bytes", "shape.max_depth",
                                                 "shape.max_elements", "shape.unknown_field"}));
}

}  // namespace
}  // namespace warden::shape
