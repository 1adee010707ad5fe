#include "interceptors/leaks/leak_walk.h"

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "warden/testing/v1/answers.pb.h"

namespace warden::testing {
namespace {

using v1::Reply;

std::string Leaky() { return absl::StrCat("see gh", "p_", std::string(36, 'a')); }

void ExpectLeak(const google::protobuf::Message& message, const std::string& field) {
  const std::optional<FoundLeak> found = FindLeak(message);
  ASSERT_TRUE(found.has_value()) << message.ShortDebugString();
  EXPECT_EQ(found->leak, Leak::kAccessToken);
  EXPECT_EQ(found->field, field);
}

TEST(LeakWalkTest, NamesTheFieldOfALeak) {
  Reply reply;
  reply.set_note(Leaky());
  ExpectLeak(reply, "note");
  Reply list;
  list.add_items()->set_note("fine");
  *list.add_items()->add_items() = reply;
  ExpectLeak(list, "items.items.note");
  Reply map;
  (*map.mutable_labels())["a"] = Leaky();
  ExpectLeak(map, "labels.value");
  Reply key;
  (*key.mutable_labels())[Leaky()] = "a";
  ExpectLeak(key, "labels.key");
}

TEST(LeakWalkTest, LooksIntoWhatHasNoType) {
  Reply inner;
  inner.set_note(Leaky());
  Reply any;
  any.mutable_extra()->PackFrom(inner);
  ExpectLeak(any, "extra.value");
  any.mutable_extra()->set_type_url("type.example/no.such.Type");
  ExpectLeak(any, "extra.value");
  Reply unknown;
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddLengthDelimited(99, Leaky());
  ExpectLeak(unknown, "?");
  Reply group;
  group.GetReflection()->MutableUnknownFields(&group)->AddGroup(99)->AddLengthDelimited(1, Leaky());
  ExpectLeak(group, "?");
  google::protobuf::Struct json;
  (*json.mutable_fields())["token"].set_string_value(Leaky());
  ExpectLeak(json, "fields.value.string_value");
}

TEST(LeakWalkTest, PassesWhatIsMeantToBeThere) {
  Reply reply;
  reply.set_password(Leaky());
  reply.set_picture(Leaky());
  reply.add_items()->set_password(Leaky());
  EXPECT_FALSE(FindLeak(reply).has_value());
  EXPECT_FALSE(FindLeak(Reply()).has_value());
}

TEST(LeakWalkTest, LooksAtWhatIsDeep) {
  Reply reply;
  Reply* inner = &reply;
  for (int i = 0; i < kMaxLeakDepth + 20; ++i) inner = inner->add_items();
  EXPECT_FALSE(FindLeak(reply).has_value());
  inner->set_note(Leaky());
  EXPECT_TRUE(FindLeak(reply).has_value());
}

}  // namespace
}  // namespace warden::testing
