#include "authz/policy/access_matrix.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/policy/access_condition.h"
#include "authz/policy/check.h"
#include "authz/policy/html.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Cells = std::vector<std::string>;

// Headings and one line of cells for each row. A name in parentheses cannot be a role's.
std::vector<Cells> CellsOf(const AccessMatrix& matrix) {
  std::vector<Cells> lines;
  Cells& headings =
      lines.emplace_back(Cells{"method", "asks for", "(anonymous)", "(authenticated)"});
  headings.insert(headings.end(), matrix.roles.begin(), matrix.roles.end());
  const auto mark = [](bool allowed) { return std::string(allowed ? "yes" : "-"); };
  for (const AccessMatrix::Row& row : matrix.rows) {
    Cells& cells = lines.emplace_back(
        Cells{row.method, ToString(row.access), mark(row.anonymous), mark(row.authenticated)});
    for (const bool allowed : row.roles) cells.push_back(mark(allowed));
  }
  return lines;
}

std::vector<size_t> WidthsOf(const std::vector<Cells>& lines) {
  std::vector<size_t> widths(lines.front().size(), 0);
  for (const Cells& cells : lines) {
    for (size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  return widths;
}

std::string_view KindName(MethodAccess::Kind kind) {
  switch (kind) {
    case MethodAccess::Kind::kPublic:
      return "public";
    case MethodAccess::Kind::kAuthenticated:
      return "authenticated";
    case MethodAccess::Kind::kPermissions:
      break;
  }
  return "permissions";
}

std::vector<std::string> NamesOf(CredentialSet set) {
  std::vector<std::string> names;
  for (const Credential one : {Credential::kPeer, Credential::kBearer, Credential::kApiKey}) {
    if (set.Has(one)) names.emplace_back(ToString(one));
  }
  return names;
}

}  // namespace

absl::StatusOr<AccessMatrix> MakeAccessMatrix(
    const std::vector<const google::protobuf::MethodDescriptor*>& methods,
    std::shared_ptr<const Policy> policy) {
  const std::vector<Problem> problems = CheckMethods(methods, policy.get());
  if (!problems.empty()) {
    return absl::InvalidArgumentError(
        absl::StrJoin(problems, "\n", [](std::string* out, const Problem& problem) {
          absl::StrAppend(out, warden::ToString(problem));
        }));
  }
  AccessMatrix matrix;
  matrix.policy_sha256 = policy->sha256();
  matrix.roles = policy->roles();
  for (const google::protobuf::MethodDescriptor* method : methods) {
    absl::StatusOr<MethodAccess> access = ResolveAccess(*method);
    if (!access.ok()) return access.status();
    AccessMatrix::Row& row = matrix.rows.emplace_back();
    row.method = absl::StrCat("/", method->service()->full_name(), "/", method->name());
    const absl::StatusOr<AccessRule> rule = AccessRule::Compile(*access, policy, row.method);
    if (!rule.ok()) return rule.status();
    const auto allows = [&](bool authenticated, std::string_view role) {
      const AccessVerdict verdict = rule->Judge(authenticated, policy->RightsOfRole(role));
      return verdict == AccessVerdict::kAllowed || verdict == AccessVerdict::kAllowedByBreakGlass;
    };
    row.access = *std::move(access);
    row.anonymous = allows(/*authenticated=*/false, "");
    row.authenticated = allows(/*authenticated=*/true, "");
    for (const std::string& role : matrix.roles) {
      row.roles.push_back(allows(/*authenticated=*/true, role));
    }
  }
  return matrix;
}

std::string MatrixAsTable(const AccessMatrix& matrix) {
  std::vector<Cells> lines = CellsOf(matrix);
  const std::vector<size_t> widths = WidthsOf(lines);
  Cells rule;
  for (const size_t width : widths) rule.emplace_back(width, '-');
  lines.insert(lines.begin() + 1, std::move(rule));
  std::string text;
  for (const Cells& cells : lines) {
    for (size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 < cells.size()) text.append(widths[i] - cells[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string MatrixAsMarkdown(const AccessMatrix& matrix) {
  std::vector<Cells> lines = CellsOf(matrix);
  for (size_t i = 1; i < lines.size(); ++i) lines[i][0] = absl::StrCat("`", lines[i][0], "`");
  Cells rule(lines.front().size(), ":-:");
  rule[0] = rule[1] = "---";
  lines.insert(lines.begin() + 1, std::move(rule));
  std::string text;
  for (const Cells& cells : lines)
    absl::StrAppend(&text, "| ", absl::StrJoin(cells, " | "), " |\n");
  return text;
}

std::string MatrixAsHtml(const AccessMatrix& matrix) {
  const std::vector<Cells> lines = CellsOf(matrix);
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Access "
      "matrix</title>\n"
      "<style>\n"
      "body { font: 14px sans-serif; margin: 2em }\n"
      "table { border-collapse: collapse }\n"
      "th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left }\n"
      "thead th { position: sticky; top: 0; background: #eee }\n"
      "td.yes { background: #cfe8cf; text-align: center }\n"
      "td.no { color: #999; text-align: center }\n"
      "</style>\n</head>\n<body>\n<h1>Access matrix</h1>\n";
  absl::StrAppend(&text, "<p>Policy <code>", HtmlText(matrix.policy_sha256),
                  "</code></p>\n<table>\n<thead>\n<tr>");
  for (const std::string& heading : lines.front()) {
    absl::StrAppend(&text, "<th scope=\"col\">", HtmlText(heading), "</th>");
  }
  text += "</tr>\n</thead>\n<tbody>\n";
  for (size_t i = 1; i < lines.size(); ++i) {
    absl::StrAppend(&text, "<tr><th scope=\"row\"><code>", HtmlText(lines[i][0]),
                    "</code></th><td>", HtmlText(lines[i][1]), "</td>");
    for (size_t j = 2; j < lines[i].size(); ++j) {
      const bool yes = lines[i][j] == "yes";
      absl::StrAppend(&text, "<td class=\"", yes ? "yes" : "no", "\">", lines[i][j], "</td>");
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n</body>\n</html>\n";
}

std::string MatrixAsJson(const AccessMatrix& matrix) {
  nlohmann::ordered_json methods = nlohmann::ordered_json::array();
  for (const AccessMatrix::Row& row : matrix.rows) {
    nlohmann::ordered_json roles = nlohmann::ordered_json::array();
    for (size_t i = 0; i < matrix.roles.size(); ++i) {
      if (row.roles[i]) roles.push_back(matrix.roles[i]);
    }
    nlohmann::ordered_json method = {{"method", row.method},
                                     {"access", KindName(row.access.kind)},
                                     {"permissions", row.access.all_of},
                                     {"any_of", row.access.any_of}};
    if (row.access.authn.has_value()) {
      method["authn"] = {{"any", NamesOf(row.access.authn->any)},
                         {"all", NamesOf(row.access.authn->all)}};
    }
    if (row.access.condition != nullptr) method["when"] = row.access.condition->text;
    method["anonymous"] = row.anonymous;
    method["authenticated"] = row.authenticated;
    method["roles"] = std::move(roles);
    methods.push_back(std::move(method));
  }
  const nlohmann::ordered_json document = {{"policy_sha256", matrix.policy_sha256},
                                           {"roles", matrix.roles},
                                           {"methods", std::move(methods)}};
  return document.dump(2) + "\n";
}

}  // namespace warden
