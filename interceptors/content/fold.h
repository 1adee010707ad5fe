// Characters that readers of a text take for ASCII ones become these.
#ifndef WARDEN_INTERCEPTORS_CONTENT_FOLD_H_
#define WARDEN_INTERCEPTORS_CONTENT_FOLD_H_

#include <string>
#include <string_view>

namespace warden::content {

// `text` in lower case, where: fullwidth, mathematical and circled letters are plain ones;
// typographic quotes, dashes, slashes and brackets are the ASCII ones; spaces that are not ASCII's,
// and the vertical tab, are spaces; characters without width are gone; ASCII that is encoded in
// more bytes than it needs (overlong UTF-8) is ASCII. Everything else stays as it is, also bytes
// that are no UTF-8. Never longer than `text`. Linear.
std::string Fold(std::string_view text);

// Reads the code point at the front of `text` and its length in bytes, also of overlong forms; the
// byte itself and 1 where there is none. REQUIRES: not empty.
struct CodePoint {
  char32_t value;
  size_t bytes;
  bool valid;
};
CodePoint ReadCodePoint(std::string_view text);

}  // namespace warden::content

#endif  // WARDEN_INTERCEPTORS_CONTENT_FOLD_H_
