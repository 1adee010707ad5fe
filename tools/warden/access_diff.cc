#include "tools/warden/access_diff.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace warden::cli {
namespace {

constexpr char kAnonymous[] = "(anonymous)";
constexpr char kAuthenticated[] = "(authenticated)";

// Whether each of them may call the row's method.
std::map<std::string, bool> Cells(const AccessMatrix& matrix, const AccessMatrix::Row& row) {
  std::map<std::string, bool> cells = {{kAnonymous, row.anonymous},
                                       {kAuthenticated, row.authenticated}};
  for (size_t i = 0; i < matrix.roles.size(); ++i) cells[matrix.roles[i]] = row.roles[i];
  return cells;
}

// A role that only one of the policies has may call nothing by the other, but what callers without
// a role may.
bool May(const std::map<std::string, bool>& cells, const std::string& who) {
  const auto found = cells.find(who);
  return found == cells.end() ? cells.at(kAuthenticated) : found->second;
}

template <typename Messages>
std::vector<std::string> AsLines(const Messages& messages) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::vector<std::string> lines;
  for (const auto& message : messages) {
    std::string& line = lines.emplace_back();
    if (!google::protobuf::util::MessageToJsonString(message, &line, options).ok()) {
      line = message.ShortDebugString();
    }
  }
  return lines;
}

LineDiff Compare(std::vector<std::string> before, std::vector<std::string> after) {
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  LineDiff diff;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(diff.added));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(diff.removed));
  return diff;
}

void AppendLines(const LineDiff& diff, absl::string_view what, std::string* text) {
  for (const std::string& line : diff.added) absl::StrAppend(text, "+ ", what, " ", line, "\n");
  for (const std::string& line : diff.removed) absl::StrAppend(text, "- ", what, " ", line, "\n");
}

nlohmann::ordered_json AsJson(const std::vector<AccessDiff::Change>& changes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const AccessDiff::Change& change : changes) {
    list.push_back({{"method", change.method}, {"who", change.who}});
  }
  return list;
}

// Each line is a document of its own.
nlohmann::ordered_json AsJson(const std::vector<std::string>& lines) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const std::string& line : lines) {
    nlohmann::ordered_json parsed = nlohmann::ordered_json::parse(line, nullptr, false);
    list.push_back(parsed.is_discarded() ? nlohmann::ordered_json(line) : std::move(parsed));
  }
  return list;
}

}  // namespace

AccessDiff DiffAccess(const PolicySide& before, const PolicySide& after) {
  AccessDiff diff;
  diff.old_sha256 = before.matrix.policy_sha256;
  diff.new_sha256 = after.matrix.policy_sha256;
  for (size_t i = 0; i < before.matrix.rows.size(); ++i) {
    const std::map<std::string, bool> was = Cells(before.matrix, before.matrix.rows[i]);
    const std::map<std::string, bool> is = Cells(after.matrix, after.matrix.rows[i]);
    std::map<std::string, bool> all = was;
    all.insert(is.begin(), is.end());
    for (const auto& [who, unused] : all) {
      if (May(was, who) == May(is, who)) continue;
      (May(is, who) ? diff.gains : diff.loses).push_back({before.matrix.rows[i].method, who});
    }
  }
  diff.roles = Compare(before.matrix.roles, after.matrix.roles);
  diff.bindings = Compare(AsLines(before.file.bindings()), AsLines(after.file.bindings()));
  diff.denials = Compare(AsLines(before.file.deny()), AsLines(after.file.deny()));
  return diff;
}

std::string DiffAsText(const AccessDiff& diff) {
  std::string text;
  for (const AccessDiff::Change& change : diff.gains) {
    absl::StrAppend(&text, "+ ", change.method, ": ", change.who, " may call it now\n");
  }
  for (const AccessDiff::Change& change : diff.loses) {
    absl::StrAppend(&text, "- ", change.method, ": ", change.who, " may no longer call it\n");
  }
  AppendLines(diff.roles, "role", &text);
  AppendLines(diff.bindings, "binding", &text);
  AppendLines(diff.denials, "deny", &text);
  return text.empty() ? "no difference\n" : text;
}

std::string DiffAsJson(const AccessDiff& diff) {
  const nlohmann::ordered_json document = {{"old_sha256", diff.old_sha256},
                                           {"new_sha256", diff.new_sha256},
                                           {"gains", AsJson(diff.gains)},
                                           {"loses", AsJson(diff.loses)},
                                           {"roles_added", diff.roles.added},
                                           {"roles_removed", diff.roles.removed},
                                           {"bindings_added", AsJson(diff.bindings.added)},
                                           {"bindings_removed", AsJson(diff.bindings.removed)},
                                           {"denials_added", AsJson(diff.denials.added)},
                                           {"denials_removed", AsJson(diff.denials.removed)}};
  return document.dump(2) + "\n";
}

}  // namespace warden::cli
