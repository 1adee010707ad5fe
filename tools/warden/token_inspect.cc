#include "tools/warden/token_inspect.h"

#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/token/algorithm.h"
#include "interceptors/observe/sanitize.h"
#include "nlohmann/json.hpp"
#include "tools/warden/claim_words.h"
#include "tools/warden/commands.h"
#include "tools/warden/token_files.h"
#include "tools/warden/token_problems.h"

namespace warden::cli {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr char kDescription[] =
    "Explain a token (JWT) claim by claim, and name everything that would refuse it.\n"
    "  exit status 0  nothing would refuse it\n"
    "  exit status 1  something would\n"
    "  exit status 2  bad usage, unreadable file, no key set\n"
    "\n"
    "Give what the server is configured with. What is not given is not looked at; without --jwks\n"
    "the signature is not checked, so whatever the token says may be a lie. The signature itself\n"
    "is never printed: what is printed is no token. Space at the ends of the file is ignored.";
constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr size_t kMaxValueBytes = 400;

struct InspectOptions {
  Expectations expected;
  std::string jwks;
  std::string now;
  std::string leeway = "60s";
  bool json = false;
  std::string token_file;
  std::string standard_input;
};

int Fail(const std::string& message) {
  std::cerr << "warden: " << message << '\n';
  return kUsage;
}

std::string Text(const Json& value) {
  const std::string text = value.is_string()
                               ? value.get<std::string>()
                               : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return Sanitize(text, kMaxValueBytes);
}

const char* Verdict(const TokenReport& report) {
  if (!report.problems.empty()) return "refused";
  return report.signature_checked ? "accepted" : "not verified";
}

OrderedJson Explain(const Json& members, std::string_view (*meaning)(std::string_view),
                    absl::Time now) {
  OrderedJson list = OrderedJson::array();
  if (!members.is_object()) return list;
  for (const auto& [name, value] : members.items()) {
    OrderedJson one;
    one["name"] = name;
    one["value"] = value;
    if (const std::string_view words = meaning(name); !words.empty()) {
      one["meaning"] = std::string(words);
    }
    if (IsTimeClaim(name)) {
      if (const std::string time = TimeInWords(value, now); !time.empty()) one["time"] = time;
    }
    list.push_back(std::move(one));
  }
  return list;
}

void PrintJson(const TokenReport& report, absl::Time now) {
  OrderedJson out;
  out["verdict"] = Verdict(report);
  out["signature"] = report.signature_checked ? "good" : "not verified";
  out["header"] = Explain(report.header, HeaderMeaning, now);
  out["claims"] = Explain(report.claims, ClaimMeaning, now);
  out["problems"] = OrderedJson::array();
  for (const TokenProblem& problem : report.problems) {
    out["problems"].push_back(
        {{"reason", std::string(ToString(problem.refusal))}, {"detail", problem.detail}});
  }
  out["remarks"] = report.remarks;
  std::cout << out.dump(2, ' ', true, OrderedJson::error_handler_t::replace) << '\n';
}

void PrintMembers(const char* title, const Json& members,
                  std::string_view (*meaning)(std::string_view), absl::Time now) {
  std::cout << title << (members.is_object() ? "\n" : ": cannot be read\n");
  if (!members.is_object()) return;
  for (const auto& [name, value] : members.items()) {
    std::cout << "  " << Sanitize(name, 64) << " = " << Text(value);
    const std::string time = IsTimeClaim(name) ? TimeInWords(value, now) : "";
    if (!time.empty()) std::cout << " = " << time;
    if (const std::string_view words = meaning(name); !words.empty()) std::cout << "  # " << words;
    std::cout << '\n';
  }
}

void PrintText(const TokenReport& report, absl::Time now) {
  PrintMembers("header", report.header, HeaderMeaning, now);
  PrintMembers("claims", report.claims, ClaimMeaning, now);
  std::cout << "signature\n  " << report.signature_bytes << " bytes, "
            << (report.signature_checked ? "good" : "not verified") << '\n';
  if (!report.problems.empty()) std::cout << "would be refused\n";
  for (const TokenProblem& problem : report.problems) {
    std::cout << "  " << ToString(problem.refusal) << ": " << Sanitize(problem.detail, 512) << '\n';
  }
  if (!report.remarks.empty()) std::cout << "remarks\n";
  for (const std::string& remark : report.remarks) std::cout << "  " << remark << '\n';
  std::cout << "verdict\n  " << Verdict(report) << '\n';
}

std::optional<absl::Time> ReadNow(const std::string& text) {
  if (text.empty()) return absl::Now();
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !(std::fabs(seconds) <= 253402300799.0)) {
    return std::nullopt;
  }
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

// Fills in what is not a text as it stands; why not, where it cannot.
std::string ReadOptions(InspectOptions* options) {
  Expectations& expected = options->expected;
  if (!absl::ParseDuration(options->leeway, &expected.leeway) ||
      expected.leeway < absl::ZeroDuration()) {
    return "--leeway: not a duration such as 60s";
  }
  for (const std::string& name : expected.algorithms) {
    if (!ParseAlgorithm(name).has_value()) {
      return absl::StrCat("--algorithms: Warden does not verify ", name);
    }
  }
  if (options->jwks.empty()) return "";
  KeySetOptions key_options;
  key_options.allow_single_key = true;
  key_options.insecure_allow_private_members = true;
  auto keys = KeySet::FromFile(options->jwks, key_options);
  if (!keys.ok()) return std::string(keys.status().message());
  expected.keys = *std::move(keys);
  return "";
}

int InspectToken(InspectOptions options) {
  if (options.token_file.empty() == options.standard_input.empty() ||
      (!options.standard_input.empty() && options.standard_input != "-")) {
    return Fail("give either --token-file FILE, or - for standard input");
  }
  const std::optional<absl::Time> now = ReadNow(options.now);
  if (!now.has_value()) return Fail("--now: not a time in seconds since 1970");
  if (const std::string why = ReadOptions(&options); !why.empty()) return Fail(why);
  const std::string& file = options.token_file.empty() ? "-" : options.token_file;
  const absl::StatusOr<std::string> text = ReadAtMost(file, kMaxFileBytes);
  if (!text.ok()) return Fail(std::string(text.status().message()));
  const absl::string_view token = absl::StripAsciiWhitespace(*text);
  const TokenReport report = Inspect({token.data(), token.size()}, options.expected, *now);
  options.json ? PrintJson(report, *now) : PrintText(report, *now);
  return report.problems.empty() ? kYes : kNo;
}

void AddLists(CLI::App* inspect, Expectations* expected) {
  const auto list = [inspect](const char* name, std::vector<std::string>* values,
                              const char* text) {
    inspect->add_option(name, *values, text)->delimiter(',')->allow_extra_args(false);
  };
  list("--audience", &expected->audiences, "What `aud` must name one of; may be repeated");
  list("--algorithms", &expected->algorithms, "Who may sign, such as ES256,RS256");
  list("--require", &expected->required, "Claims that must be there, besides `exp`");
  list("--typ", &expected->types, "What `typ` must be, such as at+jwt");
}

}  // namespace

