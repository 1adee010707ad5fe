// Constants of rules, in the words of violation messages.
#ifndef WARDEN_INTERCEPTORS_RULES_RULE_WORDS_H_
#define WARDEN_INTERCEPTORS_RULES_RULE_WORDS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/rules/plan.h"

namespace warden::rules {

// The shortest decimal form that reads back as the same number; of a float where `single`.
std::string ShowDouble(double value, bool single);
// "1m30s", and "2026-01-31T12:00:00+00:00".
std::string ShowDuration(Nanos value);
std::string ShowTime(Nanos value);
// Quoted; what is not printable ASCII is escaped.
std::string ShowText(std::string_view value);
// "[a, b, c]", cut at about 200 characters.
std::string ShowList(const std::vector<std::string>& items);
// "1 item", "2 items".
std::string ShowCount(uint64_t count, std::string_view noun);

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_RULE_WORDS_H_
