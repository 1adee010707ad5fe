// What a compiled program consists of. Dialects are read by the compiler (compiler.h,
// rule_source.h), values are judged by evaluate.h, messages are walked by checker.h; this is all
// that the three have in common.
#ifndef WARDEN_INTERCEPTORS_RULES_PLAN_H_
#define WARDEN_INTERCEPTORS_RULES_PLAN_H_

#include <re2/re2.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "authz/condition/condition.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
class OneofDescriptor;
class Reflection;
}  // namespace google::protobuf

namespace warden::rules {

// Points in time and spans, in nanoseconds: every google.protobuf.Timestamp and Duration fits, also
// one that is out of the range that its type documents.
using Nanos = absl::int128;

// How a value is held while it is judged.
enum class Shape : uint8_t {
  kInt,      // signed integers, bool, enum
  kUint,     // unsigned integers
  kDouble,   // float, double
  kText,     // string, bytes
  kMessage,  // any other message
};

// How a message field is turned into what its rules talk about.
enum class Unwrap : uint8_t {
  kNone,
  kWrapper,    // google.protobuf.StringValue and its kin: the value inside
  kNanos,      // Timestamp, Duration
  kTypeUrl,    // Any: its type URL, as text
  kFieldMask,  // FieldMask: itself
};

enum class Op : uint8_t {
  // Closed intervals [a, b]. Every bound and `const` is compiled to one of these.
  kIntInside,
  kIntOutside,
  kUintInside,
  kUintOutside,
  kDoubleInside,   // NaN is not inside...
  kDoubleOutside,  // ...and not outside either
  kNanosInside,    // index: into ranges
  kNanosOutside,
  // index: the set of constants
  kIntIn,
  kIntNotIn,
  kUintIn,
  kUintNotIn,
  kDoubleIn,
  kDoubleNotIn,
  kNanosIn,
  kNanosNotIn,
  kTextIn,
  kTextNotIn,
  kFinite,
  // Lengths in characters and bytes; a: the number
  kChars,
  kMinChars,
  kMaxChars,
  kBytes,
  kMinBytes,
  kMaxBytes,
  // index: into strings
  kEquals,
  kPrefix,
  kSuffix,
  kContains,
  kNotContains,
  kPattern,       // index: into patterns
  kBytesPattern,  // the same, and the value must be UTF-8
  kFormat,        // a: Format; its text + 1 is the text for the empty value
  kByteSizes,     // a bit set of the allowed sizes: bit n in a for n bytes; text + 1 as for kFormat
  kNotAfterNow,
  kNotBeforeNow,
  kWithinNow,   // index: into ranges, `low` is the distance
  kMaskEquals,  // index: into path_lists
  kMaskIn,
  kMaskNotIn,
  kMaskOf,  // index: into mask_types
  kSafe,    // a: content::AttackSet; its text + n is the text for the nth attack of the set
};

// The string formats of kFormat.
enum class Format : uint8_t {
  kEmail,
  kHostname,
  kIp,
  kIpv4,
  kIpv6,
  kUri,
  kUriRef,
  kAddress,
  kUuid,
  kTrimmedUuid,
  kIpWithPrefix,
  kIpv4WithPrefix,
  kIpv6WithPrefix,
  kIpPrefix,
  kIpv4Prefix,
  kIpv6Prefix,
  kHostAndPort,
  kUlid,
  kProtobufName,
  kProtobufDotName,
  kPhone,
  kHeaderName,
  kHeaderNameLoose,
  kHeaderValue,
  kHeaderValueLoose,
};

inline constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

union Operand {
  int64_t i;
  uint64_t u;
  double d;
};

// One rule of one value.
struct Check {
  Op op = Op::kFinite;
  uint32_t text = kNone;   // into texts
  uint32_t index = kNone;  // into the table that the op names
  Operand a = {.u = 0};
  Operand b = {.u = 0};
};

// What is said about a broken rule.
struct RuleText {
  std::string id;
  std::string message;
  std::string path = {};  // in FieldRules: "repeated.items.string.min_len"
  // The rule's own numbers and texts by their names, for whoever writes the message in another
  // language.
  std::vector<std::pair<std::string, std::string>> constants = {};
  bool observed = false;  // said, but nothing is refused for it
};

// What `this` is read as.
enum class CelThis : uint8_t {
  kInt,
  kUint,
  kDouble,
  kBool,
  kString,
  kBytes,
  kMessage,  // also wrappers, Timestamp and Duration, which stand for what they hold
  kField,    // a list or map
};

// A condition, which gives true or "" where the value is valid. Made by compile_cel.h, run by
// cel_rule.h.
struct CelRule {
  condition::Expression expression;
  CelThis subject = CelThis::kMessage;
  uint32_t text = kNone;    // into texts
  bool shows_text = false;  // what a string says is the violation's message
};

struct CelRange {
  uint32_t first = 0;  // into cel
  uint32_t end = 0;

