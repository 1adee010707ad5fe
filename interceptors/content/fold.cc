#include "interceptors/content/fold.h"

#include <algorithm>
#include <array>

namespace warden::content {
namespace {

constexpr char kDropped = '\x01';
constexpr char kUnchanged = '\0';

struct Range {
  char32_t first, last;
  char as;
};

// In ascending order. Sources: Unicode's Confusables.txt and the compatibility decompositions of
// UnicodeData.txt, as far as parsers and databases are known to make ASCII of them; property
// White_Space; Default_Ignorable_Code_Point.
constexpr std::array kRanges = {
    Range{0x0085, 0x0085, ' '},      Range{0x00A0, 0x00A0, ' '},
    Range{0x00AD, 0x00AD, kDropped}, Range{0x00B4, 0x00B4, '\''},
    Range{0x0130, 0x0131, 'i'},      Range{0x017F, 0x017F, 's'},
    Range{0x01C0, 0x01C0, '|'},      Range{0x02B9, 0x02B9, '\''},
    Range{0x02BA, 0x02BA, '"'},      Range{0x02BB, 0x02BD, '\''},
    Range{0x02C8, 0x02C8, '\''},     Range{0x02DD, 0x02DD, '"'},
    Range{0x034F, 0x034F, kDropped}, Range{0x037E, 0x037E, ';'},
    Range{0x055A, 0x055A, '\''},     Range{0x05F3, 0x05F3, '\''},
    Range{0x1680, 0x1680, ' '},      Range{0x180E, 0x180E, kDropped},
    Range{0x2000, 0x200A, ' '},      Range{0x200B, 0x200F, kDropped},
    Range{0x2010, 0x2015, '-'},      Range{0x2018, 0x201B, '\''},
    Range{0x201C, 0x201F, '"'},      Range{0x2024, 0x2024, '.'},
    Range{0x2028, 0x2029, ' '},      Range{0x202F, 0x202F, ' '},
    Range{0x2032, 0x2032, '\''},     Range{0x2033, 0x2033, '"'},
    Range{0x2039, 0x2039, '<'},      Range{0x203A, 0x203A, '>'},
    Range{0x2044, 0x2044, '/'},      Range{0x205F, 0x205F, ' '},
    Range{0x2060, 0x2064, kDropped}, Range{0x212A, 0x212A, 'k'},
    Range{0x2212, 0x2212, '-'},      Range{0x2215, 0x2215, '/'},
    Range{0x2216, 0x2216, '\\'},     Range{0x2217, 0x2217, '*'},
    Range{0x2223, 0x2223, '|'},      Range{0x2236, 0x2236, ':'},
    Range{0x2329, 0x2329, '<'},      Range{0x232A, 0x232A, '>'},
    Range{0x29F8, 0x29F8, '/'},      Range{0x29F9, 0x29F9, '\\'},
    Range{0x3000, 0x3000, ' '},      Range{0x3008, 0x3008, '<'},
    Range{0x3009, 0x3009, '>'},      Range{0xA78C, 0xA78C, '\''},
    Range{0xFE00, 0xFE0F, kDropped}, Range{0xFE5F, 0xFE5F, '#'},
    Range{0xFE64, 0xFE64, '<'},      Range{0xFE65, 0xFE65, '>'},
    Range{0xFE66, 0xFE66, '='},      Range{0xFE68, 0xFE68, '\\'},
    Range{0xFE69, 0xFE69, '$'},      Range{0xFE6A, 0xFE6A, '%'},
    Range{0xFEFF, 0xFEFF, kDropped},
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// The `index`th letter of alphabets that follow each other.
char Letter(char32_t index) { return static_cast<char>('a' + index % 26); }

char FoldCodePoint(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return Lower(static_cast<char>(c - 0xFEE0));
  if (c >= 0x24B6 && c <= 0x24E9) return Letter(c - 0x24B6);
  if (c >= 0x1D400 && c <= 0x1D6A3) return Letter(c - 0x1D400);
  if (c >= 0x1D7CE && c <= 0x1D7FF) return static_cast<char>('0' + (c - 0x1D7CE) % 10);
  const auto* found =
      std::lower_bound(kRanges.begin(), kRanges.end(), c,
                       [](const Range& range, char32_t wanted) { return range.last < wanted; });
  return found != kRanges.end() && c >= found->first ? found->as : kUnchanged;
}

}  // namespace

CodePoint ReadCodePoint(std::string_view text) {
  const auto at = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return {first, 1, true};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC0 || first > 0xF7 || text.size() < bytes) return {first, 1, false};
  char32_t value = first & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xC0) != 0x80) return {first, 1, false};
    value = value << 6 | (at(i) & 0x3Fu);
  }
  return {value, bytes, true};
}

std::string Fold(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = ReadCodePoint(text);
    const std::string_view bytes = text.substr(0, point.bytes);
    text.remove_prefix(point.bytes);
    if (!point.valid) {
      folded.append(bytes);
    } else if (point.value < 0x80) {
      const char c = static_cast<char>(point.value);
      folded.push_back(c == '\v' ? ' ' : Lower(c));
    } else if (const char as = FoldCodePoint(point.value); as == kUnchanged) {
      folded.append(bytes);
    } else if (as != kDropped) {
      folded.push_back(as);
    }
  }
  return folded;
}

}  // namespace warden::content
