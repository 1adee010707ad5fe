#include "authz/revocation/revocations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/authz/token/token_test_util.h"

namespace warden {
namespace {

using testing::GoodClaims;
using testing::kIssuer;
using testing::kNowSeconds;
using testing::Now;
using Kind = RevocationKind;
using Source = RevocationSource;
using Verdict = RevocationVerdict;

class RevocationsTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const VerifiedToken> Token(
      const std::function<void(nlohmann::json&)>& edit = nullptr) {
    nlohmann::json claims = GoodClaims();
    claims["jti"] = "token-1";
    if (edit) edit(claims);
    const SigningKey& key = testing::TestKey(Algorithm::kEs256);
    static const auto verifier = testing::VerifierFor(testing::OptionsFor(key));
    return verifier->Verify(testing::Mint(key, claims), Now()).token;
  }

  static Revocation Entry(Kind kind, std::string issuer, std::string id) {
    return *NormalRevocation({.key = {kind, std::move(issuer), std::move(id)}}, Now());
  }

  absl::Status Add(Revocation revocation, Source source = Source::kLocal, int64_t stamp = 0) {
    return list_.Apply(source, {{std::move(revocation), false, stamp}});
  }
  absl::Status Lift(RevocationKey key, Source source = Source::kLocal, int64_t stamp = 0) {
    return list_.Apply(source, {{{.key = std::move(key)}, true, stamp}});
  }
  Verdict Check(const std::shared_ptr<const VerifiedToken>& token, absl::Time now = Now()) const {
    return list_.Check({.peer = &peer_, .token = token.get(), .api_key_id = "key-7"}, now);
  }