void AddTokenInspect(CLI::App& token, int* status) {
  CLI::App* inspect = token.add_subcommand("inspect", kDescription);
  const auto options = std::make_shared<InspectOptions>();
  Expectations* const expected = &options->expected;
  inspect->add_option("--jwks", options->jwks, "The issuer's keys: a JWK set, or one JWK");
  inspect->add_option("--issuer", expected->issuer, "What `iss` must be");
  AddLists(inspect, expected);
  inspect->add_flag("--require-certificate-bound", expected->require_certificate_bound,
                    "The token must be bound to a certificate");
  inspect->add_option("--leeway", options->leeway, "How far clocks may differ")
      ->capture_default_str();
  inspect->add_option("--max-bytes", expected->max_bytes, "The longest token that is looked at")
      ->check(CLI::Range(size_t{1}, kMaxFileBytes))
      ->capture_default_str();
  inspect->add_option("--now", options->now,
                      "The time, in seconds since 1970; the clock's if absent");
  inspect->add_flag("--json", options->json, "Print JSON instead of text");
  inspect->add_option("--token-file", options->token_file, "The token");
  inspect->add_option("standard_input", options->standard_input, "- reads the token from there")
      ->option_text("-");
  inspect->callback([options, status] { *status = InspectToken(*options); });
}

}  // namespace warden::cli