  bool empty() const { return first == end; }
};

struct NanosRange {
  Nanos low = 0;
  Nanos high = 0;
};

// The rules of one value: a singular field, an item, a key or a map's value.
struct ValuePlan {
  Shape shape = Shape::kInt;
  Unwrap unwrap = Unwrap::kNone;
  bool skip_zero = false;
  bool skip = false;         // IGNORE_ALWAYS
  uint32_t first_check = 0;  // into checks
  uint32_t end_check = 0;
  CelRange cel;
  uint32_t message = kNone;  // into messages: what is inside the message is checked too
  // The fields that `unwrap` reads: value; seconds and nanos; type_url; paths.
  const google::protobuf::FieldDescriptor* inner = nullptr;
  const google::protobuf::FieldDescriptor* inner_nanos = nullptr;

  bool has_checks() const { return first_check != end_check || !cel.empty(); }
};

// What is asked of a list or map besides its elements.
struct ContainerPlan {
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<uint64_t>::max();
  uint32_t min_text = kNone;
  uint32_t max_text = kNone;
  uint32_t unique_text = kNone;  // kNone: items may repeat
  CelRange cel;                  // about the whole
  ValuePlan key;                 // of a map
};

struct FieldPlan {
  enum class Form : uint8_t { kSingular, kList, kMap };

  const google::protobuf::FieldDescriptor* field = nullptr;
  Form form = Form::kSingular;
  bool required = false;
  bool has_presence = false;
  bool skip_zero = false;
  bool sensitive = false;      // its keys do not appear in paths
  uint32_t container = kNone;  // into containers, for kList and kMap
  ValuePlan value;             // of the field, its items or the map's values
};

struct OneofPlan {
  const google::protobuf::OneofDescriptor* oneof = nullptr;
};

// At most one of `fields` is set; with `required`, exactly one.
struct FieldGroupPlan {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  bool required = false;
  uint32_t text = kNone;
};

struct MessagePlan {
  const google::protobuf::Descriptor* type = nullptr;
  std::vector<FieldPlan> fields;
  std::vector<OneofPlan> oneofs;  // those that are required
  std::vector<FieldGroupPlan> groups;
  CelRange cel;
  bool disabled = false;

  bool empty() const { return fields.empty() && oneofs.empty() && groups.empty() && cel.empty(); }
};

struct ProgramData {
  std::vector<MessagePlan> messages;  // the first is the program's own type; never empty
  std::vector<ContainerPlan> containers;
  std::vector<Check> checks;
  std::vector<CelRule> cel;
  std::vector<RuleText> texts;

  std::vector<std::string> strings;
  std::vector<std::unique_ptr<const RE2>> patterns;
  std::vector<NanosRange> ranges;
  std::vector<std::vector<int64_t>> int_sets;    // sorted
  std::vector<std::vector<uint64_t>> uint_sets;  // sorted
  std::vector<std::vector<double>> double_sets;
  std::vector<std::vector<Nanos>> nanos_sets;  // sorted
  std::vector<absl::flat_hash_set<std::string>> text_sets;
  std::vector<std::vector<std::string>> path_lists;
  std::vector<const google::protobuf::Descriptor*> mask_types;
  bool uses_clock = false;
  bool keeps_options = false;  // conditions point into options
  std::vector<std::shared_ptr<const void>> kept;

  // Texts of rules that have no constants.
  uint32_t required_text = kNone;
  uint32_t oneof_required_text = kNone;
  uint32_t depth_text = kNone;
};

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_PLAN_H_
