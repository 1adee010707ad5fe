#include "interceptors/issuer_config.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "interceptors/config.h"
#include "interceptors/http/http_message.h"

namespace warden {
namespace {

// Problems of one issuer, by the key that they are of.
class IssuerProblems {
 public:
  IssuerProblems(std::string_view path, const SourceMap& places, ProblemList* problems)
      : path_(path), places_(places), problems_(problems) {}

  void Add(std::string_view key, std::string_view what) {
    problems_->AddAt(places_, ChildPath(path_, key), what);
  }
  void Require(bool present, std::string_view key, std::string_view what) {
    if (!present) Add(key, what);
  }

 private:
  const std::string path_;
  const SourceMap& places_;
  ProblemList* const problems_;
};

// That there is exactly one source of keys, and that it can be asked.
void CheckSource(const v1::IssuerConfig& issuer, IssuerProblems* problems) {
  const int sources = (issuer.jwks_file().empty() ? 0 : 1) + (issuer.jwks_url().empty() ? 0 : 1) +
                      (issuer.discovery() ? 1 : 0);
  if (sources == 0) {
    problems->Add("jwks_file", "is required, or jwks_url, or discovery: where the keys are");
  } else if (sources > 1) {
    problems->Add(issuer.jwks_url().empty() ? "discovery" : "jwks_url",
                  "the keys come from exactly one of jwks_file, jwks_url and discovery; remove the "
                  "others");
  }
  if (!issuer.jwks_url().empty()) {
    if (const absl::Status url = CheckHttpsUrl(issuer.jwks_url()); !url.ok()) {
      problems->Add("jwks_url", std::string(url.message()));
    }
  }
  if (!issuer.discovery()) return;
  const absl::Status url = CheckHttpsUrl(issuer.issuer());
  if (!url.ok()) {
    problems->Add("discovery",
                  absl::StrCat("works only with an issuer that is an address: ", url.message()));
  } else if (issuer.issuer().find('?') != std::string::npos) {
    problems->Add("discovery", "works only with an issuer without a query");
  }
}

void CheckRefresh(const v1::IssuerConfig& issuer, IssuerProblems* problems) {
  const v1::KeyRefreshConfig& refresh = issuer.refresh();
  const bool file = !issuer.jwks_file().empty();
  const absl::Duration least = file ? absl::Milliseconds(100) : absl::Seconds(1);
  const absl::Duration min = DurationOr(refresh.has_min_interval(), refresh.min_interval(),
                                        file ? absl::Seconds(5) : absl::Minutes(5));
  const absl::Duration max =
      DurationOr(refresh.has_max_interval(), refresh.max_interval(), std::max(min, absl::Hours(1)));
  const absl::Duration cooldown = DurationOr(refresh.has_unknown_key_cooldown(),
                                             refresh.unknown_key_cooldown(), absl::Seconds(30));
  const absl::Duration max_age =
      DurationOr(refresh.has_max_age(), refresh.max_age(), absl::Hours(24));
  if (min < least) {
    problems->Add("refresh.min_interval",
                  absl::StrCat("must be at least ", absl::FormatDuration(least)));
  }
  if (max < min) problems->Add("refresh.max_interval", "must not be less than min_interval");
  if (cooldown < absl::Seconds(1)) {
    problems->Add("refresh.unknown_key_cooldown", "must be at least 1s");
  }
  // Of a file, which is looked at each min_interval whatever the other bound is.
  const absl::Duration rhythm = file ? min : max;
  if (max_age <= rhythm) {
    problems->Add("refresh.max_age",
                  absl::StrCat("must be more than ", absl::FormatDuration(rhythm),
                               ", after which the keys are fetched again"));
  }
}

}  // namespace

void CheckIssuer(const v1::IssuerConfig& issuer, std::string_view path, const SourceMap& places,
                 ProblemList* problems) {
  IssuerProblems ours(path, places, problems);
  ours.Require(!issuer.issuer().empty(), "issuer", "is required");
  CheckSource(issuer, &ours);
  CheckRefresh(issuer, &ours);
  ours.Require(issuer.audiences_size() > 0, "audiences",
               "is required: name the audiences this server answers to");
  ours.Require(issuer.algorithms_size() > 0, "algorithms",
               "is required: name the algorithms to accept, such as ES256");
}

}  // namespace warden
