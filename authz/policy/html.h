// Text inside HTML.
#ifndef WARDEN_AUTHZ_POLICY_HTML_H_
#define WARDEN_AUTHZ_POLICY_HTML_H_

#include <string>
#include <string_view>

namespace warden {

// Safe as the content of an element and of a quoted attribute.
inline std::string HtmlText(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

}  // namespace warden

#endif  // WARDEN_AUTHZ_POLICY_HTML_H_
