#include "interceptors/leaks/leak_detector.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "interceptors/leaks/leak_patterns.h"

namespace warden {
namespace {

using leaks::LeakPattern;
using leaks::LeakPatterns;

// Nothing shorter is any of the forms.
constexpr size_t kLeastBytes = 10;

RE2::Options Bytes() {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  return options;
}

constexpr std::array<std::string_view, kLeaks> kNames = {
    "private_key",       "jwt",         "access_token",  "bearer", "password_hash",
    "connection_string", "stack_trace", "database_error"};

}  // namespace

std::string_view ToString(Leak leak) { return kNames[static_cast<size_t>(leak)]; }

const std::array<std::string_view, kLeaks>& LeakNames() { return kNames; }

bool IsSecret(Leak leak) { return leak < Leak::kStackTrace; }

// RE2 finds all hints in one pass. The forms count characters, which a set would pay for with its
// size, so each has an expression of its own and is asked only where its hint was found.
struct LeakDetector::Compiled {
  struct Form {
    const LeakPattern* pattern;
    RE2 form;
    RE2 mask;  // of secrets
  };

  Compiled() : hints(Bytes(), RE2::UNANCHORED) {
    for (const LeakPattern& pattern : LeakPatterns()) {
      std::string error;
      if (hints.Add(pattern.hint, &error) < 0) throw std::logic_error(error);
      const char* const mask = pattern.mask == nullptr ? pattern.form : pattern.mask;
      forms.push_back(std::unique_ptr<Form>(new Form{&pattern, RE2(pattern.form, Bytes()),
                                                     RE2("(" + std::string(mask) + ")", Bytes())}));
      if (!forms.back()->form.ok()) throw std::logic_error(forms.back()->form.error());
      if (!forms.back()->mask.ok()) throw std::logic_error(forms.back()->mask.error());
    }
    if (!hints.Compile()) throw std::logic_error("the leak detectors do not compile");
  }

  // Which patterns a text may have, ascending.
  std::vector<int> Hinted(std::string_view text) const {
    std::vector<int> found;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    hints.Match(re2::StringPiece(text.data(), text.size()), &found, &error);
    if (error.kind != RE2::Set::kNoError) {  // out of its memory: nothing may be missed
      found.resize(forms.size());
      std::iota(found.begin(), found.end(), 0);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  RE2::Set hints;
  std::vector<std::unique_ptr<Form>> forms;
};

LeakDetector::LeakDetector() : compiled_(std::make_unique<const Compiled>()) {}
LeakDetector::~LeakDetector() = default;

const LeakDetector& LeakDetector::Instance() {
  static const auto* const instance = new LeakDetector;
  return *instance;
}

bool LeakDetector::MayHold(std::string_view bytes) const {
  if (bytes.size() < kLeastBytes) return false;
  RE2::Set::ErrorInfo error{RE2::Set::kNoError};
  return compiled_->hints.Match(re2::StringPiece(bytes.data(), bytes.size()), nullptr, &error) ||
         error.kind != RE2::Set::kNoError;
}

std::optional<Leak> LeakDetector::Find(std::string_view text) const {
  if (text.size() < kLeastBytes) return std::nullopt;
  for (const int i : compiled_->Hinted(text)) {
    const Compiled::Form& form = *compiled_->forms[static_cast<size_t>(i)];
    const auto verify = form.pattern->verify;
    re2::StringPiece rest(text.data(), text.size());
    re2::StringPiece match;
    while (form.form.Match(rest, 0, rest.size(), RE2::UNANCHORED, &match, 1)) {
      if (verify == nullptr || verify({match.data(), match.size()})) return form.pattern->leak;
      rest.remove_prefix(static_cast<size_t>(match.data() - rest.data()) + match.size());
    }
  }
  return std::nullopt;
}

std::string LeakDetector::Mask(std::string_view text) const {
  std::string masked(text);
  for (const int i : compiled_->Hinted(text)) {
    const Compiled::Form& form = *compiled_->forms[static_cast<size_t>(i)];
    if (!IsSecret(form.pattern->leak)) continue;
    RE2::GlobalReplace(&masked, form.mask, "[" + std::string(ToString(form.pattern->leak)) + "]");
  }
  return masked;
}

}  // namespace warden
