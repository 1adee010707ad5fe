#include "authz/policy/match_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/identity/name_pattern.h"
#include "authz/identity/spiffe_id.h"
#include "authz/policy/names.h"

namespace warden {
namespace {

constexpr size_t kSha256HexDigits = 64;

bool IsDnsLabel(std::string_view label) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !label.empty() && label.size() <= 63 && plain(label.front()) && plain(label.back()) &&
         std::all_of(label.begin(), label.end(), [&](char c) { return plain(c) || c == '-'; });
}

std::string CheckDnsName(std::string_view name) {
  if (name.find('*') != std::string_view::npos) {
    return absl::StrCat(Quoted(name), " has a wildcard; names are compared exactly");
  }
  bool good = name.size() <= 253;
  for (size_t begin = 0; good && begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    good = IsDnsLabel(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return good ? "" : absl::StrCat(Quoted(name), " is not a DNS name in lower case");
}

std::string CheckSpiffeId(std::string_view id) {
  const bool wildcard = id.find('*') != std::string_view::npos;
  const absl::Status status =
      wildcard ? SpiffePattern::Parse(id).status() : SpiffeId::Parse(id).status();
  if (status.ok()) return "";
  return absl::StrCat(Quoted(id), " is not a SPIFFE ID", wildcard ? " pattern" : "", ": ",
                      status.message());
}

// RFC 6749 section 3.3.
std::string CheckScope(std::string_view scope) {
  const bool good = std::all_of(scope.begin(), scope.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (good) return "";
  return absl::StrCat(Quoted(scope),
                      " is not a scope: printable ASCII without spaces, quotes and backslashes");
}

std::string CheckSha256(std::string_view text) {
  const bool good =
      text.size() == kSha256HexDigits && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      });
  if (good) return "";
  return absl::StrCat(Quoted(text),
                      " is not a SHA-256: 64 lower-case hexadecimal digits, without colons");
}

std::string CheckKeyId(std::string_view id) {
  if (IsApiKeyId(id)) return "";
  return absl::StrCat(Quoted(id), " is not the id of an API key; use ",
                      absl::string_view(kApiKeyIdGrammar.data(), kApiKeyIdGrammar.size()));
}

std::string NoCheck(std::string_view) { return ""; }

}  // namespace

std::string CheckName(std::string_view name) {
  if (IsValidName(name)) return "";
  return absl::StrCat(Quoted(name), " is not a valid name; use ", std::string(kNameGrammar));
}

void MatchReader::CheckIssuer(const CallerMatch& match, const std::string& path) {
  if (!match.issuer.empty() && !match.ByToken()) {
    Report(ChildPath(path, "issuer"), "limits `claim` and `scopes`, but neither is here");
  }
}

CallerMatch::Claim MatchReader::ReadClaim(const v1::ClaimMatch& claim, const std::string& path) {
  CallerMatch::Claim read;
  absl::StatusOr<ClaimPath> names = ParseClaimPath(claim.path());
  if (names.ok()) {
    read.path = *std::move(names);
  } else {
    Report(ChildPath(path, "path"), std::string(names.status().message()));
  }
  if (claim.values().empty()) Report(path, "has no values; list at least one");
  read.values = ReadList(claim.values(), ChildPath(path, "values"), NoCheck);
  return read;
}

CallerMatch::PeerNames MatchReader::ReadPeer(const v1::PeerMatch& peer, const std::string& path) {
  if (peer.spiffe_ids().empty() && peer.dns_names().empty() && peer.certificate_sha256().empty() &&
      peer.common_names().empty()) {
    Report(path,
           "names no peer; set `spiffe_ids`, `dns_names`, `certificate_sha256` or `common_names`");
  }
  return {.spiffe_ids = ReadList(peer.spiffe_ids(), ChildPath(path, "spiffe_ids"), CheckSpiffeId),
          .dns_names = ReadList(peer.dns_names(), ChildPath(path, "dns_names"), CheckDnsName),
          .certificate_sha256 = ReadList(peer.certificate_sha256(),
                                         ChildPath(path, "certificate_sha256"), CheckSha256),
          .common_names = ReadList(peer.common_names(), ChildPath(path, "common_names"), NoCheck)};
}

CallerMatch::KeyNames MatchReader::ReadApiKey(const v1::ApiKeyMatch& key, const std::string& path) {
  if (key.ids().empty() && key.scopes().empty()) {
    Report(path, "names no key; set `ids` or `scopes`");
  }
  return {.ids = ReadList(key.ids(), ChildPath(path, "ids"), CheckKeyId),
          .scopes = ReadList(key.scopes(), ChildPath(path, "scopes"), CheckName)};
}

std::vector<std::string> MatchReader::ReadScopes(const Texts& scopes, const std::string& path) {
  return ReadList(scopes, path, CheckScope);
}

AddressSet MatchReader::ReadAddresses(const Texts& ranges, const std::string& path) {
  AddressSet set;
  ReadList(ranges, path, [&](std::string_view range) -> std::string {
    const absl::Status status = set.Add(range);
    return status.ok() ? "" : absl::StrCat(Quoted(range), " ", status.message());
  });
  return set;
}

}  // namespace warden
