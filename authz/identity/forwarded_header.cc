#include "authz/identity/forwarded_header.h"

#include <array>
#include <bitset>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace warden {
namespace {

constexpr size_t kMaxPairs = 1024;  // of the whole header
constexpr size_t kSha256Digits = 64;

enum class Key { kBy, kHash, kCert, kChain, kSubject, kUri, kDns };
constexpr std::array<std::string_view, 7> kKeys = {"By",      "Hash", "Cert", "Chain",
                                                   "Subject", "URI",  "DNS"};

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(absl::string_view(what.data(), what.size()));
}

std::optional<Key> KeyOf(std::string_view name) {
  for (size_t i = 0; i < kKeys.size(); ++i) {
    if (absl::EqualsIgnoreCase({name.data(), name.size()}, {kKeys[i].data(), kKeys[i].size()})) {
      return static_cast<Key>(i);
    }
  }
  return std::nullopt;
}

bool MayRepeat(Key key) { return key == Key::kBy || key == Key::kUri || key == Key::kDns; }

std::optional<std::string> UrlDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    int byte = 0;
    for (size_t digit = i + 1; digit <= i + 2; ++digit) {
      const char c = digit < text.size() ? text[digit] : '\0';
      const auto unsigned_c = static_cast<unsigned char>(c);
      if (!absl::ascii_isxdigit(unsigned_c)) return std::nullopt;
      byte =
          byte * 16 +
          (absl::ascii_isdigit(unsigned_c) ? c - '0' : absl::ascii_tolower(unsigned_c) - 'a' + 10);
    }
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return decoded;
}

class Parser {
 public:
  explicit Parser(std::string_view header) : rest_(header) {}

  absl::StatusOr<ForwardedCertificate> Parse() {
    while (true) {
      if (absl::Status status = ReadElement(); !status.ok()) return status;
      SkipBlanks();
      if (rest_.empty()) return std::move(element_);
      if (!Take(',')) return Malformed("text behind an element");
      SkipBlanks();
    }
  }

 private:
  absl::Status ReadElement() {
    element_ = {};
    seen_.reset();
    do {
      if (absl::Status status = ReadPair(); !status.ok()) return status;
    } while (Take(';'));
    if (element_.sha256.empty() && element_.pem.empty()) {
      return Malformed("an element with neither Hash nor Cert");
    }
    return absl::OkStatus();
  }

  absl::Status ReadPair() {
    if (++pairs_ > kMaxPairs) return Malformed("too many keys");
    const size_t equals = rest_.find('=');
    if (equals == std::string_view::npos) return Malformed("a key without a value");
    const std::optional<Key> key = KeyOf(rest_.substr(0, equals));
    if (!key.has_value()) return Malformed("a key that is not known");
    rest_.remove_prefix(equals + 1);
    if (seen_.test(static_cast<size_t>(*key)) && !MayRepeat(*key)) {
      return Malformed("a key that stands twice");
    }
    seen_.set(static_cast<size_t>(*key));
    std::optional<std::string> value = ReadValue();
    if (!value.has_value()) return Malformed("a value that is badly quoted");
    return Store(*key, *std::move(value));
  }

  // Nullopt for a quoted one that does not end, or goes on behind its end.
  std::optional<std::string> ReadValue() {
    if (!Take('"')) {
      const std::string_view value = rest_.substr(0, rest_.find_first_of(",;"));
      if (value.find_first_of("=\"") != std::string_view::npos) return std::nullopt;
      rest_.remove_prefix(value.size());
      // Blanks before a comma belong to the list.
      const size_t last = value.find_last_not_of(" \t");
      const size_t size = last == std::string_view::npos ? 0 : last + 1;
      if (size != value.size() && !rest_.empty() && rest_.front() == ';') return std::nullopt;
      return std::string(value.substr(0, size));
    }
    std::string value;
    while (!rest_.empty()) {
      if (Take('"')) return value;
      if (rest_.substr(0, 2) == "\\\"") rest_.remove_prefix(1);
      value.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return std::nullopt;
  }

  absl::Status Store(Key key, std::string value) {
    if (key == Key::kHash) {
      if (value.size() != kSha256Digits) return Malformed("a Hash that is no SHA-256");
      for (char& c : value) {
        if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) {
          return Malformed("a Hash that is no SHA-256");
        }
        c = absl::ascii_tolower(static_cast<unsigned char>(c));
      }
      element_.sha256 = std::move(value);
    } else if (key == Key::kCert) {
      std::optional<std::string> pem = UrlDecode(value);
      if (!pem.has_value() || pem->empty()) return Malformed("a Cert that is not URL-encoded");
      element_.pem = *std::move(pem);
    } else if (key == Key::kUri && !value.empty()) {
      element_.uris.push_back(std::move(value));
    } else if (key == Key::kDns && !value.empty()) {
      element_.dns_names.push_back(std::move(value));
    }
    return absl::OkStatus();
  }

  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void SkipBlanks() {
    while (Take(' ') || Take('\t')) {
    }
  }

  std::string_view rest_;
  ForwardedCertificate element_;
  std::bitset<kKeys.size()> seen_;
  size_t pairs_ = 0;
};

}  // namespace

absl::StatusOr<ForwardedCertificate> ParseForwardedHeader(std::string_view header) {
  if (header.size() > kMaxForwardedBytes) return Malformed("over 32 KiB");
  for (const char c : header) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte >= 0x7f) {
      return Malformed("a control or non-ASCII byte");
    }
  }
  return Parser(header).Parse();
}

}  // namespace warden
