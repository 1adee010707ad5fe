#include "tools/warden/keys_report.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "authz/token/base64url.h"
#include "authz/token/jwk.h"
#include "authz/token/strict_json.h"
#include "interceptors/observe/sanitize.h"
#include "nlohmann/json.hpp"

namespace warden::cli {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr size_t kMaxDepth = 16;
constexpr size_t kMaxShown = 128;

std::string TextMember(const Json& jwk, const char* name) {
  const auto member = jwk.find(name);
  return member != jwk.end() && member->is_string() ? member->get<std::string>() : "";
}

std::string Place(const KeyRow& row) { return absl::StrCat("keys[", row.index, "]"); }

KeyRow RowOf(size_t index, const Json& jwk, const VerificationKey& key) {
  KeyRow row;
  row.index = index;
  row.kid = key.key_id();
  row.kty = TextMember(jwk, "kty");
  row.crv = TextMember(jwk, "crv");
  row.use = TextMember(jwk, "use");
  row.bits = key.bits();
  for (const Algorithm algorithm : AllAlgorithms()) {
    if (key.algorithms().Contains(algorithm)) row.algorithms.emplace_back(AlgorithmName(algorithm));
  }
  if (!key.symmetric()) {
    row.thumbprint = Base64UrlEncode({reinterpret_cast<const char*>(key.identity().data()), 32});
  }
  return row;
}

void Warn(const KeyRow& row, const Json& jwk, KeysReport* report) {
  const auto warn = [&](const char* text) {
    report->warnings.push_back(absl::StrCat(Place(row), ": ", text));
  };
  if (!row.kid.has_value()) warn("has no kid: tokens cannot say that it is meant");
  if (!jwk.contains("alg") && row.algorithms.size() > 1) {
    warn("has no alg: it verifies with each algorithm that fits it");
  }
  if (TextMember(jwk, "alg") == "ES521") warn("alg is ES521, which does not exist; read as ES512");
  if (row.kty == "oct") warn("is a secret: whoever has this set can make tokens");
  if (HasPrivateMembers(jwk)) warn("carries private members: this key has leaked");
  for (const KeyRow& other : report->usable) {
    if (!row.thumbprint.empty() && other.thumbprint == row.thumbprint) {
      warn(absl::StrCat("is the same key as ", Place(other)).c_str());
    }
  }
}

void ReadRows(const Json& keys, KeysReport* report) {
  for (size_t i = 0; i < keys.size(); ++i) {
    const absl::StatusOr<VerificationKey> key = VerificationKey::FromJwk(keys[i]);
    if (!key.ok()) {
      KeySet::Skipped skipped{.index = i, .reason = std::string(key.status().message())};
      if (keys[i].is_object() && keys[i].contains("kid"))
        skipped.key_id = TextMember(keys[i], "kid");
      report->skipped.push_back(std::move(skipped));
      continue;
    }
    KeyRow row = RowOf(i, keys[i], *key);
    Warn(row, keys[i], report);
    report->usable.push_back(std::move(row));
  }
}

}  // namespace

KeysReport ReportOf(const PublishedKeys& published) {
  KeysReport report;
  const auto set = KeySet::Parse(published.text);
  if (!set.ok()) {
    for (const absl::string_view problem : absl::StrSplit(set.status().message(), "; ")) {
      report.problems.emplace_back(problem);
    }
  }
  const absl::StatusOr<Json> json = published.text.size() > KeySetOptions{}.max_bytes
                                        ? absl::InvalidArgumentError("too long")
                                        : ParseStrictJson(published.text, kMaxDepth);
  if (json.ok() && json->is_object() && json->contains("keys") && json->at("keys").is_array() &&
      json->at("keys").size() <= KeySetOptions{}.max_keys) {
    ReadRows(json->at("keys"), &report);
  }
  if (published.over_http && published.cache_control.empty() && published.expires.empty()) {
    report.warnings.emplace_back(
        "the answer has neither Cache-Control nor Expires: it is fetched each max_interval");
  }
  return report;
}

void PrintText(const KeysReport& report, std::ostream& out) {
  for (const KeyRow& row : report.usable) {
    out << Place(row) << " kid " << (row.kid.has_value() ? Sanitize(*row.kid, kMaxShown) : "-")
        << ": " << row.kty << (row.crv.empty() ? "" : " " + row.crv) << ", " << row.bits
        << " bits, use " << (row.use.empty() ? "-" : row.use) << ", for "
        << absl::StrJoin(row.algorithms, " ")
        << (row.thumbprint.empty() ? "" : ", thumbprint " + row.thumbprint) << '\n';
  }
  for (const KeySet::Skipped& skipped : report.skipped) {
    out << "skipped: " << Sanitize(skipped.ToString(), 1024) << '\n';
  }
  for (const std::string& warning : report.warnings) out << "warning: " << warning << '\n';
  for (const std::string& problem : report.problems) {
    out << "refused: " << Sanitize(problem, 1024) << '\n';
  }
  out << (report.problems.empty() ? "usable" : "refused") << ": " << report.usable.size()
      << " good, " << report.skipped.size() << " skipped\n";
}

void PrintJson(const KeysReport& report, std::ostream& out) {
  OrderedJson json;
  json["verdict"] = report.problems.empty() ? "usable" : "refused";
  json["keys"] = OrderedJson::array();
  for (const KeyRow& row : report.usable) {
    OrderedJson key;
    key["index"] = row.index;
    if (row.kid.has_value()) key["kid"] = *row.kid;
    key["kty"] = row.kty;
    if (!row.crv.empty()) key["crv"] = row.crv;
    if (!row.use.empty()) key["use"] = row.use;
    key["bits"] = row.bits;
    key["algorithms"] = row.algorithms;
    if (!row.thumbprint.empty()) key["thumbprint"] = row.thumbprint;
    json["keys"].push_back(std::move(key));
  }
  json["skipped"] = OrderedJson::array();
  for (const KeySet::Skipped& skipped : report.skipped) {
    OrderedJson key;
    key["index"] = skipped.index;
    if (skipped.key_id.has_value()) key["kid"] = *skipped.key_id;
    key["reason"] = skipped.reason;
    json["skipped"].push_back(std::move(key));
  }
  json["problems"] = report.problems;
  json["warnings"] = report.warnings;
  out << json.dump(2, ' ', true, OrderedJson::error_handler_t::replace) << '\n';
}

}  // namespace warden::cli
