#include "interceptors/admin/admin_http.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace warden {
namespace {

constexpr size_t kMaxHeaders = 64;

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

// RFC 9110 section 5.6.2.
bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

// RFC 9110 section 12.5.3; a weight of 0 declines.
bool AcceptsGzip(std::string_view value) {
  for (const absl::string_view item : absl::StrSplit(Abseil(value), ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(item, ';');
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]), "gzip")) continue;
    if (parts.size() == 1) return true;
    const absl::string_view weight = absl::StripAsciiWhitespace(parts[1]);
    return weight.find_first_of("123456789") != absl::string_view::npos;
  }
  return false;
}

// Puts a value that may come only once where it belongs; false where it has come before.
bool Once(std::string_view value, std::optional<std::string>* where) {
  if (where->has_value()) return false;
  *where = std::string(value);
  return true;
}

class Headers {
 public:
  bool Read(std::string_view line) {
    const size_t colon = line.find(':');
    if (++count_ > kMaxHeaders || colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    const absl::string_view stripped = absl::StripAsciiWhitespace(Abseil(line.substr(colon + 1)));
    const std::string_view value(stripped.data(), stripped.size());
    if (!IsToken(name) || !IsFieldValue(value)) return false;
    return Keep(absl::AsciiStrToLower(Abseil(name)), value);
  }

  // False where a version 1.1 request says no host, or there is a body.
  bool Finish(bool needs_host, AdminRequest* request) {
    if (needs_host && !host_.has_value()) return false;
    request->host = host_.value_or("");
    request->authorization = authorization_.value_or("");
    request->accepts_gzip = AcceptsGzip(encodings_.value_or(""));
    return true;
  }

 private:
  bool Keep(const std::string& name, std::string_view value) {
    if (name == "host") return Once(value, &host_);
    if (name == "authorization") return Once(value, &authorization_);
    if (name == "accept-encoding") {
      encodings_ =
          absl::StrCat(encodings_.value_or(""), encodings_.has_value() ? "," : "", Abseil(value));
      return true;
    }
    if (name == "content-length") return value == "0";
    return name != "transfer-encoding";
  }

  size_t count_ = 0;
  std::optional<std::string> host_;
  std::optional<std::string> authorization_;
  std::optional<std::string> encodings_;
};

}  // namespace

AdminAnswer PlainAnswer(int status) {
  AdminAnswer answer{.status = status};
  answer.body = absl::StrCat(absl::AsciiStrToLower(Abseil(Reason(status))), "\n");
  if (status == 405) answer.headers.emplace_back("Allow", "GET, HEAD");
  return answer;
}

size_t EndOfHead(std::string_view received) {
  const size_t end = received.find("\r\n\r\n");
  return end == std::string_view::npos ? 0 : end + 4;
}

std::variant<AdminRequest, AdminAnswer> ParseAdminRequest(std::string_view head) {
  head.remove_suffix(std::min<size_t>(head.size(), 4));
  const std::vector<absl::string_view> lines = absl::StrSplit(Abseil(head), "\r\n");
  const std::vector<absl::string_view> words = absl::StrSplit(lines[0], ' ');
  if (words.size() != 3) return PlainAnswer(400);
  const std::string_view method(words[0].data(), words[0].size());
  const std::string_view target(words[1].data(), words[1].size());
  if (!IsToken(method) || target.empty() || target[0] != '/' || !IsVisible(target)) {
    return PlainAnswer(400);
  }
  if (words[2] != "HTTP/1.1" && words[2] != "HTTP/1.0") {
    return PlainAnswer(absl::StartsWith(words[2], "HTTP/") ? 505 : 400);
  }
  Headers headers;
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!headers.Read({lines[i].data(), lines[i].size()})) return PlainAnswer(400);
  }
  AdminRequest request{.head = method == "HEAD"};
  if (!headers.Finish(words[2] == "HTTP/1.1", &request)) return PlainAnswer(400);
  if (method != "GET" && method != "HEAD") return PlainAnswer(405);
  const size_t question = target.find('?');
  request.path = std::string(target.substr(0, question));
  if (question != std::string_view::npos) request.query = std::string(target.substr(question + 1));
  return request;
}

std::string SerializeAnswer(const AdminAnswer& answer, bool head, bool https, absl::Time now) {
  std::string text = absl::StrCat(
      "HTTP/1.1 ", answer.status, " ", Abseil(Reason(answer.status)),
      "\r\nDate: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone()),
      "\r\nContent-Type: ", answer.content_type, "\r\nContent-Length: ", answer.body.size(),
      "\r\nConnection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\n");
  bool has_policy = false;
  for (const auto& [name, value] : answer.headers) {
    has_policy = has_policy || name == "Content-Security-Policy";
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  }
  if (!has_policy) {
    text += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
  }
  if (https) text += "Strict-Transport-Security: max-age=31536000\r\n";
  text += "\r\n";
  if (!head) text += answer.body;
  return text;
}

}  // namespace warden
