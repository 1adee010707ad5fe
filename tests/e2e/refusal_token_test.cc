// Credentials that are none: each is refused before the handler, whatever the method asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/forgery.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

using Json = nlohmann::json;
using Metadata = std::vector<std::pair<std::string, std::string>>;

class TokenTest : public SuiteWorld<TokenTest> {};

// A token that is good but for one change of its claims.
std::function<std::string(World&)> Claim(const std::function<void(Json&)>& edit) {
  return [edit](World& world) { return world.Token("mallory", {"admin"}, edit); };
}

std::function<void(Json&)> Shifted(const char* claim, int64_t seconds) {
  return [claim, seconds](Json& claims) {
    claims[claim] = absl::ToUnixSeconds(absl::Now()) + seconds;
  };
}

struct Row {
  const char* what;
  std::function<std::string(World&)> token;
  Refused as;
};

// The world's leeway is 5 s.
const Row kTokens[] = {
    {"garbage", [](World&) { return "garbage"; }, BadCredentials("token_malformed")},
    {"two segments", [](World&) { return "e30.e30"; }, BadCredentials("token_malformed")},
    {"five segments", [](World&) { return "e30.e30.e30.e30.e30"; },
     BadCredentials("token_malformed")},
    {"a padded segment", [](World& world) { return world.Token("a", {"admin"}) + "="; },
     BadCredentials("token_malformed")},
    {"a second token behind a space",
     [](World& world) { return world.Token("a", {"admin"}) + " " + world.Token("b", {"admin"}); },
     BadCredentials("token_malformed")},
    {"a second token behind a comma",
     [](World& world) {
       return world.Token("a", {"admin"}) + ", Bearer " + world.Token("b", {"admin"});
     },
     BadCredentials("token_malformed")},
    {"alg none without signature", [](World&) { return Unsigned("none"); },
     BadCredentials("token_algorithm")},
    {"alg None without signature", [](World&) { return Unsigned("None"); },
     BadCredentials("token_algorithm")},
    {"alg none with a signature", [](World&) { return Unsigned("none") + "AAAA"; },
     BadCredentials("token_algorithm")},
    {"alg es256", [](World&) { return Unsigned("es256"); }, BadCredentials("token_algorithm")},
    {"HS256 keyed with the RSA public key",
     [](World& world) { return KeyedWithPublicKey(world.rsa_key(), "key-rsa"); },
     BadCredentials("token_algorithm")},
    {"HS256 keyed with the EC public key",
     [](World& world) { return KeyedWithPublicKey(world.key(), "key-1"); },
     BadCredentials("token_algorithm")},
    {"an algorithm that is not configured",
     [](World&) {
       return Sign(SigningKey::Generate(Algorithm::kEs384, "key-1").value(), GoodClaims());
     },
     BadCredentials("token_algorithm")},
    {"an algorithm that is configured, with the id of another one's key",
     [](World& world) {
       return Sign(world.ed_key(), GoodClaims(), {{"kid", "key-1"}});
     },
     BadCredentials("token_key_unknown")},
    {"an unknown kid",
     [](World& world) {
       return Sign(world.key(), GoodClaims(), {{"kid", "key-9"}});
     },
     BadCredentials("token_key_unknown")},
    {"a foreign key under a known kid",
     [](World&) {
       return Sign(SigningKey::Generate(Algorithm::kEs256, "key-1").value(), GoodClaims());
     },
     BadCredentials("token_signature")},
    {"a foreign key that the header brings along",
     [](World&) {
       const SigningKey key = SigningKey::Generate(Algorithm::kEs256, "key-1").value();
       return Sign(key, GoodClaims(), {{"jwk", key.PublicJwk().value()}});
     },
     BadCredentials("token_signature")},
    {"another token's payload",
     [](World& world) {
       return Spliced(world.Token("a", {"caller"}), world.Token("a", {"admin"}));
     },
     BadCredentials("token_signature")},
    {"a signature with another first character",
     [](World& world) { return SignatureSpoiled(world.Token("a", {"admin"})); },
     BadCredentials("token_signature")},
    {"an empty signature",
     [](World& world) {
       const std::string token = world.Token("a", {"admin"});
       return token.substr(0, token.rfind('.') + 1);
     },
     BadCredentials("token_signature")},
    {"a critical extension",
     [](World& world) {
       return Sign(world.key(), GoodClaims(), {{"crit", Json::array({"x"})}});
     },
     BadCredentials("token_other")},
    {"another type of token",
     [](World& world) {
       return Sign(world.key(), GoodClaims(), {{"typ", "dpop+jwt"}});
     },
     BadCredentials("token_other")},
    {"a payload that is no JSON",
     [](World& world) {
       return world.key().SignCompact({{"typ", "JWT"}}, "text").value();
     },
     BadCredentials("token_malformed")},
    {"another issuer", Claim([](Json& claims) { claims["iss"] = "https://auth.evil.test"; }),
     BadCredentials("token_issuer")},
    {"an issuer with a slash more",
     Claim([](Json& claims) { claims["iss"] = absl::StrCat(kIssuer, "/"); }),
     BadCredentials("token_issuer")},
    {"no issuer", Claim([](Json& claims) { claims.erase("iss"); }), BadCredentials("token_issuer")},
    {"another audience", Claim([](Json& claims) { claims["aud"] = "billing"; }),
     BadCredentials("token_audience")},
    {"no audience", Claim([](Json& claims) { claims.erase("aud"); }),
     BadCredentials("token_audience")},
    {"an empty list of audiences", Claim([](Json& claims) { claims["aud"] = Json::array(); }),
     BadCredentials("token_audience")},
    {"no expiry", Claim([](Json& claims) { claims.erase("exp"); }), BadCredentials("token_claims")},
    {"an expiry in a text", Claim([](Json& claims) { claims["exp"] = "4102444800"; }),
     BadCredentials("token_claims")},
    {"expired just beyond the leeway",
     Claim(Shifted("exp", -6)),
     {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_EXPIRED", "token_expired"}},
    {"long expired",
     Claim(Shifted("exp", -86400)),
     {grpc::StatusCode::UNAUTHENTICATED, "CREDENTIALS_EXPIRED", "token_expired"}},
    {"not valid before the leeway ends", Claim(Shifted("nbf", 30)),
     BadCredentials("token_not_yet_valid")},
    {"issued in the future", Claim(Shifted("iat", 30)), BadCredentials("token_not_yet_valid")},
    {"a token of 20 kB", Claim([](Json& claims) { claims["pad"] = std::string(15000, 'x'); }),
     BadCredentials("token_too_large")},
    {"a token larger than all metadata may be", [](World&) { return std::string(70000, 'A'); },
     kTooMuchMetadata},
};

TEST_P(TokenTest, BadTokensAreRefusedOnEveryKindOfMethod) {
  for (const Row& row : kTokens) {
    for (const std::string method : kFourKinds) {
      SCOPED_TRACE(absl::StrCat(row.what, " on ", method));
      const RawCall call = World::Call(method, row.token(world()));
      const Counted before(world());
      before.ExpectRefused(method, Send(call), row.as);
    }
  }
}

TEST_P(TokenTest, BadTokensAreRefusedWhereNoneIsNeeded) {
  for (const Row& row : kTokens) {
    for (const std::string method : {"Public", "Authenticated"}) {
      SCOPED_TRACE(absl::StrCat(row.what, " on ", method));
      const RawCall call = World::Call(method, row.token(world()));
      const Counted before(world());
      before.ExpectRefused(method, Send(call), row.as);
    }
  }
}

// gRPC's own bound answers before Warden sees the call.
TEST_P(TokenTest, ATokenOfAMegabyteIsRefusedByTheTransport) {
  const std::string token(1 << 20, 'A');
  for (const std::string method :
       {"Unary", "ServerStream", "ClientStream", "BidiStream", "Public"}) {
    SCOPED_TRACE(method);
    const Counted before(world());
    const Answer answer = Send(World::Call(method, token));
    // gRPC ends the stream, or the connection.
    EXPECT_THAT(answer.code, ::testing::AnyOf(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                              grpc::StatusCode::UNAVAILABLE))
        << answer.text;
    EXPECT_THAT(answer.replies, ::testing::IsEmpty());
    before.ExpectNothing();
  }
}

struct Entries {
  const char* what;
  std::function<Metadata(const std::string& token)> metadata;
  Refused as;
};

const Entries kEntries[] = {
    {"no entry", [](const std::string&) { return Metadata{}; }, kNoCredentials},
    {"an empty value",
     [](const std::string&) {
       return Metadata{{"authorization", ""}};
     },
     BadCredentials("credentials_malformed")},
    {"a scheme alone",
     [](const std::string&) {
       return Metadata{{"authorization", "Bearer"}};
     },
     BadCredentials("credentials_malformed")},
    {"an empty token",
     [](const std::string&) {
       return Metadata{{"authorization", "Bearer "}};
     },
     BadCredentials("credentials_malformed")},
    {"two spaces",
     [](const std::string& token) {
       return Metadata{{"authorization", "Bearer  " + token}};
     },
     BadCredentials("credentials_malformed")},
    {"no space",
     [](const std::string& token) {
       return Metadata{{"authorization", "Bearer" + token}};
     },
     BadCredentials("credentials_malformed")},
    {"another separator",
     [](const std::string& token) {
       return Metadata{{"authorization", "Bearer:" + token}};
     },
     BadCredentials("credentials_malformed")},
    {"no scheme",
     [](const std::string& token) {
       return Metadata{{"authorization", token}};
     },
     BadCredentials("credentials_malformed")},
    {"another scheme",
     [](const std::string& token) {
       return Metadata{{"authorization", "Basic " + token}};
     },
     BadCredentials("credentials_malformed")},
    {"a longer scheme",
     [](const std::string& token) {
       return Metadata{{"authorization", "BearerX " + token}};
     },
     BadCredentials("credentials_malformed")},
    {"the same entry twice",
     [](const std::string& token) {
       return Metadata{{"authorization", "Bearer " + token}, {"authorization", "Bearer " + token}};
     },
     BadCredentials("credentials_ambiguous")},
    {"a good entry before a bad one",
     [](const std::string& token) {
       return Metadata{{"authorization", "Bearer " + token}, {"authorization", "Basic eA=="}};
     },
     BadCredentials("credentials_ambiguous")},
    {"a bad entry before a good one",
     [](const std::string& token) {
       return Metadata{{"authorization", ""}, {"authorization", "Bearer " + token}};
     },
     BadCredentials("credentials_ambiguous")},
    {"an entry of another name",
     [](const std::string& token) {
       return Metadata{{"x-authorization", "Bearer " + token}, {"cookie", "Bearer " + token}};
     },
     kNoCredentials},
};

TEST_P(TokenTest, EntriesThatAreNoBearerCredentialAreRefused) {
  const std::string token = world().Token("alice", {"admin"});
  for (const Entries& entries : kEntries) {
    for (const std::string method : kFourKinds) {
      SCOPED_TRACE(absl::StrCat(entries.what, " on ", method));
      RawCall call = World::Call(method, "");
      call.metadata = entries.metadata(token);
      const Counted before(world());
      before.ExpectRefused(method, Send(call), entries.as);
    }
  }
}

TEST_P(TokenTest, EverythingThatShallPassPasses) {
  struct Good {
    const char* what;
    std::string value;
  };
  World& w = world();
  const Good good[] = {
      {"ES256", "Bearer " + w.Token("a", {"caller"})},
      {"RS256", "Bearer " + Sign(w.rsa_key(), GoodClaims())},
      {"EdDSA", "Bearer " + Sign(w.ed_key(), GoodClaims())},
      {"a lower-case scheme", "bearer " + w.Token("a", {"caller"})},
      {"an upper-case scheme", "BEARER " + w.Token("a", {"caller"})},
      {"expired within the leeway", "Bearer " + w.Token("a", {"caller"}, Shifted("exp", -2))},
      {"not valid yet, within the leeway", "Bearer " + w.Token("a", {"caller"}, Shifted("nbf", 4))},
      {"our audience among others", "Bearer " + w.Token("a", {"caller"},
                                                        [](Json& c) {
                                                          c["aud"] = {"x", kAudience};
                                                        })},
      {"no kid", "Bearer " + Sign(w.key(), GoodClaims(), {{"kid", nullptr}})},
  };
  for (const Good& row : good) {
    for (const std::string method : kFourKinds) {
      SCOPED_TRACE(absl::StrCat(row.what, " on ", method));
      RawCall call = World::Call(method, "");
      call.metadata = {{"authorization", row.value}};
      const Counted before(w);
      before.ExpectAllowed(method, Send(call));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Apis, TokenTest, ::testing::Values(Api::kSync, Api::kCallback), ApiName);

}  // namespace
}  // namespace warden::testing
