#include "interceptors/rules/cel_rule.h"

#include <exception>

#include "authz/condition/containers.h"
#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

constexpr size_t kMostSaid = 200;

condition::Value Timestamp(Nanos now) {
  constexpr int64_t kSecond = 1'000'000'000;
  auto seconds = static_cast<int64_t>(now / kSecond);
  auto nanos = static_cast<int64_t>(now % kSecond);
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  }
  return condition::Value::Timestamp(seconds, nanos);
}

class CelActivation final : public condition::Activation {
 public:
  CelActivation(CelThis kind, const CelSubject& subject, const Moment& moment)
      : kind_(kind), subject_(subject), moment_(moment) {}

  condition::Value Read(condition::Context& context, size_t variable) const override {
    if (variable == kCelNow) return Timestamp(moment_.now);
    if (variable != kCelThis) return condition::Value::Error(condition::kAbsent);
    switch (kind_) {
      case CelThis::kInt:
        return condition::Value::Int(subject_.value->i);
      case CelThis::kUint:
        return condition::Value::Uint(subject_.value->u);
      case CelThis::kDouble:
        return condition::Value::Double(subject_.value->d);
      case CelThis::kBool:
        return condition::Value::Bool(subject_.value->i != 0);
      case CelThis::kString:
        return condition::Value::String(subject_.value->text);
      case CelThis::kBytes:
        return condition::Value::Bytes(subject_.value->text);
      case CelThis::kMessage:
        return condition::ReadMessage(context, *subject_.value->message);
      case CelThis::kField:
        return condition::ReadField(context, *subject_.owner, *subject_.field);
    }
    return condition::Value::Error(condition::kAbsent);
  }

 private:
  CelThis kind_;
  const CelSubject& subject_;
  const Moment& moment_;
};

CelResult Run(const CelRule& rule, const CelSubject& subject, const Moment& moment,
              std::string* said) {
  condition::Context context;
  const condition::Value value =
      rule.expression.Evaluate(CelActivation(rule.subject, subject, moment), context);
  if (value.is_true()) return CelResult::kHolds;
  if (value.is_false()) return CelResult::kBroken;
  if (value.kind != condition::Kind::kString) return CelResult::kError;
  if (value.size == 0) return CelResult::kHolds;
  if (rule.shows_text) said->assign(value.view());
  return CelResult::kBroken;
}

}  // namespace

CelResult RunCel(const CelRule& rule, const CelSubject& subject, const Moment& moment,
                 std::string* said) {
  try {
    return Run(rule, subject, moment, said);
  } catch (const std::exception&) {
    return CelResult::kError;  // no memory
  }
}

std::string ShowSaid(std::string_view said) {
  std::string shown;
  while (!said.empty() && shown.size() < kMostSaid) {
    size_t length = 1;
    while (length < 4 && length < said.size() &&
           (static_cast<unsigned char>(said[length]) & 0xC0) == 0x80) {
      ++length;
    }
    const std::string_view character = said.substr(0, length);
    const auto first = static_cast<unsigned char>(character[0]);
    if (first < 0x20 || first == 0x7F || !IsUtf8(character)) {
      shown.push_back('?');
    } else {
      shown.append(character);
    }
    said.remove_prefix(length);
  }
  if (!said.empty()) shown.append("...");
  return shown;
}

}  // namespace warden::rules
