#include "authz/config/problem.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/config/source_map.h"

namespace warden {
namespace {

constexpr size_t kMostQuoted = 60;
constexpr size_t kLongestComparedName = 128;

// Edits (a letter added, dropped or replaced, two neighbours swapped) from one to the other, or
// `limit` + 1 where it takes more.
size_t EditDistance(std::string_view a, std::string_view b, size_t limit) {
  const size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return limit + 1;
  std::vector<size_t> before;  // two rows back
  std::vector<size_t> last(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1, i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before = std::exchange(last, std::move(row));
  }
  return std::min(last.back(), limit + 1);
}

}  // namespace

std::string ToString(const Problem& problem) {
  return absl::StrCat(problem.place, ": ", problem.message);
}

void ProblemList::Add(std::string place, std::string message) {
  if (problems_.size() >= kMostKept) {
    ++dropped_;
    return;
  }
  problems_.push_back({std::move(place), std::move(message)});
}

void ProblemList::AddAt(const SourceMap& places, std::string_view path, std::string_view message) {
  if (problems_.size() >= kMostKept) {  // before the place is looked for, which takes time
    ++dropped_;
    return;
  }
  std::string text(path);
  if (!text.empty()) text += ": ";
  text += message;
  problems_.push_back({places.Place(path), std::move(text)});
}

absl::Status ProblemList::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  std::string text = absl::StrJoin(problems_, "\n", [](std::string* out, const Problem& problem) {
    absl::StrAppend(out, ToString(problem));
  });
  if (dropped_ > 0) absl::StrAppend(&text, "\n... and ", dropped_, " more problems");
  return absl::InvalidArgumentError(text);
}

std::string Quoted(std::string_view text) {
  const bool cut = text.size() > kMostQuoted;
  size_t length = std::min(text.size(), kMostQuoted);
  // Not in the middle of a UTF-8 sequence.
  while (cut && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return absl::StrCat("`", absl::Utf8SafeCEscape(absl::string_view(text.data(), length)),
                      cut ? "..." : "", "`");
}

std::string NearestName(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.empty() || name.size() > kLongestComparedName) return "";
  // A third of the letters may differ: `role` is near `roles`, not near `peer`.
  size_t limit = std::max<size_t>(1, name.size() / 3);
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestComparedName) continue;
    const size_t distance = EditDistance(name, candidate, limit);
    if (distance > limit) continue;
    nearest = &candidate;
    if (distance == 0) break;
    limit = distance - 1;
  }
  return nearest == nullptr ? "" : *nearest;
}

std::string Suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", Quoted(nearest), "?");
}

}  // namespace warden
