#include "interceptors/http/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warden {
namespace {

TEST(HttpsUrlTest, TakesHttpsWithAHost) {
  for (const char* url : {"https://a", "https://a/", "https://auth.example:8443/keys?x=1&y=%20",
                          "https://[::1]:8443/keys", "https://192.0.2.1/"}) {
    EXPECT_TRUE(CheckHttpsUrl(url).ok()) << url;
  }
}

TEST(HttpsUrlTest, RefusesTheRest) {
  for (const char* url : {"",
                          "https://",
                          "https:///keys",
                          "http://a/",
                          "HTTP://a/",
                          "HTTPS://a/",
                          "ftp://a/",
                          "file:///etc/passwd",
                          "https:a",
                          "//a/",
                          "https://:8443/",
                          "https://?x",
                          "https://#x",
                          "https://user@a/",
                          "https://user:secret@a/",
                          "https://a/#fragment",
                          "https://a/ b",
                          "https://a/\tb",
                          "https://a\\@b/",
                          "https://a/\r\nHost: b",
                          "https://\xc3\xa4/",
                          " https://a/"}) {
    EXPECT_EQ(CheckHttpsUrl(url).code(), absl::StatusCode::kInvalidArgument) << url;
  }
  EXPECT_FALSE(CheckHttpsUrl("https://a/" + std::string(2048, 'x')).ok());
}

TEST(HttpsUrlTest, MessagesShowOnlyTheHost) {
  EXPECT_EQ(HostOfUrl("https://auth.example:8443/keys?secret"), "auth.example:8443");
  EXPECT_EQ(HostOfUrl("https://user:secret@auth.example/keys"), "auth.example");
  EXPECT_EQ(HostOfUrl("https://auth.example?x"), "auth.example");
  EXPECT_EQ(HostOfUrl("https://a\nb/"), "a?b");
  EXPECT_EQ(HostOfUrl("nonsense"), "");
}

TEST(FormTest, EncodesWhatIsNotUnreserved) {
  EXPECT_EQ(EncodeForm({}), "");
  EXPECT_EQ(EncodeForm({{"token", "a.b-c_d*"}, {"hint", "x y&z=%+~\xff"}}),
            "token=a.b-c_d*&hint=x+y%26z%3D%25%2B%7E%FF");
  EXPECT_EQ(EncodeForm({{"a", std::string("\0", 1)}}), "a=%00");
}

TEST(HttpResponseTest, FindsHeadersByName) {
  const HttpResponse response = {.status = 200, .headers = {{"etag", "\"1\""}}};
  EXPECT_EQ(response.Header("etag"), "\"1\"");
  EXPECT_EQ(response.Header("expires"), "");
}

}  // namespace
}  // namespace warden
