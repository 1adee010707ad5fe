#include "authz/token/compact_jws.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/token/base64url.h"
#include "authz/token/strict_json.h"
#include "nlohmann/json.hpp"

namespace warden {
namespace {

using Json = nlohmann::json;

Refused Malformed(std::string detail) {
  return Refused{TokenRefusal::kMalformed, std::move(detail)};
}

struct Segments {
  std::string_view header, payload, signature, signing_input;
};

OrRefused<Segments> Split(std::string_view compact) {
  const auto dots = std::count(compact.begin(), compact.end(), '.');
  if (dots == 4) return Malformed("five segments: an encrypted token (JWE)");
  if (dots != 2) return Malformed("not three segments");
  const size_t first = compact.find('.');
  const size_t second = compact.rfind('.');
  return Segments{compact.substr(0, first), compact.substr(first + 1, second - first - 1),
                  compact.substr(second + 1), compact.substr(0, second)};
}

OrRefused<Json> ParseHeader(std::string_view segment, size_t max_json_depth) {
  const std::optional<std::string> text = Base64UrlDecode(segment);
  if (!text.has_value()) return Malformed("the header is not base64url");
  absl::StatusOr<Json> header = ParseStrictJson(*text, max_json_depth);
  if (!header.ok()) return Malformed(absl::StrCat("header: ", header.status().message()));
  if (!header->is_object()) return Malformed("the header is not a JSON object");
  return *std::move(header);
}

// The header's parameter as a text, absent if the header has none.
OrRefused<std::optional<std::string>> TextParameter(const Json& header, const char* name) {
  const auto parameter = header.find(name);
  if (parameter == header.end()) return std::optional<std::string>();
  if (!parameter->is_string()) return Malformed(absl::StrCat(name, " is not a string"));
  return std::optional<std::string>(parameter->get<std::string>());
}

// RFC 7515 section 4.1.11: `crit` names extensions that must be understood, and Warden understands
// none. Whatever its form is, it refuses the token.
std::optional<Refused> CheckExtensions(const Json& header) {
  for (const char* name : {"crit", "b64"}) {
    if (header.contains(name)) {
      return Refused{TokenRefusal::kCritical,
                     absl::StrCat("the header has ", name, ", and no extension is understood")};
    }
  }
  return std::nullopt;
}

OrRefused<Algorithm> ReadAlgorithm(const Json& header) {
  auto alg = TextParameter(header, "alg");
  if (auto* refused = std::get_if<Refused>(&alg)) return std::move(*refused);
  const auto& name = std::get<std::optional<std::string>>(alg);
  if (!name.has_value()) return Malformed("the header has no alg");
  const std::optional<Algorithm> algorithm = ParseAlgorithm(*name);
  if (!algorithm.has_value()) {
    return Refused{TokenRefusal::kAlgorithmNotAllowed,
                   absl::StrCat("alg ", QuoteForLog(*name), " is not one that Warden verifies")};
  }
  return *algorithm;
}

// Fills the members that stand in the header.
std::optional<Refused> ReadHeader(std::string_view segment, size_t max_json_depth,
                                  CompactJws* jws) {
  auto header = ParseHeader(segment, max_json_depth);
  if (auto* refused = std::get_if<Refused>(&header)) return std::move(*refused);
  const Json& parameters = std::get<Json>(header);
  auto algorithm = ReadAlgorithm(parameters);
  if (auto* refused = std::get_if<Refused>(&algorithm)) return std::move(*refused);
  jws->algorithm = std::get<Algorithm>(algorithm);
  if (auto refused = CheckExtensions(parameters)) return refused;
  for (auto [name, member] : {std::pair("kid", &jws->key_id), std::pair("typ", &jws->type)}) {
    auto text = TextParameter(parameters, name);
    if (auto* refused = std::get_if<Refused>(&text)) return std::move(*refused);
    *member = std::get<std::optional<std::string>>(std::move(text));
  }
  return std::nullopt;
}

}  // namespace

std::string QuoteForLog(std::string_view text) {
  const std::string_view start = text.substr(0, 64);
  return absl::StrCat("\"", absl::CHexEscape(absl::string_view(start.data(), start.size())),
                      start.size() < text.size() ? "\"..." : "\"");
}

OrRefused<CompactJws> ParseCompactJws(std::string_view compact, size_t max_bytes,
                                      size_t max_json_depth) {
  if (compact.size() > max_bytes) {
    return Refused{TokenRefusal::kTooLarge,
                   absl::StrCat(compact.size(), " bytes, more than ", max_bytes)};
  }
  const auto split = Split(compact);
  if (const auto* refused = std::get_if<Refused>(&split)) return *refused;
  const Segments& segments = std::get<Segments>(split);
  CompactJws jws;
  jws.signing_input = segments.signing_input;
  if (auto refused = ReadHeader(segments.header, max_json_depth, &jws)) return *std::move(refused);
  std::optional<std::string> payload = Base64UrlDecode(segments.payload);
  if (!payload.has_value()) return Malformed("the payload is not base64url");
  std::optional<std::string> signature = Base64UrlDecode(segments.signature);
  if (!signature.has_value()) return Malformed("the signature is not base64url");
  jws.payload = *std::move(payload);
  jws.signature = *std::move(signature);
  return jws;
}

}  // namespace warden
