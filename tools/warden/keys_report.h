// What `warden keys check` says of a key set.
#ifndef WARDEN_TOOLS_WARDEN_KEYS_REPORT_H_
#define WARDEN_TOOLS_WARDEN_KEYS_REPORT_H_

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "authz/token/jwks.h"

namespace warden::cli {

// A key set as it was found.
struct PublishedKeys {
  std::string text;
  bool over_http = false;
  std::string cache_control, expires;  // headers
};

struct KeyRow {
  size_t index = 0;  // in `keys`
  std::optional<std::string> kid;
  std::string kty, crv, use;
  int bits = 0;
  std::vector<std::string> algorithms;
  std::string thumbprint;  // RFC 7638 with SHA-256; "" for a secret, whose must not be shown
};

struct KeysReport {
  std::vector<KeyRow> usable;
  std::vector<KeySet::Skipped> skipped;
  std::vector<std::string> problems;  // why the set as a whole would be refused
  std::vector<std::string> warnings;
};

KeysReport ReportOf(const PublishedKeys& published);

void PrintText(const KeysReport& report, std::ostream& out);
void PrintJson(const KeysReport& report, std::ostream& out);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_KEYS_REPORT_H_
