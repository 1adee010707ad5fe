#include "interceptors/limits/shared/redis_slots.h"

#include <gtest/gtest.h>

#include "interceptors/limits/shared/redis_address.h"

namespace warden {
namespace {

RedisReply Number(int64_t integer) {
  return {.type = RedisReply::Type::kInteger, .integer = integer};
}
RedisReply Text(std::string text) {
  return {.type = RedisReply::Type::kText, .text = std::move(text)};
}
RedisReply List(std::vector<RedisReply> items) {
  return {.type = RedisReply::Type::kList, .items = std::move(items)};
}
RedisReply Range(int64_t first, int64_t last, const std::string& host, int64_t port) {
  return List({Number(first), Number(last), List({Text(host), Number(port), Text("id")}),
               List({Text("10.9.9.9"), Number(1), Text("replica")})});
}

TEST(RedisSlotsTest, SlotsAreThoseOfTheSpecification) {
  EXPECT_EQ(RedisSlotOf("123456789"), 0x31c3);
  EXPECT_EQ(RedisSlotOf(""), 0);
  EXPECT_EQ(RedisSlotOf("{user1000}.following"), RedisSlotOf("user1000"));
  EXPECT_EQ(RedisSlotOf("foo{{bar}}zap"), RedisSlotOf("{bar"));
  EXPECT_EQ(RedisSlotOf("foo{bar}{zap}"), RedisSlotOf("bar"));
  EXPECT_NE(RedisSlotOf("foo{}{bar}"), RedisSlotOf("bar"));
  EXPECT_NE(RedisSlotOf("foo{bar"), RedisSlotOf("bar"));
}

TEST(RedisSlotsTest, ReadsWhoHasWhat) {
  const auto map = ReadRedisSlots(
      List({Range(0, 9, "10.0.0.1", 6379), Range(10, 20, "", 6380), Range(21, 21, "?", 6381),
            Range(30, 16383, "10.0.0.1", 6379), Range(22, 22, "::1", 1)}),
      "db.internal:7000");
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->nodes, (std::vector<std::string>{"10.0.0.1:6379", "db.internal:6380", "[::1]:1"}));
  EXPECT_EQ(map->owners[0], 0);
  EXPECT_EQ(map->owners[9], 0);
  EXPECT_EQ(map->owners[10], 1);
  EXPECT_EQ(map->owners[21], RedisSlotMap::kNobody) << "a node without an address";
  EXPECT_EQ(map->owners[22], 2);
  EXPECT_EQ(map->owners[25], RedisSlotMap::kNobody);
  EXPECT_EQ(map->owners[16383], 0);
}

TEST(RedisSlotsTest, RefusesWhatIsNoSlotMap) {
  const auto read = [](RedisReply reply) {
    return ReadRedisSlots(std::move(reply), "a:1").status().code();
  };
  const auto lost = absl::StatusCode::kDataLoss;
  EXPECT_EQ(read(Text("OK")), lost);
  EXPECT_EQ(read(List({Text("x")})), lost);
  EXPECT_EQ(read(List({Range(-1, 5, "h", 1)})), lost);
  EXPECT_EQ(read(List({Range(6, 5, "h", 1)})), lost);
  EXPECT_EQ(read(List({Range(0, 16384, "h", 1)})), lost);
  EXPECT_EQ(read(List({Range(0, 5, "h", 0)})), lost);
  EXPECT_EQ(read(List({Range(0, 5, "h", 65536)})), lost);
  EXPECT_EQ(read(List({Range(0, 5, "h h", 1)})), lost);
  EXPECT_EQ(read(List({List({Number(0), Number(1), Text("h:1")})})), lost);
  std::vector<RedisReply> many;
  for (int i = 0; i < 256; ++i) many.push_back(Range(i, i, "h", i + 1));
  EXPECT_EQ(read(List(many)), absl::StatusCode::kOk);
  many.push_back(Range(256, 256, "h", 257));
  EXPECT_EQ(read(List(many)), absl::StatusCode::kOutOfRange);
}

TEST(RedisSlotsTest, ReadsRedirections) {
  const auto read = [](const char* text) {
    return ReadRedirect(absl::FailedPreconditionError(text), "10.0.0.9:7000");
  };
  const auto moved = read("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved.has_value());
  EXPECT_FALSE(moved->ask);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->address, "127.0.0.1:6381");
  EXPECT_TRUE(read("ASK 0 db.internal:6381")->ask);
  EXPECT_EQ(read("MOVED 1 :6381")->address, "10.0.0.9:6381") << "where it was asked";
  EXPECT_EQ(read("MOVED 1 ::1:6381")->address, "[::1]:6381");
  for (const char* const wrong :
       {"", "MOVED", "MOVED 16384 h:1", "MOVED -1 h:1", "MOVED 1 h", "MOVED 1 h:0", "MOVED 1 h:x",
        "MOVED 1  h:1", "ERR MOVED 1 h:1", "MOVED 1 unix:/tmp/socket", "MOVED x h:1"}) {
    EXPECT_FALSE(read(wrong).has_value()) << wrong;
  }
  EXPECT_FALSE(ReadRedirect(absl::UnavailableError("MOVED 1 h:1"), "a:1").has_value());
  EXPECT_FALSE(JoinRedisAddress("unix", "/tmp/socket").has_value());
}

}  // namespace
}  // namespace warden
