// The forms in which a text is compared with attacks.
#ifndef WARDEN_INTERCEPTORS_CONTENT_DECODE_H_
#define WARDEN_INTERCEPTORS_CONTENT_DECODE_H_

#include <string>
#include <string_view>

namespace warden::content {

// Takes encodings off a folded text (fold.h): %41, %u0041, &#65;, &#x41;, &lt; and the like, \x41,
// \u0041, \u{41}; three times over, since what was encoded twice is decoded twice by somebody. The
// result is folded. Linear; never longer than the text.
std::string Decode(std::string_view folded);

// Whether Decode could change the text.
bool MayBeEncoded(std::string_view folded);

// SQL without its comments: each is a space, but for those that MySQL executes (`/*!...*/`), of
// which what is inside stays.
std::string WithoutSqlComments(std::string_view text);

// Without control characters, which browsers skip within names and schemes.
std::string WithoutControls(std::string_view text);

// A shell's words without the quotes, backslashes and empty expansions that can stand within them.
std::string WithoutShellQuotes(std::string_view text);

}  // namespace warden::content

#endif  // WARDEN_INTERCEPTORS_CONTENT_DECODE_H_
