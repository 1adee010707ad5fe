// Which credentials a method accepts.
#include "authz/policy/authn.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Authn Message(const std::string& text) {
  v1::Authn authn;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &authn)) << text;
  return authn;
}

MethodAuthn Authn(const std::string& text) {
  MethodAuthn authn;
  EXPECT_THAT(ReadAuthn(Message(text), &authn), IsEmpty()) << text;
  return authn;
}

CredentialSet Set(std::string_view letters) {
  CredentialSet set;
  for (const char c : letters) {
    set.Add(c == 'p' ? Credential::kPeer : c == 'b' ? Credential::kBearer : Credential::kApiKey);
  }
  return set;
}

struct Row {
  const char* authn;
  // Of p(eer), b(earer) and k(ey): which combinations pass; all others do not.
  std::vector<std::string> pass;
  std::vector<std::string> not_accepted;
};

const char* const kCombinations[] = {"", "p", "b", "k", "pb", "pk", "bk", "pbk"};

TEST(Authn, JudgesEveryCombination) {
  const Row rows[] = {
      {"", {"", "p", "b", "k", "pb", "pk", "bk", "pbk"}, {}},
      {"any: PEER", {"p"}, {"b", "k", "pb", "pk", "bk", "pbk"}},
      {"any: BEARER", {"b", "pb"}, {"k", "pk", "bk", "pbk"}},
      {"any: API_KEY", {"k", "pk"}, {"b", "pb", "bk", "pbk"}},
      {"any: [BEARER, API_KEY]", {"b", "k", "pb", "pk", "bk", "pbk"}, {}},
      {"any: [PEER, BEARER]", {"p", "b", "pb"}, {"k", "pk", "bk", "pbk"}},
      {"any: [PEER, BEARER, API_KEY]", {"p", "b", "k", "pb", "pk", "bk", "pbk"}, {}},
      {"all: PEER", {"p"}, {"b", "k", "pb", "pk", "bk", "pbk"}},
      {"all: [PEER, BEARER]", {"pb"}, {"k", "pk", "bk", "pbk"}},
      {"all: [BEARER, API_KEY]", {"bk", "pbk"}, {}},
      {"all: [PEER, BEARER, API_KEY]", {"pbk"}, {}},
      {"all: PEER any: [BEARER, API_KEY]", {"pb", "pk", "pbk"}, {}},
      {"all: BEARER any: [PEER, API_KEY]", {"pb", "bk", "pbk"}, {}},
  };
  for (const Row& row : rows) {
    const MethodAuthn authn = Authn(row.authn);
    for (const std::string brought : kCombinations) {
      const auto has = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), brought) != list.end();
      };
      const AuthnVerdict expected = has(row.pass)           ? AuthnVerdict::kOk
                                    : has(row.not_accepted) ? AuthnVerdict::kNotAccepted
                                                            : AuthnVerdict::kMissing;
      EXPECT_EQ(authn.Judge(Set(brought)), expected) << row.authn << " with " << brought;
    }
  }
}

TEST(Authn, ThePeerCountsWhereItIsListed) {
  EXPECT_TRUE(Authn("").Accepts(Credential::kPeer));
  EXPECT_TRUE(Authn("any: [PEER, BEARER]").Accepts(Credential::kPeer));
  EXPECT_TRUE(Authn("all: PEER any: BEARER").Accepts(Credential::kPeer));
  EXPECT_FALSE(Authn("any: BEARER").Accepts(Credential::kPeer));
  EXPECT_FALSE(Authn("all: BEARER").Accepts(Credential::kPeer));
}

TEST(Authn, NamesEveryProblem) {
  MethodAuthn authn;
  EXPECT_THAT(ReadAuthn(Message("any: [CREDENTIAL_UNSPECIFIED, PEER, PEER] all: PEER"), &authn),
              ElementsAre(HasSubstr("`authn.any` has 0, which is none of"),
                          HasSubstr("`authn.any` has PEER twice"),
                          HasSubstr("PEER in `any` and in `all`")));
  v1::Authn unknown;
  unknown.add_all(static_cast<v1::Authn::Credential>(9));
  EXPECT_THAT(ReadAuthn(unknown, &authn), ElementsAre(HasSubstr("`authn.all` has 9")));
  v1::Authn newer;
  ASSERT_TRUE(newer.ParseFromString("\x78\x01"));  // field 15
  EXPECT_THAT(ReadAuthn(newer, &authn), ElementsAre(HasSubstr("a field 15")));
}

TEST(Authn, KnowsWhatNobodyCanBring) {
  EXPECT_TRUE(Authn("").SatisfiableWith(Set("")));
  EXPECT_TRUE(Authn("any: [BEARER, API_KEY]").SatisfiableWith(Set("pb")));
  EXPECT_FALSE(Authn("any: [BEARER, API_KEY]").SatisfiableWith(Set("p")));
  EXPECT_FALSE(Authn("all: [BEARER, API_KEY]").SatisfiableWith(Set("pb")));
  EXPECT_THAT(UnsatisfiableAuthn(Authn("all: [BEARER, API_KEY]"), Set("pb")),
              HasSubstr("API_KEY needs `api_keys`"));
}

TEST(Authn, ReadsWell) {
  EXPECT_EQ(ToString(Authn("")), "any");
  EXPECT_EQ(ToString(Authn("all: [PEER, BEARER]")), "PEER, BEARER");
  EXPECT_EQ(ToString(Authn("all: PEER any: [BEARER, API_KEY]")),
            "PEER and one of (BEARER, API_KEY)");
}

}  // namespace
}  // namespace warden
