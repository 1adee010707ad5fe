#include "interceptors/leaks/leak_patterns.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace warden::leaks {
namespace {

// RFC 7515 section 4.1.1, RFC 7516 section 4.1.1: a header names its algorithm.
bool HasJoseHeader(std::string_view token) {
  std::string header;
  const std::string_view first = token.substr(0, token.find('.'));
  if (!absl::WebSafeBase64Unescape(absl::string_view(first.data(), first.size()), &header)) {
    return false;
  }
  return absl::StrContains(header, "\"alg\"");
}

// A sentence about tokens has none of these.
bool HasDigit(std::string_view match) {
  return std::any_of(match.begin(), match.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `https://user:PASSWORD@host` of a manual.
bool HasRealPassword(std::string_view match) {
  const size_t at = match.rfind('@');
  const size_t scheme = match.find("://");
  const size_t colon = match.find(':', scheme + 3);
  const std::string_view password = match.substr(colon + 1, at - colon - 1);
  for (const std::string_view filler :
       {"password", "PASSWORD", "pass", "secret", "xxx", "XXX", "***", "...", "<", "{", "$", "["}) {
    if (password.substr(0, filler.size()) == filler) return false;
  }
  return true;
}

std::vector<LeakPattern> Keys() {
  return {
      // RFC 7468 section 10 and 11, OpenSSH's PROTOCOL.key, RFC 9580 section 6.2.
      {Leak::kPrivateKey, "PRIVATE KEY",
       "-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----",
       "(?s)-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----.*"},
      {Leak::kPrivateKey, "PuTTY-User-Key-File-",
       "PuTTY-User-Key-File-[0-9]: ", "(?s)PuTTY-User-Key-File-[0-9]: .*"},
      {Leak::kPrivateKey, "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1[0-9A-Z]{58}"},
      // `{"` in base64url; a signed token has three parts, an encrypted one five.
      {Leak::kJwt, "eyJ", "eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){2,4}[A-Za-z0-9_-]", nullptr,
       HasJoseHeader},
  };
}

std::vector<LeakPattern> Tokens() {
  constexpr Leak kToken = Leak::kAccessToken;
  return {
      {kToken, "gh[pousr]_", "\\bgh[pousr]_[A-Za-z0-9]{36}"},
      {kToken, "github_pat_", "\\bgithub_pat_[A-Za-z0-9_]{40}"},
      {kToken, "glpat-", "\\bglpat-[A-Za-z0-9_-]{20}"},
      {kToken, "xox[abeprs]-", "\\bxox[abeprs]-[0-9]+-[A-Za-z0-9-]{10,}"},
      {kToken, "xapp-", "\\bxapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-f0-9]{32}"},
      {kToken, "hooks\\.slack\\.com", "hooks\\.slack\\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/\\w{20}"},
      {kToken, "A(?:KIA|SIA|BIA|CCA)", "\\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\\b"},
      {kToken, "(?i)secret_?access_?key",
       "(?i)secret_?access_?key[\"']?\\s*[:=]\\s*[\"']?[A-Za-z0-9/+]{40}\\b"},
      {kToken, "AIza", "\\bAIza[0-9A-Za-z_-]{35}"},
      {kToken, "ya29\\.", "\\bya29\\.[0-9A-Za-z_-]{30}"},
      {kToken, "GOCSPX-", "\\bGOCSPX-[A-Za-z0-9_-]{28}"},
      {kToken, "\"service_account\"", "\"type\"\\s*:\\s*\"service_account\""},
      {kToken, "[rs]k_(?:live|test)_", "\\b[rs]k_(?:live|test)_[0-9A-Za-z]{16}"},
      {kToken, "whsec_", "\\bwhsec_[A-Za-z0-9+/]{32}"},
      {kToken, "SG\\.", "\\bSG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"},
      {kToken, "npm_", "\\bnpm_[A-Za-z0-9]{36}\\b"},
      {kToken, "pypi-AgE", "\\bpypi-AgE[A-Za-z0-9_-]{50}"},
      {kToken, "shp(?:at|ca|pa|ss)_", "\\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"},
      {kToken, "do[opr]_v1_", "\\bdo[opr]_v1_[a-f0-9]{64}"},
      {kToken, "hv[sb]\\.", "\\bhv[sb]\\.[A-Za-z0-9_-]{24}"},
      {kToken, "dckr_pat_", "\\bdckr_pat_[A-Za-z0-9_-]{27}"},
      {kToken, "dapi", "\\bdapi[a-f0-9]{32}\\b"},
      {kToken, "EAAA", "\\bEAAA[A-Za-z0-9_-]{60}"},
      {kToken, "AccountKey=", "AccountKey=[A-Za-z0-9+/]{86}=="},
      // authz/apikey
      {kToken, "wk_", "\\bwk_[a-z0-9][a-z0-9_-]{2,63}\\.[A-Za-z0-9_-]{43}"},
      // RFC 6750 section 2.1, RFC 7617 section 2.
      {Leak::kBearer, "(?i)bearer ", "(?i)\\bbearer [A-Za-z0-9._~+/-]{20,}=*", nullptr, HasDigit},
      {Leak::kBearer, "(?i)authorization[\"']?\\s*[:=]",
       "(?i)\\bauthorization[\"']?\\s*[:=]\\s*[\"']?(?:basic|bearer|digest|token) "
       "+[A-Za-z0-9._~+/=-]{8,}"},
  };
}

std::vector<LeakPattern> Passwords() {
  constexpr Leak kHash = Leak::kPasswordHash;
  return {
      {kHash, "\\$argon2",
       "\\$argon2(?:id|i|d)\\$(?:v=[0-9]+\\$)?m=[0-9]+,t=[0-9]+,p=[0-9]+\\$[A-Za-z0-9+/]+\\$"
       "[A-Za-z0-9+/]+"},
      {kHash, "\\$2[abxy]?\\$", "\\$2[abxy]?\\$[0-9]{2}\\$[./A-Za-z0-9]{53}"},
      {kHash, "\\$(?:scrypt|s0|7)\\$", "\\$(?:scrypt|s0|7)\\$[A-Za-z0-9./=,]+\\$[A-Za-z0-9+/.]+"},
      {kHash, "\\$(?:y|gy)\\$",
       "\\$g?y\\$[./A-Za-z0-9]+\\$[./A-Za-z0-9]{1,86}\\$[./A-Za-z0-9]{43}"},
      {kHash, "\\$6\\$", "\\$6\\$(?:rounds=[0-9]+\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{86}"},
      {kHash, "\\$5\\$", "\\$5\\$(?:rounds=[0-9]+\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{43}"},
      {kHash, "\\$1\\$", "\\$1\\$[./A-Za-z0-9]{1,8}\\$[./A-Za-z0-9]{22}\\b"},
      {kHash, "(?i)pbkdf2",
       "(?i)pbkdf2[_-]sha(?:1|256|512)\\$[0-9]+\\$[./A-Za-z0-9+]+\\$[^\\s\"']{20,}"},
      {kHash, "\\{(?:SSHA|SMD5|CRYPT)",
       "\\{(?:SSHA(?:256|512)?|SMD5|CRYPT)\\}[A-Za-z0-9+/$.]{20,}"},
      // RFC 3986 section 3.2.1: the user information of a URI.
      {Leak::kConnectionString, "://[^\\s:/@]*:[^\\s/@]+@",
       "(?i)\\b[a-z][a-z0-9+.-]{2,20}://[^\\s:/@\"'<>]{0,64}:[^\\s/@\"'<>]{1,128}@[a-z0-9\\[]",
       nullptr, HasRealPassword},
      {Leak::kConnectionString, "(?i)(?:password|pwd) ?=",
       "(?i)(?:server|data source|host|dsn|uid|user id|user|dbname|database) ?=[^;\\n]{1,128}[; ]"
       "(?:[^\\n]{0,256}[; ])?(?:password|pwd) ?= ?[^;\\s]{3,}"},
  };
}

std::vector<LeakPattern> Traces() {
  constexpr Leak kTrace = Leak::kStackTrace;
  return {
      {kTrace, "Traceback \\(most recent call last\\)", "Traceback \\(most recent call last\\):"},
      // Java, Kotlin, Scala, Groovy.
      {kTrace, "\\.(?:java|kt|scala|groovy|clj):[0-9]|\\((?:Native Method|Unknown Source)\\)",
       "\\bat [\\w.$/@<>-]+\\((?:[\\w$-]+\\.(?:java|kt|scala|groovy|clj):[0-9]+|Native Method|"
       "Unknown Source)\\)"},
      // JavaScript.
      {kTrace, "\\.[cm]?[jt]sx?:[0-9]",
       "\\bat (?:[^\\n()]{1,200} \\()?[^\\s()]+\\.[cm]?[jt]sx?:[0-9]+:[0-9]+\\)?"},
      {kTrace, "node:internal/", "\\bat [^\\n]{0,200}\\(?node:internal/[\\w/]+:[0-9]+:[0-9]+"},
      // .NET.
      {kTrace, ":line [0-9]",
       "\\bat [\\w.<>`+\\[\\],]+\\([^\\n)]{0,300}\\) in [^\\n]{1,300}:line [0-9]+"},
      // Go.
      {kTrace, "goroutine [0-9]", "\\bgoroutine [0-9]+ \\[[a-z, 0-9]+\\]:"},
      // Rust.
      {kTrace, "panicked at", "\\bthread '[^'\\n]{1,128}' panicked at "},
      // Ruby, PHP, Perl.
      {kTrace, "\\.rb:[0-9]+:in ", "\\.rb:[0-9]+:in [`'][^'\\n]{1,200}'"},
      {kTrace, "\\.php\\([0-9]", "#[0-9]+ [^\\s]+\\.php\\([0-9]+\\): "},
      {kTrace, "\\.php on line ",
       "(?:Fatal error|Warning|Notice)(?:</b>)?: .{1,300}\\.php on line [0-9]"},
      {kTrace, "\\.p[lm] line [0-9]", " at [^\\s]+\\.p[lm] line [0-9]+\\.?"},
      // glibc's backtrace_symbols, Abseil's and glog's dumps, gdb, the sanitizers.
      {kTrace, "\\+0x[0-9a-f]+\\) ?\\[0x",
       "\\([^\\s()]{0,400}\\+0x[0-9a-f]+\\) ?\\[0x[0-9a-f]+\\]"},
      {kTrace, "@ {3,}0x[0-9a-f]", "@ {3,}0x[0-9a-f]{6,16} +\\S"},
      {kTrace, "#[0-9]+ +0x[0-9a-f]", "#[0-9]+ +0x[0-9a-f]{4,16} in \\S"},
      {kTrace, "(?:Address|Thread|Memory|Leak)Sanitizer",
       "(?:Address|Thread|Memory|Leak)Sanitizer: [a-z]"},
  };
}

std::vector<LeakPattern> DatabaseErrors() {
  constexpr Leak kError = Leak::kDatabaseError;
  return {
      {kError, "SQLSTATE", "SQLSTATE(?:\\[|[:= ]+)[0-9A-Z]{5}"},
      {kError, "error in your SQL syntax", "You have an error in your SQL syntax"},
      {kError, "ORA-[0-9]", "\\bORA-[0-9]{5}: "},
      {kError, "syntax error at or near", "syntax error at or near \""},
      {kError, "violates unique constraint", "violates unique constraint \""},
      {kError, "UNIQUE constraint failed", "UNIQUE constraint failed: \\w+\\.\\w+"},
      {kError, "violates (?:foreign key|not-null|check)",
       "violates (?:foreign key|check) constraint \"|violates not-null constraint"},
      {kError, "Unclosed quotation mark", "Unclosed quotation mark after the character string"},
      {kError, "Duplicate entry '", "Duplicate entry '[^'\\n]{0,200}' for key '"},
      {kError, "Unknown column '", "Unknown column '[^'\\n]{1,128}' in '"},
      {kError, "\" does not exist", "(?:relation|column|table) \"[^\"\\n]{1,128}\" does not exist"},
      {kError,
       "SQLiteException|SQLITE_ERROR|PSQLException|MySqlException|SqlException|"
       "SQLSyntaxErrorException|sqlite3\\.|psycopg2\\.|pymysql\\.err|sqlalchemy\\.exc",
       "\\b(?:SQLiteException|SQLITE_ERROR|PSQLException|MySqlException|SqlException|"
       "SQLSyntaxErrorException|sqlite3\\.OperationalError|psycopg2\\.\\w+|"
       "pymysql\\.err\\.\\w+|sqlalchemy\\.exc\\.\\w+)\\b"},
      {kError, "no such table: ", "\\bno such (?:table|column): \\w"},
      {kError, "E11000 ", "\\bE11000 duplicate key error"},
  };
}

}  // namespace

const std::vector<LeakPattern>& LeakPatterns() {
  static const auto* const patterns = [] {
    auto* all = new std::vector<LeakPattern>;
    for (const auto& part : {Keys(), Tokens(), Passwords(), Traces(), DatabaseErrors()}) {
      all->insert(all->end(), part.begin(), part.end());
    }
    return all;
  }();
  return *patterns;
}

}  // namespace warden::leaks
