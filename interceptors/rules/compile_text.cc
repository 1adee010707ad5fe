// Strings, bytes, and the well-known types that are about text.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "interceptors/content/attack.h"
#include "interceptors/rules/compile_value.h"
#include "interceptors/rules/formats.h"
#include "interceptors/rules/rule_words.h"

namespace warden::rules {
namespace {

// How much memory one pattern may take for its program and its caches. RE2's own default; matching
// in less memory than it wants makes RE2 slower, never unbounded.
constexpr int64_t kPatternMemory = 8 << 20;

// Of AttackMode: DETECT_ATTACK.
constexpr int64_t kDetectMode = 2;

Value ToValue(const std::string& text) {
  Value value;
  value.text = text;
  return value;
}

uint32_t AddString(ProgramData& data, std::string text) {
  data.strings.push_back(std::move(text));
  return static_cast<uint32_t>(data.strings.size() - 1);
}

// A rule that compares with one constant.
void CompileText(RuleView& rules, std::string_view name, Op op, const char* words,
                 ValueBuilder& out) {
  std::optional<std::string> text = rules.Text(name);
  if (!text) return;
  Check& check = out.AddCheck(op, name, absl::StrCat(words, ShowText(*text)));
  out.AddConstant(name, ShowText(*text));
  check.index = AddString(out.data(), std::move(*text));
}

void CompileTextSet(const std::vector<std::string>& set, std::string_view name, Op op,
                    const char* words, ValueBuilder& out) {
  if (set.empty()) return;
  std::vector<std::string> shown;
  shown.reserve(set.size());
  for (const std::string& each : set) shown.push_back(ShowText(each));
  out.AddCheck(op, name, absl::StrCat(words, ShowList(shown))).index =
      static_cast<uint32_t>(out.data().text_sets.size());
  out.AddConstant(name, ShowList(shown));
  out.data().text_sets.emplace_back(set.begin(), set.end());
}

void CompilePattern(RuleView& rules, Op op, ValueBuilder& out) {
  const std::optional<std::string> source = rules.Text("pattern");
  if (!source) return;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto pattern = std::make_unique<const RE2>(*source, options);
  if (!pattern->ok()) {
    return out.site().Add(absl::StrCat("`", rules.PathOf("pattern"), "`: ", pattern->error()));
  }
  out.AddCheck(op, "pattern", absl::StrCat("does not match the pattern ", ShowText(*source)))
      .index = static_cast<uint32_t>(out.data().patterns.size());
  out.AddConstant("pattern", ShowText(*source));
  out.data().patterns.push_back(std::move(pattern));
}

// The three rules about one length, and what they leave possible.
struct LengthRules {
  std::string_view exact, min, max;  // names
  Op exact_op, min_op, max_op;
  std::string_view unit;
};

struct LengthRange {
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<uint64_t>::max();
};

LengthRange CompileLength(RuleView& rules, const LengthRules& names, ValueBuilder& out) {
  LengthRange range;
  const auto add = [&](std::string_view name, Op op, const char* words) {
    const std::optional<uint64_t> length = rules.Size(name);
    if (length) {
      out.AddCheck(op, name, absl::StrCat(words, ShowCount(*length, names.unit), " long")).a.u =
          *length;
      out.AddConstant(name, absl::StrCat(*length));
    }
    return length;
  };
  const auto exact = add(names.exact, names.exact_op, "must be exactly ");
  const auto min = add(names.min, names.min_op, "must be at least ");
  const auto max = add(names.max, names.max_op, "must be at most ");
  range.min = std::max(min.value_or(range.min), exact.value_or(range.min));
  range.max = std::min(max.value_or(range.max), exact.value_or(range.max));
  if (range.max < range.min) {
    out.site().Add(absl::StrCat("`", rules.PathOf(exact ? names.exact : names.min),
                                "`: no length is at least ", range.min, " and at most ",
                                range.max));
  }
  return range;
}

// What must be in a value cannot be longer than the value may be.
void CheckFits(RuleView& rules, const std::string& text, std::string_view name, uint64_t max_bytes,
               uint64_t max_chars, ValueBuilder& out) {
  const bool fits = text.size() <= max_bytes && CountCharacters(text, text.size()) <= max_chars;
  if (!fits) {
    out.site().Add(absl::StrCat("`", rules.PathOf(name), "` is longer than the value may be"));
  }
}

void CompileParts(RuleView& rules, uint64_t max_bytes, uint64_t max_chars, ValueBuilder& out) {
  struct Part {
    std::string_view name;
    Op op;
    const char* words;
  };
  constexpr std::array kParts = {Part{"prefix", Op::kPrefix, "must start with "},
                                 Part{"suffix", Op::kSuffix, "must end with "},
                                 Part{"contains", Op::kContains, "must contain "}};
  const size_t first = out.data().strings.size();
  for (const Part& part : kParts) {
    const size_t before = out.data().strings.size();
    CompileText(rules, part.name, part.op, part.words, out);
    if (out.data().strings.size() != before) {
      CheckFits(rules, out.data().strings.back(), part.name, max_bytes, max_chars, out);
    }
  }
  const size_t end = out.data().strings.size();
  CompileText(rules, "not_contains", Op::kNotContains, "must not contain ", out);
  if (out.data().strings.size() == end) return;
  for (size_t i = first; i < end; ++i) {
    if (absl::StrContains(out.data().strings[i], out.data().strings.back())) {
      out.site().Add(
          absl::StrCat("`", rules.PathOf("not_contains"), "` forbids what another rule asks for"));
    }
  }
}

void AddFormat(Format format, std::string_view name, std::string_view words, ValueBuilder& out) {
  const std::string noun(words);
  out.AddCheck(Op::kFormat, name, absl::StrCat("must be a valid ", noun)).a.u =
      static_cast<uint64_t>(format);
  out.AddText(std::string(name) + "_empty", absl::StrCat("is empty, which is not a valid ", noun));
}

struct FormatRule {
  std::string_view name;
  Format format;
  std::string_view words;
};

constexpr std::array kFormats = {
    FormatRule{"email", Format::kEmail, "email address"},
    FormatRule{"hostname", Format::kHostname, "hostname"},
    FormatRule{"ip", Format::kIp, "IP address"},
    FormatRule{"ipv4", Format::kIpv4, "IPv4 address"},
    FormatRule{"ipv6", Format::kIpv6, "IPv6 address"},
    FormatRule{"uri", Format::kUri, "URI"},
    FormatRule{"uri_ref", Format::kUriRef, "URI reference"},
    FormatRule{"address", Format::kAddress, "hostname or IP address"},
    FormatRule{"uuid", Format::kUuid, "UUID"},
    FormatRule{"tuuid", Format::kTrimmedUuid, "UUID without hyphens"},
    FormatRule{"ip_with_prefixlen", Format::kIpWithPrefix, "IP address with prefix length"},
    FormatRule{"ipv4_with_prefixlen", Format::kIpv4WithPrefix, "IPv4 address with prefix length"},
    FormatRule{"ipv6_with_prefixlen", Format::kIpv6WithPrefix, "IPv6 address with prefix length"},
    FormatRule{"ip_prefix", Format::kIpPrefix, "IP prefix"},
    FormatRule{"ipv4_prefix", Format::kIpv4Prefix, "IPv4 prefix"},
    FormatRule{"ipv6_prefix", Format::kIpv6Prefix, "IPv6 prefix"},
    FormatRule{"host_and_port", Format::kHostAndPort, "host and port"},
    FormatRule{"ulid", Format::kUlid, "ULID"},
    FormatRule{"protobuf_fqn", Format::kProtobufName, "fully-qualified protobuf name"},
    FormatRule{"protobuf_dot_fqn", Format::kProtobufDotName,
               "fully-qualified protobuf name with a leading dot"},
    FormatRule{"phone", Format::kPhone, "phone number (E.164)"},
};

void CompileFormats(RuleView& rules, ValueBuilder& out) {
  for (const FormatRule& rule : kFormats) {
    if (rules.Bool(rule.name).value_or(false)) AddFormat(rule.format, rule.name, rule.words, out);
  }
  const bool strict = rules.Bool("strict").value_or(true);
  const int64_t known = rules.Number("well_known_regex", int64_t{}).value_or(0);
  if (known == 1) {
    AddFormat(strict ? Format::kHeaderName : Format::kHeaderNameLoose,
              "well_known_regex.header_name", "HTTP header name", out);
  } else if (known == 2) {
    AddFormat(strict ? Format::kHeaderValue : Format::kHeaderValueLoose,
              "well_known_regex.header_value", "HTTP header value", out);
  } else if (known != 0) {
    out.site().Add(
        absl::StrCat("`", rules.PathOf("well_known_regex"), "`: ", known, " is not supported"));
  }
}

// `safe`: one check for all attacks, since the value is decoded for all of them at once.
void CompileSafe(RuleView& rules, ValueBuilder& out) {
  const std::vector<int64_t> numbers = rules.Numbers("safe", int64_t{});
  const int64_t mode = rules.Number("safe_mode", int64_t{}).value_or(0);
  if (mode < 0 || mode > kDetectMode) {
    out.site().Add(absl::StrCat("`", rules.PathOf("safe_mode"), "`: ", mode, " is not supported"));
  } else if (mode != 0 && numbers.empty()) {
    out.site().Add(absl::StrCat("`", rules.PathOf("safe_mode"), "` without `safe`"));
  }
  content::AttackSet wanted = 0;
  for (const int64_t number : numbers) {
    const content::AttackSet attack = content::FromNumber(static_cast<int>(number));
    if (attack == 0) {
      out.site().Add(absl::StrCat("`", rules.PathOf("safe"), "`: ", number, " is not an attack"));
    }
    wanted |= attack;
  }
  bool first = true;
  for (size_t i = 0; i < content::kAttacks; ++i) {
    const auto attack = static_cast<content::Attack>(i);
    if ((wanted & content::Bit(attack)) == 0) continue;
    const std::string name = absl::StrCat("safe.", std::string(content::NameOf(attack)));
    std::string words = absl::StrCat("looks like ", std::string(content::WordsOf(attack)));
    if (first) {
      out.AddCheck(Op::kSafe, name, std::move(words)).a.u = wanted;
    } else {
      out.AddText(name, std::move(words));
    }
    first = false;
    out.data().texts.back().observed = mode == kDetectMode;
  }
}

// `const`, `in` and `not_in`, then what they all have to fit.
void CompileConstants(RuleView& rules, bool only_empty, ValueBuilder& out) {
  std::vector<Value> constants, members;
  const size_t strings = out.data().strings.size();
  CompileText(rules, "const", Op::kEquals, "must equal ", out);
  if (out.data().strings.size() != strings) constants.push_back(ToValue(out.data().strings.back()));
  const std::vector<std::string> in = rules.Texts("in");
  for (const std::string& each : in) members.push_back(ToValue(each));
  CompileTextSet(in, "in", Op::kTextIn, "must be one of ", out);
  CompileTextSet(rules.Texts("not_in"), "not_in", Op::kTextNotIn, "must not be one of ", out);
  out.CheckConstants(constants, members);
  if (only_empty) out.CheckOnlyValue(Value(), "only the empty value is short enough");
}

}  // namespace

void CompileStringRules(RuleView& rules, ValueBuilder& out) {
  const LengthRange chars = CompileLength(
      rules, {"len", "min_len", "max_len", Op::kChars, Op::kMinChars, Op::kMaxChars, "character"},
      out);
  const LengthRange bytes = CompileLength(
      rules,
      {"len_bytes", "min_bytes", "max_bytes", Op::kBytes, Op::kMinBytes, Op::kMaxBytes, "byte"},
      out);
  // A character takes one to four bytes.
  if (bytes.max < chars.min || bytes.min / 4 + (bytes.min % 4 != 0) > chars.max) {
    out.site().Add("no text has a length in characters and in bytes that the rules allow");
  }
  CompileParts(rules, bytes.max, chars.max, out);
  CompileFormats(rules, out);
  CompilePattern(rules, Op::kPattern, out);
  CompileSafe(rules, out);
  rules.Skip("normalize");  // interceptors/normalize
  CompileConstants(rules, bytes.max == 0 || chars.max == 0, out);
}

void CompileBytesRules(RuleView& rules, ValueBuilder& out) {
  const LengthRange bytes = CompileLength(
      rules, {"len", "min_len", "max_len", Op::kBytes, Op::kMinBytes, Op::kMaxBytes, "byte"}, out);
  CompileParts(rules, bytes.max, std::numeric_limits<uint64_t>::max(), out);
  struct SizeRule {
    std::string_view name;
    uint64_t sizes;
    std::string_view words;
  };
  constexpr std::array kSizes = {
      SizeRule{"ip", 1 << 4 | 1 << 16, "IP address"}, SizeRule{"ipv4", 1 << 4, "IPv4 address"},
      SizeRule{"ipv6", 1 << 16, "IPv6 address"}, SizeRule{"uuid", 1 << 16, "UUID"}};
  for (const SizeRule& rule : kSizes) {
    if (!rules.Bool(rule.name).value_or(false)) continue;
    const std::string words(rule.words);
    out.AddCheck(Op::kByteSizes, rule.name, absl::StrCat("must be a valid ", words)).a.u =
        rule.sizes;
    out.AddText(std::string(rule.name) + "_empty",
                absl::StrCat("is empty, which is not a valid ", words));
  }
  CompilePattern(rules, Op::kBytesPattern, out);
  CompileConstants(rules, bytes.max == 0, out);
}

void CompileAnyRules(RuleView& rules, ValueBuilder& out) {
  const std::vector<std::string> in = rules.Texts("in");
  CompileTextSet(in, "in", Op::kTextIn, "type URL must be one of ", out);
  CompileTextSet(rules.Texts("not_in"), "not_in", Op::kTextNotIn, "type URL must not be one of ",
                 out);
  std::vector<Value> members;
  members.reserve(in.size());
  for (const std::string& each : in) members.push_back(ToValue(each));
  out.CheckConstants({}, members);
}

void CompileFieldMaskRules(RuleView& rules, ValueBuilder& out) {
  const auto add = [&out](Op op, std::string_view name, const char* words,
                          std::vector<std::string> paths) {
    out.AddCheck(op, name, absl::StrCat(words, ShowList(paths))).index =
        static_cast<uint32_t>(out.data().path_lists.size());
    out.AddConstant(name, ShowList(paths));
    out.data().path_lists.push_back(std::move(paths));
  };
  if (const google::protobuf::Message* mask = rules.Sub("const")) {
    RuleView view(*mask, rules.PathOf("const"));
    add(Op::kMaskEquals, "const", "must have exactly the paths ", view.Texts("paths"));
  }
  std::vector<std::string> in = rules.Texts("in"), not_in = rules.Texts("not_in");
  if (!in.empty()) add(Op::kMaskIn, "in", "must only contain paths in ", std::move(in));
  if (!not_in.empty()) {
    add(Op::kMaskNotIn, "not_in", "must not contain any path in ", std::move(not_in));
  }
  const std::optional<std::string> name = rules.Text("paths_of");
  if (!name) return;
  const auto* type = out.field().file()->pool()->FindMessageTypeByName(*name);
  if (type == nullptr) {
    return out.site().Add(absl::StrCat("`", rules.PathOf("paths_of"), "`: no message ", *name,
                                       " is known here; import its proto"));
  }
  out.AddCheck(Op::kMaskOf, "paths_of", absl::StrCat("must only contain paths of ", *name)).index =
      static_cast<uint32_t>(out.data().mask_types.size());
  out.AddConstant("paths_of", *name);
  out.data().mask_types.push_back(type);
}

}  // namespace warden::rules
