#include "interceptors/admin/admin_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int StatusOf(const std::string& head) {
  const std::variant<AdminRequest, AdminAnswer> parsed = ParseAdminRequest(head);
  const auto* answer = std::get_if<AdminAnswer>(&parsed);
  return answer == nullptr ? 200 : answer->status;
}

AdminRequest Parsed(const std::string& head) {
  const std::variant<AdminRequest, AdminAnswer> parsed = ParseAdminRequest(head);
  const auto* request = std::get_if<AdminRequest>(&parsed);
  if (request == nullptr) ADD_FAILURE() << "refused: " << head;
  return request == nullptr ? AdminRequest() : *request;
}

TEST(AdminHttp, ReadsWhatMatters) {
  const AdminRequest request = Parsed(
      "GET /debug/policy?format=json HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
      "AUTHORIZATION:  Bearer x \r\nAccept-Encoding: br\r\naccept-encoding: GZIP;q=0.5\r\n"
      "X-Other: \xc3\xa4\r\n\r\n");
  EXPECT_FALSE(request.head);
  EXPECT_EQ(request.path, "/debug/policy");
  EXPECT_EQ(request.query, "format=json");
  EXPECT_EQ(request.host, "127.0.0.1:1");
  EXPECT_EQ(request.authorization, "Bearer x");
  EXPECT_TRUE(request.accepts_gzip);
  EXPECT_TRUE(Parsed("HEAD / HTTP/1.0\r\n\r\n").head);
}

TEST(AdminHttp, GzipThatIsDeclinedIsNotUsed) {
  for (const char* value : {"", "br", "gzip;q=0", "gzip; q=0.000", "identity, gzip;q=0", "xgzip"}) {
    EXPECT_FALSE(
        Parsed(absl::StrCat("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: ", value, "\r\n\r\n"))
            .accepts_gzip)
        << value;
  }
}

TEST(AdminHttp, NothingIsRepaired) {
  const std::string host = "Host: h\r\n";
  const struct {
    std::string head;
    int status;
  } cases[] = {
      {"\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},  // no host
      {"GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET / HTTP/1.1 \r\n" + host + "\r\n", 400},
      {"GET http://h/metrics HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET * HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET metrics HTTP/1.1\r\n" + host + "\r\n", 400},
      {std::string("GET /\0 HTTP/1.1\r\n", 18) + host + "\r\n", 400},
      {"GET /\xc3\xa4 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"G(T / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET / HTTP/1.1\n" + host + "\r\n", 400},
      {"GET / HTTP/2.0\r\n" + host + "\r\n", 505},
      {"GET / HTTP/0.9\r\n" + host + "\r\n", 505},
      {"GET / SSH-2.0\r\n" + host + "\r\n", 400},
      {"POST / HTTP/1.1\r\n" + host + "\r\n", 405},
      {"DELETE /metrics HTTP/1.1\r\n" + host + "\r\n", 405},
      {"get / HTTP/1.1\r\n" + host + "\r\n", 405},
      {"GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "Authorization: a\r\nauthorization: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "Content-Length: +0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "X : y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + " folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + ": no name\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "X: a\x01" + "b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "X: a\nY: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n" + host + "X: a\r\n\r\n", 200},
  };
  for (const auto& one : cases) EXPECT_EQ(StatusOf(one.head), one.status) << one.head;
}

TEST(AdminHttp, HeadersAreBounded) {
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 63; ++i) absl::StrAppend(&head, "X-", i, ": y\r\n");
  EXPECT_EQ(StatusOf(head + "\r\n"), 200);
  EXPECT_EQ(StatusOf(head + "More: y\r\n\r\n"), 400);
}

TEST(AdminHttp, EndOfHead) {
  EXPECT_EQ(EndOfHead(""), 0u);
  EXPECT_EQ(EndOfHead("GET / HTTP/1.1\r\n"), 0u);
  EXPECT_EQ(EndOfHead("GET / HTTP/1.1\r\n\r\nmore"), 18u);
}

TEST(AdminHttp, EveryAnswerHasTheHeaders) {
  const std::string text =
      SerializeAnswer(PlainAnswer(404), /*head=*/false, /*https=*/false, absl::UnixEpoch());
  for (const char* header :
       {"HTTP/1.1 404 Not Found\r\n", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
        "Connection: close\r\n", "Content-Length: 10\r\n", "X-Content-Type-Options: nosniff\r\n",
        "X-Frame-Options: DENY\r\n", "Cache-Control: no-store\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"}) {
    EXPECT_THAT(text, HasSubstr(header));
  }
  EXPECT_THAT(text, Not(HasSubstr("Server:")));
  EXPECT_THAT(text, Not(HasSubstr("Strict-Transport-Security")));
  EXPECT_THAT(text, ::testing::EndsWith("\r\n\r\nnot found\n"));
  const std::string https =
      SerializeAnswer(PlainAnswer(405), /*head=*/true, /*https=*/true, absl::UnixEpoch());
  EXPECT_THAT(https, HasSubstr("Strict-Transport-Security: max-age=31536000\r\n"));
  EXPECT_THAT(https, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(https, HasSubstr("Content-Length: 19\r\n"));
  EXPECT_THAT(https, ::testing::EndsWith("\r\n\r\n")) << "HEAD has no body";
}

}  // namespace
}  // namespace warden