  Revocations list_{100};
  const std::shared_ptr<const VerifiedToken> token_ = Token();
  Peer peer_ = {.certificate_sha256 = std::string(64, 'a')};
};

TEST_F(RevocationsTest, AnEmptyListRevokesNothing) {
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
  EXPECT_EQ(list_.Check({}, Now()), Verdict::kNotRevoked);
}

TEST_F(RevocationsTest, EachKindIsFound) {
  const std::pair<Revocation, Verdict> cases[] = {
      {Entry(Kind::kToken, kIssuer, "token-1"), Verdict::kTokenRevoked},
      {Entry(Kind::kSubject, kIssuer, "alice"), Verdict::kTokenRevoked},
      {Entry(Kind::kKey, kIssuer, "test-ES256"), Verdict::kTokenRevoked},
      {Entry(Kind::kCertificate, "", std::string(64, 'A')), Verdict::kPeerRevoked},
      {Entry(Kind::kApiKey, "", "key-7"), Verdict::kApiKeyRevoked},
  };
  for (const auto& [entry, verdict] : cases) {
    for (const Source source : {Source::kLocal, Source::kShared}) {
      ASSERT_TRUE(Add(entry, source).ok());
      EXPECT_EQ(Check(token_), verdict);
      const auto why =
          list_.Explain({.peer = &peer_, .token = token_.get(), .api_key_id = "key-7"}, Now());
      ASSERT_TRUE(why.has_value());
      EXPECT_EQ(why->key, entry.key);
      EXPECT_EQ(list_.counts()[static_cast<size_t>(entry.key.kind)], 1);
      ASSERT_TRUE(Lift(entry.key, source).ok());
      EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
      EXPECT_EQ(list_.counts()[static_cast<size_t>(entry.key.kind)], 0);
    }
  }
}

TEST_F(RevocationsTest, NearMissesAreNotFound) {
  for (const Revocation& entry :
       {Entry(Kind::kToken, "https://other.example", "token-1"),
        Entry(Kind::kToken, kIssuer, "token-2"), Entry(Kind::kToken, kIssuer, "alice"),
        Entry(Kind::kSubject, kIssuer, "token-1"), Entry(Kind::kSubject, kIssuer, "Alice"),
        Entry(Kind::kSubject, "https://other.example", "alice"),
        Entry(Kind::kKey, kIssuer, "test-ES384"),
        Entry(Kind::kKey, "https://other.example", "test-ES256"),
        Entry(Kind::kCertificate, "", std::string(64, 'b')), Entry(Kind::kApiKey, "", "key-8")}) {
    ASSERT_TRUE(Add(entry).ok());
  }
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
}

TEST_F(RevocationsTest, SubjectsAreRevokedUpToATime) {
  const auto at = [](double iat) { return Token([iat](auto& claims) { claims["iat"] = iat; }); };
  Revocation entry = Entry(Kind::kSubject, kIssuer, "alice");
  entry.issued_before = absl::FromUnixSeconds(kNowSeconds - 20);
  ASSERT_TRUE(Add(entry).ok());
  EXPECT_EQ(Check(at(kNowSeconds - 21)), Verdict::kTokenRevoked);
  EXPECT_EQ(Check(at(kNowSeconds - 20.001)), Verdict::kTokenRevoked);
  EXPECT_EQ(Check(at(kNowSeconds - 20)), Verdict::kNotRevoked);
  EXPECT_EQ(Check(at(kNowSeconds - 19)), Verdict::kNotRevoked);
  const auto without = Token([](auto& claims) { claims.erase("iat"); });
  EXPECT_EQ(Check(without), Verdict::kTokenRevoked);
  // A token without the claim that an entry is about.
  EXPECT_EQ(Check(Token([](auto& claims) { claims.erase("sub"); })), Verdict::kNotRevoked);
}

TEST_F(RevocationsTest, EntriesExpireToTheMoment) {
  Revocation entry = Entry(Kind::kToken, kIssuer, "token-1");
  entry.expires_at = Now() + absl::Seconds(5);
  ASSERT_TRUE(Add(entry).ok());
  EXPECT_EQ(Check(token_, entry.expires_at - absl::Nanoseconds(1)), Verdict::kTokenRevoked);
  EXPECT_EQ(Check(token_, entry.expires_at), Verdict::kNotRevoked);
  EXPECT_EQ(list_.DropExpired(entry.expires_at - absl::Nanoseconds(1)), 0);
  EXPECT_EQ(list_.DropExpired(entry.expires_at), 1);
  EXPECT_EQ(list_.counts()[0], 0);
}

TEST_F(RevocationsTest, AllThatHasExpiredIsDropped) {
  Revocations list(10'000);
  std::vector<RevocationChange> changes;
  for (int i = 0; i < 10'000; ++i) {
    RevocationChange change{.revocation = Entry(Kind::kToken, kIssuer, absl::StrCat(i))};
    change.revocation.expires_at = Now() + absl::Seconds(i % 2);
    changes.push_back(std::move(change));
  }
  ASSERT_TRUE(list.Apply(Source::kShared, changes).ok());
  EXPECT_EQ(list.DropExpired(Now()), 5000);
  EXPECT_EQ(list.counts()[0], 5000);
  EXPECT_EQ(list.DropExpired(Now() + absl::Seconds(1)), 5000);
}

TEST_F(RevocationsTest, TheStrongerOfTwoCounts) {
  Revocation strong = Entry(Kind::kSubject, kIssuer, "alice");
  strong.expires_at = Now() + absl::Hours(2);
  Revocation weak = strong;
  weak.expires_at = Now() + absl::Hours(1);
  weak.issued_before = strong.issued_before - absl::Hours(1);
  ASSERT_TRUE(Add(strong).ok());
  ASSERT_TRUE(Add(weak).ok());
  EXPECT_EQ(list_.Find(Source::kLocal, strong.key)->expires_at, strong.expires_at);
  EXPECT_EQ(list_.Find(Source::kLocal, strong.key)->issued_before, strong.issued_before);
  EXPECT_EQ(list_.counts()[1], 1);
  // Lifted and made anew, it is what was asked for.
  ASSERT_TRUE(Lift(strong.key).ok());
  ASSERT_TRUE(Add(weak).ok());
  EXPECT_EQ(list_.Find(Source::kLocal, strong.key)->expires_at, weak.expires_at);
}

TEST_F(RevocationsTest, AnOldLiftTakesNothingBack) {
  const Revocation entry = Entry(Kind::kToken, kIssuer, "token-1");
  ASSERT_TRUE(Add(entry, Source::kShared, 9).ok());
  ASSERT_TRUE(Lift(entry.key, Source::kShared, 8).ok());
  EXPECT_EQ(Check(token_), Verdict::kTokenRevoked);
  ASSERT_TRUE(Lift(entry.key, Source::kShared, 10).ok());
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
}

TEST_F(RevocationsTest, SourcesAreAUnion) {
  const Revocation entry = Entry(Kind::kToken, kIssuer, "token-1");
  ASSERT_TRUE(Add(entry, Source::kLocal).ok());
  ASSERT_TRUE(Add(entry, Source::kShared).ok());
  ASSERT_TRUE(Lift(entry.key, Source::kShared).ok());
  EXPECT_EQ(Check(token_), Verdict::kTokenRevoked);
  ASSERT_TRUE(list_.Replace(Source::kLocal, {}).ok());
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
}

TEST_F(RevocationsTest, TheListIsBounded) {
  Revocations list(2);
  const auto entry = [](int i) { return Entry(Kind::kApiKey, "", absl::StrCat(i)); };
  ASSERT_TRUE(list.Apply(Source::kLocal, {{entry(1)}, {entry(2)}}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(list.Apply(Source::kLocal, {{entry(3)}})));
  EXPECT_TRUE(list.Apply(Source::kLocal, {{entry(2)}}).ok());  // is there already
  EXPECT_TRUE(list.Apply(Source::kShared, {{entry(3)}}).ok());
  EXPECT_TRUE(
      absl::IsResourceExhausted(list.Replace(Source::kLocal, {entry(4), entry(5), entry(6)})));
  EXPECT_TRUE(list.Find(Source::kLocal, entry(1).key).has_value());
  EXPECT_TRUE(list.Replace(Source::kLocal, {entry(4), entry(4), entry(5)}).ok());
  EXPECT_EQ(list.counts()[4], 3);
}

TEST_F(RevocationsTest, TheGenerationGrowsWithChanges) {
  const uint64_t first = list_.generation();
  ASSERT_TRUE(Add(Entry(Kind::kApiKey, "", "a")).ok());
  const uint64_t second = list_.generation();
  EXPECT_GT(second, first);
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
  EXPECT_EQ(list_.generation(), second);
  ASSERT_TRUE(list_.Replace(Source::kLocal, {}).ok());
  EXPECT_GT(list_.generation(), second);
}

// What one list has found good is not good for another, and not after a change.
TEST_F(RevocationsTest, WhatWasGoodOnceIsLookedUpAgain) {
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
  Revocations other(10);
  ASSERT_TRUE(other.Apply(Source::kLocal, {{Entry(Kind::kToken, kIssuer, "token-1")}}).ok());
  EXPECT_EQ(other.Check({.token = token_.get()}, Now()), Verdict::kTokenRevoked);
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
  ASSERT_TRUE(Add(Entry(Kind::kCertificate, "", peer_.certificate_sha256)).ok());
  EXPECT_EQ(Check(token_), Verdict::kPeerRevoked);
  peer_.certificate_sha256 = std::string(64, 'b');
  EXPECT_EQ(Check(token_), Verdict::kNotRevoked);
  Peer copy = peer_;
  copy.certificate_sha256 = std::string(64, 'a');
  EXPECT_EQ(list_.Check({.peer = &copy}, Now()), Verdict::kPeerRevoked);
}

TEST_F(RevocationsTest, PagesListEverythingOnce) {
  Revocations list(1000);
  std::vector<RevocationChange> changes;
  for (int i = 0; i < 1000; ++i) {
    changes.push_back({Entry(Kind::kToken, kIssuer, absl::StrCat(i))});
  }
  ASSERT_TRUE(list.Apply(Source::kLocal, changes).ok());
  std::set<std::string> seen;
  uint64_t after = 0;
  int pages = 0;
  do {
    const RevocationPage page = list.List(Source::kLocal, after, 70);
    for (const Revocation& revocation : page.revocations) {
      EXPECT_TRUE(seen.insert(revocation.key.id).second);
    }
    EXPECT_LE(page.revocations.size(), 70);
    after = page.next;
    // What comes and goes in between does not disturb the others.
    ASSERT_TRUE(
        list.Apply(Source::kLocal, {{changes[static_cast<size_t>(pages)].revocation, true}}).ok());
    ++pages;
  } while (after != 0);
  EXPECT_GE(seen.size(), static_cast<size_t>(1000 - pages));
  EXPECT_GE(pages, 14);
  EXPECT_TRUE(list.List(Source::kShared, 0, 10).revocations.empty());
}

}  // namespace
}  // namespace warden
