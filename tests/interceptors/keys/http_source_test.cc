#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <vector>

#include "absl/synchronization/notification.h"
#include "interceptors/keys/key_source.h"
#include "tests/authz/token/token_test_util.h"
#include "tests/interceptors/keys/key_server.h"

namespace warden {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpsReply;
using testing::HttpsRequest;
using testing::JwksOf;
using testing::TestKey;

absl::StatusOr<FetchedKeys> Fetch(KeySource& source) {
  absl::StatusOr<FetchedKeys> result = absl::UnknownError("not called");
  absl::Notification done;
  source.Fetch([&](absl::StatusOr<FetchedKeys> fetched) {
    result = std::move(fetched);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

class HttpSourceTest : public ::testing::Test {
 protected:
  std::string ErrorOf(KeySource& source) { return std::string(Fetch(source).status().message()); }

  testing::KeyServer server_;
  const std::string jwks_ = JwksOf({&TestKey(Algorithm::kEs256)});
  std::unique_ptr<HttpClient> client_ = server_.Client();
};

TEST_F(HttpSourceTest, AsksWithTheEtag) {
  std::vector<std::string> asked;
  server_.http().SetHandler([&](const HttpsRequest& request) {
    const auto tag = request.headers.find("if-none-match");
    asked.push_back(tag == request.headers.end() ? "" : tag->second);
    if (asked.back() == "\"1\"") {
      return HttpsReply{.status = 304, .headers = {{"Cache-Control", "max-age=70"}}};
    }
    return HttpsReply{.headers = {{"ETag", "\"1\""}, {"Cache-Control", "max-age=60"}},
                      .body = jwks_};
  });
  const auto source = MakeUrlSource(server_.http().Url("/keys"), client_.get());
  const absl::StatusOr<FetchedKeys> first = Fetch(*source);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(first->keys, nullptr);
  EXPECT_EQ(first->freshness, absl::Seconds(60));
  const absl::StatusOr<FetchedKeys> second = Fetch(*source);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->keys, nullptr);
  EXPECT_EQ(second->freshness, absl::Seconds(70));
  source->Forget();
  EXPECT_NE(Fetch(*source)->keys, nullptr);
  EXPECT_THAT(asked, ElementsAre("", "\"1\"", ""));
}

TEST_F(HttpSourceTest, RefusesWhatIsNoAnswer) {
  const auto source = MakeUrlSource(server_.http().Url("/keys"), client_.get());
  for (const int status : {201, 204, 206, 301, 302, 304, 307, 400, 401, 404, 500, 503}) {
    server_.Serve({.status = status,
                   .headers = {{"Location", server_.http().Url("/other")}},
                   .body = status == 204 || status == 304 ? "" : jwks_});
    EXPECT_THAT(ErrorOf(*source), HasSubstr(std::to_string(status)));
  }
}

TEST_F(HttpSourceTest, RefusesWhatIsNoKeySet) {
  const auto source = MakeUrlSource(server_.http().Url("/keys"), client_.get());
  for (const std::string& body :
       {std::string(), std::string("<!DOCTYPE html><html></html>"), std::string("{}"),
        std::string(R"({"keys":[]})"), std::string(R"({"keys":[{"kty":"none"}]})"), jwks_ + jwks_,
        std::string(R"({"keys":[],"keys":[]})")}) {
    server_.ServeKeys(body);
    EXPECT_THAT(ErrorOf(*source), HasSubstr("localhost:")) << body;
  }
  server_.Serve({.body = jwks_, .filler_bytes = uint64_t{100} << 20});
  EXPECT_EQ(Fetch(*source).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpSourceTest, TheSetWithOneBadKeyHasTheOthers) {
  nlohmann::json set = nlohmann::json::parse(jwks_);
  set["keys"].push_back({{"kty", "RSA"}, {"kid", "weak"}, {"n", "AQAB"}, {"e", "AQAB"}});
  server_.ServeKeys(set.dump());
  const auto source = MakeUrlSource(server_.http().Url("/keys"), client_.get());
  const absl::StatusOr<FetchedKeys> fetched = Fetch(*source);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->keys->keys().size(), 1);
  EXPECT_EQ(fetched->keys->skipped().size(), 1);
}

class DiscoveryTest : public HttpSourceTest {
 protected:
  DiscoveryTest() {
    issuer_ = server_.http().Url("/realm");
    keys_ = server_.http().Url("/keys");
    server_.http().SetHandler([this](const HttpsRequest& request) {
      const std::lock_guard<std::mutex> lock(mutex_);
      targets_.push_back(request.target);
      if (request.target == "/keys") return HttpsReply{.body = jwks_};
      if (request.target != "/realm/.well-known/openid-configuration") {
        return HttpsReply{.status = 404};
      }
      return HttpsReply{.body = nlohmann::json{{"issuer", issuer_}, {"jwks_uri", keys_}}.dump()};
    });
    source_ = MakeDiscoverySource(issuer_, absl::Hours(1), client_.get());
  }
  std::vector<std::string> Targets() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(targets_, {});
  }

  std::mutex mutex_;
  std::vector<std::string> targets_;
  std::string issuer_;
  std::string keys_;
  std::unique_ptr<KeySource> source_;
};

TEST_F(DiscoveryTest, AsksForTheDocumentOnce) {
  const absl::StatusOr<FetchedKeys> fetched = Fetch(*source_);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_NE(fetched->keys, nullptr);
  EXPECT_THAT(Targets(), ElementsAre("/realm/.well-known/openid-configuration", "/keys"));
  ASSERT_TRUE(Fetch(*source_).ok());
  EXPECT_THAT(Targets(), ElementsAre("/keys"));
}

TEST_F(DiscoveryTest, AsksForTheDocumentAgainAfterAFailure) {
  ASSERT_TRUE(Fetch(*source_).ok());
  server_.http().Stop();
  EXPECT_FALSE(Fetch(*source_).ok());
  server_.http().Restart();
  Targets();
  ASSERT_TRUE(Fetch(*source_).ok());
  EXPECT_THAT(Targets(), ElementsAre("/realm/.well-known/openid-configuration", "/keys"));
}

TEST_F(DiscoveryTest, AsksForTheDocumentAgainWhenItIsOld) {
  source_ = MakeDiscoverySource(issuer_, absl::ZeroDuration(), client_.get());
  ASSERT_TRUE(Fetch(*source_).ok());
  ASSERT_TRUE(Fetch(*source_).ok());
  EXPECT_EQ(Targets().size(), 4);
}

TEST_F(DiscoveryTest, RefusesADocumentThatIsNotTheIssuers) {
  const std::string issuer = issuer_;
  issuer_ += "/";
  EXPECT_THAT(ErrorOf(*source_), HasSubstr("is that of the issuer"));
  issuer_ = "https://evil.example";
  EXPECT_THAT(ErrorOf(*source_), HasSubstr("is that of the issuer"));
  for (const char* uri : {"http://localhost/keys", "file:///etc/keys", "", "https://a@b/"}) {
    issuer_ = issuer;
    keys_ = uri;
    Targets();
    EXPECT_THAT(ErrorOf(*source_), HasSubstr("jwks_uri"));
    EXPECT_EQ(Targets().size(), 1);
  }
}

}  // namespace
}  // namespace warden
