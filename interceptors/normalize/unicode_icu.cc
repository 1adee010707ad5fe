// Unicode's normalization forms (UAX 15) and simple case mappings, by ICU.
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <stdexcept>

#include "interceptors/normalize/text_forms.h"

namespace warden::normalize {
namespace {

std::string Form(std::string_view text, bool compatibility) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const form = compatibility ? icu::Normalizer2::getNFKCInstance(error)
                                                     : icu::Normalizer2::getNFCInstance(error);
  std::string out;
  if (U_SUCCESS(error)) {
    icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(text.size()));
    form->normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink, nullptr, error);
  }
  if (U_FAILURE(error)) throw std::runtime_error("ICU cannot normalise");
  return out;
}

std::string Case(std::string_view text, UChar32 (*map)(UChar32)) {
  std::string out;
  out.reserve(text.size());
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto length = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < length;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, i, length, c);
    uint8_t encoded[U8_MAX_LENGTH];
    int32_t size = 0;
    U8_APPEND_UNSAFE(encoded, size, map(c));
    out.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  }
  return out;
}

}  // namespace

bool HasUnicode() { return true; }

std::string UnicodeForm(std::string_view text, Step step) {
  switch (step) {
    case Step::kNfc:
      return Form(text, false);
    case Step::kNfkc:
      return Form(text, true);
    case Step::kLower:
      return Case(text, u_tolower);
    case Step::kUpper:
      return Case(text, u_toupper);
    case Step::kTrim:
    case Step::kCollapseSpaces:
      break;
  }
  return std::string(text);
}

}  // namespace warden::normalize
