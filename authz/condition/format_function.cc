// `format`; see functions.h. Source: google/cel-go, ext/strings.go, "Format".
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "authz/condition/containers.h"
#include "authz/condition/functions.h"

namespace warden::condition {
namespace {

constexpr char kClause[] = "a clause of `format` that does not exist, or not for such a value";
constexpr char kTooFew[] = "fewer arguments than `format` has clauses for";
constexpr char kTooMany[] = "more arguments than `format` has clauses for";
constexpr int kMostPrecision = 100;
// Lists and maps of values are shown down to here.
constexpr int kMostNested = 8;

// Writes one string; every byte is charged for, so it cannot outgrow the budget.
class Writer {
 public:
  explicit Writer(Context& context) : context_(context) {}

  // The error, or null where there is none.
  const char* error() const { return error_; }
  Value Finish() { return error_ == nullptr ? context_.CopyString(text_) : Value::Error(error_); }
  void Fail(const char* error) {
    if (error_ == nullptr) error_ = error;
  }
  void Put(std::string_view text) {
    if (error_ != nullptr) return;
    if (!context_.ChargeBytes(text.size() + 31)) return Fail(kTooCostly);
    text_.append(text);
  }

  // %s
  void PutValue(const Value& value, int depth) {
    if (depth > kMostNested) return Fail(kClause);
    if (value.is_error()) return Fail(value.text);
    switch (value.kind) {
      case Kind::kNull:
        return Put("null");
      case Kind::kType:
        return Put(value.view());
      case Kind::kDouble:
        return PutDouble(value.d);
      case Kind::kList:
        return PutList(value, depth);
      case Kind::kMap:
        return PutMap(value, depth);
      default:
        break;
    }
    const Value text = ToText(context_, &value, nullptr);
    if (text.is_error()) return Fail(text.text == kNoOverload ? kClause : text.text);
    Put(text.view());
  }

  void PutDouble(double number) {
    if (std::isnan(number)) return Put("NaN");
    if (std::isinf(number)) return Put(number > 0 ? "Infinity" : "-Infinity");
    std::array<char, 400> digits;
    const auto [end, code] = std::to_chars(digits.begin(), digits.end(), number);
    Put({digits.data(), static_cast<size_t>(end - digits.data())});
  }

  // %f and %e
  void PutReal(const Value& value, std::chars_format format, int precision) {
    if (!value.is_number()) return Fail(kClause);
    const double number = value.kind == Kind::kDouble ? value.d
                          : value.kind == Kind::kInt  ? static_cast<double>(value.i)
                                                      : static_cast<double>(value.u);
    if (!std::isfinite(number)) return PutDouble(number);
    std::array<char, 512> digits;
    const auto [end, code] = std::to_chars(digits.begin(), digits.end(), number, format, precision);
    if (code != std::errc()) return Fail(kClause);
    Put({digits.data(), static_cast<size_t>(end - digits.data())});
  }

  // %d
  void PutDecimal(const Value& value) {
    if (value.kind == Kind::kDouble) return PutDouble(value.d);
    PutInteger(value, 10, false);
  }

  // %b, %o, %x, %X
  void PutInteger(const Value& value, int base, bool upper) {
    std::array<char, 70> digits;
    char* end = nullptr;
    if (value.kind == Kind::kInt) {
      end = std::to_chars(digits.begin(), digits.end(), value.i, base).ptr;
    } else if (value.kind == Kind::kUint) {
      end = std::to_chars(digits.begin(), digits.end(), value.u, base).ptr;
    } else if (value.kind == Kind::kBool && base == 2) {
      return Put(value.b ? "1" : "0");
    } else if (base == 16 && (value.kind == Kind::kString || value.kind == Kind::kBytes)) {
      if (!context_.ChargeBytes(value.size * 2)) return Fail(kTooCostly);
      const std::string hex = absl::BytesToHexString(absl::string_view(value.text, value.size));
      return PutCase(hex, upper);
    } else {
      return Fail(kClause);
    }
    PutCase({digits.data(), static_cast<size_t>(end - digits.data())}, upper);
  }

 private:
  void PutCase(std::string_view hex, bool upper) {
    std::string text(hex);
    for (char& c : text) {
      if (upper && c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    }
    Put(text);
  }

  void PutList(const Value& list, int depth) {
    Put("[");
    const size_t size = SizeOf(list);
    for (size_t i = 0; i < size && error_ == nullptr; ++i) {
      if (i > 0) Put(", ");
      PutValue(ElementAt(context_, list, i), depth + 1);
    }
    Put("]");
  }

  void PutMap(const Value& map, int depth) {
    Put("{");
    bool first = true;
    const bool walked = WalkMap(context_, map, [&](const Value& key, const Value& value) {
      if (!first) Put(", ");
      first = false;
      PutValue(key, depth + 1);
      Put(": ");
      PutValue(value, depth + 1);
      return error_ == nullptr;
    });
    if (!walked) Fail(kTooCostly);
    Put("}");
  }

  Context& context_;
  std::string text_;
  const char* error_ = nullptr;
};

// ".12" at `*at`, which is moved behind it; 6 where there is none, -1 where it is too large.
int ReadPrecision(std::string_view format, size_t* at) {
  if (*at >= format.size() || format[*at] != '.') return 6;
  int precision = 0;
  for (++*at; *at < format.size() && format[*at] >= '0' && format[*at] <= '9'; ++*at) {
    precision = precision * 10 + (format[*at] - '0');
    if (precision > kMostPrecision) return -1;
  }
  return precision;
}

void PutClause(char clause, int precision, const Value& value, Writer& out) {
  switch (clause) {
    case 's':
      return out.PutValue(value, 0);
    case 'd':
      return out.PutDecimal(value);
    case 'f':
      return out.PutReal(value, std::chars_format::fixed, precision);
    case 'e':
      return out.PutReal(value, std::chars_format::scientific, precision);
    case 'b':
      return out.PutInteger(value, 2, false);
    case 'o':
      return out.PutInteger(value, 8, false);
    case 'x':
      return out.PutInteger(value, 16, false);
    case 'X':
      return out.PutInteger(value, 16, true);
    default:
      return out.Fail(kClause);
  }
}

Value Format(Context& context, const Value* args, const void*) {
  if (args[0].kind != Kind::kString || args[1].kind != Kind::kList) {
    return Value::Error(kNoOverload);
  }
  const std::string_view format = args[0].view();
  const size_t count = SizeOf(args[1]);
  Writer out(context);
  size_t used = 0;
  for (size_t at = 0; at < format.size() && out.error() == nullptr;) {
    const size_t percent = std::min(format.find('%', at), format.size());
    out.Put(format.substr(at, percent - at));
    if (percent == format.size()) break;
    at = percent + 1;
    if (at < format.size() && format[at] == '%') {
      out.Put("%");
      ++at;
      continue;
    }
    const int precision = ReadPrecision(format, &at);
    if (at >= format.size() || precision < 0) return Value::Error(kClause);
    if (used >= count) return Value::Error(kTooFew);
    PutClause(format[at++], precision, ElementAt(context, args[1], used++), out);
  }
  if (out.error() == nullptr && used < count) return Value::Error(kTooMany);
  return out.Finish();
}

constexpr Overload kOverloads[] = {
    {"format", true, 2, {Kind::kString, Kind::kList, Kind::kDyn}, Kind::kString, Format},
};

}  // namespace

absl::Span<const Overload> FormatOverloads() { return kOverloads; }

}  // namespace warden::condition
