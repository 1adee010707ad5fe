#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "interceptors/audit/hash_chain.h"
#include "interceptors/audit/record_text.h"
#include "tests/interceptors/audit/audit_testing.h"
#include "warden/v1/audit.pb.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kMembers = R"("time":"2026-01-31T00:00:00Z","event":"closed")";

// RFC 4231, test case 2, and the well-known hash of nothing.
TEST(HashChainTest, IsShaAndHmac) {
  EXPECT_EQ(HashChain("").HashOf(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashChain("Jefe").HashOf("what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HashChainTest, LinesSplitIntoWhatTheyWereMadeOf) {
  for (const std::string key : {"", "0123456789abcdef0123456789abcdef"}) {
    const HashChain chain(key);
    ChainHead head = {.seq = 41, .hash = std::string(64, 'a')};
    std::string line = chain.Link(kMembers, &head);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    const std::optional<ChainedLine> parts = SplitChainedLine(line);
    ASSERT_TRUE(parts.has_value()) << line;
    EXPECT_EQ(parts->seq, 42u);
    EXPECT_EQ(parts->prev, std::string(64, 'a'));
    EXPECT_EQ(parts->hash, head.hash);
    // The bytes before `,"hash":`.
    EXPECT_EQ(parts->hashed, line.substr(0, line.find(",\"hash\":")));
    EXPECT_EQ(chain.HashOf(parts->hashed), head.hash);
    EXPECT_EQ(head.seq, 42u);
    const nlohmann::json record = nlohmann::json::parse(line);
    EXPECT_EQ(record["seq"], 42);
    EXPECT_EQ(record["hash"], head.hash);
  }
}

TEST(HashChainTest, WhatIsNoLineIsNoLine) {
  ChainHead head;
  std::string line = HashChain("").Link(kMembers, &head);
  line.pop_back();
  ASSERT_TRUE(SplitChainedLine(line).has_value());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = line;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  for (const std::string& bad :
       {std::string(), std::string("{}"), line + " ", line + "}", line.substr(1),
        line.substr(0, line.size() - 1), with("\"seq\":1", "\"seq\":01"),
        with("\"seq\":1", "\"seq\":-1"), with("\"seq\":1", "\"seq\":1.5"),
        with("\"seq\":1", "\"seq\":"), with("\"seq\":1", "\"seq\":99999999999999999999"),
        with("\"prev\":\"0", "\"prev\":\"G"), with("\"prev\":\"0", "\"prev\":\""),
        with("\"hash\"", "\"Hash\""), with("\"hash\":\"", "\"hash\":\"A")}) {
    EXPECT_FALSE(SplitChainedLine(bad).has_value()) << bad;
  }
}

TEST(ChainKeyTest, IsLongEnoughOrRefused) {
  const testing::Folder folder;
  std::string key;
  testing::WriteAll(folder.File("key"), std::string(31, 'k') + "\n");
  EXPECT_THAT(std::string(ReadChainKey(folder.File("key"), &key).message()),
              HasSubstr("must have 32 to 4096 bytes"));
  EXPECT_EQ(key, "");
  testing::WriteAll(folder.File("key"), std::string(4097, 'k'));
  EXPECT_FALSE(ReadChainKey(folder.File("key"), &key).ok());
  EXPECT_FALSE(ReadChainKey(folder.File("none"), &key).ok());
  testing::WriteAll(folder.File("key"), std::string(32, 'k') + "\n");
  EXPECT_TRUE(ReadChainKey(folder.File("key"), &key).ok());
  EXPECT_EQ(key, std::string(32, 'k'));
}

// Every field full, of the characters that grow most.
AuditEntry FullEntry(const std::string& character) {
  std::string text;
  while (text.size() < 1000) text += character;
  AuditEntry entry;
  entry.time = absl::FromUnixSeconds(1'700'000'000);
  entry.event = AuditEvent::kShadowDifference;
  entry.reason = "forwarded_identity_invalid";
  entry.stage = "rate_limit";
  entry.duration_ns = INT64_MAX;
  entry.sampled_one_in = UINT32_MAX;
  for (size_t i = 0; i < kAuditFields; ++i) entry.Set(static_cast<AuditField>(i), text);
  return entry;
}

TEST(RecordTextTest, LinesAreOfTheSchemaBoundedAndHarmless) {
  const HashChain chain("");
  for (const std::string character : {"a", "\"", "\\", "\n", "\x1b[31m", "\xe2\x80\xae", "\xff",
                                      "\xf0\x9f\x98\x80", "\xe4\xb8\xad"}) {
    ChainHead head = {.seq = UINT64_MAX - 1};
    std::string line = chain.Link(RecordMembers(FullEntry(character), UINT64_MAX), &head);
    EXPECT_LE(line.size(), kMaxAuditLineBytes) << character;
    line.pop_back();
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    v1::AuditRecord record;
    const auto parsed = google::protobuf::util::JsonStringToMessage(line, &record);
    EXPECT_TRUE(parsed.ok()) << parsed.ToString() << line;
    EXPECT_EQ(record.event(), "shadow_difference");
    EXPECT_EQ(record.sampled_one_in(), UINT32_MAX);
    EXPECT_EQ(record.dropped(), UINT64_MAX);
    EXPECT_THAT(record.principal(), ::testing::EndsWith("...")) << "it was cut, and says so";
  }
}

TEST(RecordTextTest, HasEveryFieldUnderItsName) {
  AuditEntry entry;
  entry.time = absl::FromUnixSeconds(0);
  entry.allowed = true;
  entry.reason = "ok";
  entry.stage = "admitted";
  entry.duration_ns = 12'034;
  for (size_t i = 0; i < kAuditFields; ++i) {
    entry.Set(static_cast<AuditField>(i), absl::StrCat("v", i));
  }
  EXPECT_EQ(RecordMembers(entry, 0),
            R"("time":"1970-01-01T00:00:00.000000Z","event":"decision","decision":"allowed",)"
            R"("reason":"ok","stage":"admitted","method":"v0","principal":"v1","issuer":"v2",)"
            R"("peer":"v3","certificate_sha256":"v4","forwarded_by":"v5","address":"v6",)"
            R"("token_id":"v7","api_key":"v8","decided_by":"v9","detail":"v10","policy":"v11",)"
            R"("request_id":"v12","trace_id":"v13","parent_span_id":"v14","duration_us":12.034)");
}

TEST(RecordTextTest, WhatIsEmptyIsLeftOut) {
  AuditEntry entry;
  entry.time = absl::FromUnixSeconds(0);
  entry.Set(AuditField::kPrincipal, "");
  entry.Set(AuditField::kAddress, "::1");
  EXPECT_EQ(RecordMembers(entry, 0),
            R"("time":"1970-01-01T00:00:00.000000Z","event":"decision","decision":"denied",)"
            R"("address":"::1")");
}

TEST(RecordTextTest, EventsOfTheLogAreOfTheSchema) {
  const std::string members = RecordMembers({.event = "opened",
                                             .cause = "rotated",
                                             .chain = "sha256",
                                             .previous_file = "audit.log.1",
                                             .unclean = true},
                                            absl::FromUnixSeconds(0), 3);
  v1::AuditRecord record;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage("{" + members + "}", &record).ok());
  EXPECT_EQ(record.cause(), "rotated");
  EXPECT_EQ(record.schema(), 1u);
  EXPECT_GT(record.pid(), 0u);
  EXPECT_EQ(record.previous_file(), "audit.log.1");
  EXPECT_TRUE(record.unclean());
  EXPECT_EQ(record.dropped(), 3u);
}

}  // namespace
}  // namespace warden
