#include "interceptors/http/http_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr size_t kMaxUrlBytes = 2048;

// What stands between the scheme and the path.
std::string_view AuthorityOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#\\"));
}

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
         c == '*';
}

void AppendEncoded(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out->push_back(c);
    } else if (c == ' ') {
      out->push_back('+');
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out->append({'%', kHex[octet >> 4], kHex[octet & 15]});
    }
  }
}

}  // namespace

std::string_view HttpResponse::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return "";
}

absl::Status CheckHttpsUrl(std::string_view url) {
  if (url.size() > kMaxUrlBytes) {
    return absl::InvalidArgumentError("the URL is longer than 2048 bytes");
  }
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  if (!printable) return absl::InvalidArgumentError("the URL has a character that URLs have not");
  if (url.substr(0, kScheme.size()) != kScheme) {
    return absl::InvalidArgumentError("the URL does not begin with https://");
  }
  const std::string_view authority = AuthorityOf(url);
  if (authority.empty() || authority.front() == ':') {
    return absl::InvalidArgumentError("the URL has no host");
  }
  if (authority.find('@') != std::string_view::npos) {
    return absl::InvalidArgumentError("the URL has user information before its host");
  }
  if (url.find('#') != std::string_view::npos) {
    return absl::InvalidArgumentError("the URL has a fragment");
  }
  return absl::OkStatus();
}

std::string HostOfUrl(std::string_view url) {
  std::string_view authority = AuthorityOf(url);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    authority.remove_prefix(at + 1);
  }
  std::string host(authority.substr(0, 256));
  for (char& c : host) {
    if (c <= ' ' || c >= '\x7f') c = '?';
  }
  return host;
}

std::string EncodeForm(absl::Span<const std::pair<std::string, std::string>> fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    if (!form.empty()) form.push_back('&');
    AppendEncoded(name, &form);
    form.push_back('=');
    AppendEncoded(value, &form);
  }
  return form;
}

}  // namespace warden
