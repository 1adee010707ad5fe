// Field rules of one message type, compiled from its descriptor into a flat program that checks
// messages.
//
// Rules are read from the options of fields, oneofs and messages: `(warden.v1.rules)` and its
// relatives (see proto/warden/v1/rules.proto for every rule and when it applies), and the
// ecosystem's `buf.validate` options where the descriptor's pool has them. docs/rules.md describes
// both.
#ifndef WARDEN_INTERCEPTORS_RULES_PROGRAM_H_
#define WARDEN_INTERCEPTORS_RULES_PROGRAM_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace warden {

namespace rules {
struct ProgramData;
}  // namespace rules

// One broken rule. `message` may name constants of the rule. It has values of the request only
// where the rule is a condition that puts them there itself, and nothing about them is marked
// `(warden.v1.sensitive)`.
struct Violation {
  std::string field;    // path from the checked message: `items[2].sku`, `labels["a"]`; "" for the
                        // message itself
  std::string rule;     // "string.min_len"
  std::string message;  // English, for people
  // The rule in FieldRules: "repeated.items.string.min_len". "" where there is none.
  std::string rule_path = {};
  bool for_key = false;  // the key of the map's entry breaks it
  // The rule's constants by name ({"min_len", "3"}), so that a client can write the message in its
  // own language.
  std::vector<std::pair<std::string, std::string>> constants = {};
  // Not a reason to refuse the message: its rule only watches (`safe_mode: DETECT_ATTACK`).
  bool observed = false;
};

// Immutable and thread-safe.
class Program {
 public:
  // Messages nested deeper than this are a violation ("warden.max_depth"), where rules reach that
  // deep.
  static constexpr int kMaxDepth = 100;

  // Compiles the rules of `type` and of every message type that can be reached from it; types that
  // contain themselves are fine. Fails with InvalidArgument listing, one per line as `file:
  // message.field: problem`, every rule that contradicts another, does not fit its field, is not
  // supported, or whose pattern RE2 does not take. The pool of `type` must outlive the program.
  static absl::StatusOr<std::shared_ptr<const Program>> Compile(
      const google::protobuf::Descriptor& type);

  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // True when neither `type` nor anything below it has a rule: Check then returns true at once.
  // Also tells whether a stream of such messages needs checking at all.
  bool empty() const;

  // The type that was compiled.
  const google::protobuf::Descriptor& type() const;

  // Every id that a Violation of this program can have, sorted: for labels that are known at
  // start-up.
  std::vector<std::string> rule_ids() const;

  // Returns true if `message`, which must be of type(), keeps every rule. Otherwise appends at
  // least one and at most `max_violations` (at least 1) violations to *out and returns false; in
  // each message those about several fields come first, then those of its fields as they are
  // declared (map entries in no particular order), then those of oneofs. A message of another type
  // is a violation ("warden.type"). Violations that are `observed` change neither the answer nor
  // what else is found; at most `max_violations` of them are appended, too, also to a valid
  // message.
  //
  // Does not change the message and may run on many threads for the same one. Takes time linear in
  // the size of the message, and allocates nothing when it is valid (apart from RE2's bounded
  // caches, and the scratch table of `unique` on lists of more than 128 items, which each thread
  // keeps while it is small).
  bool Check(const google::protobuf::Message& message, size_t max_violations,
             std::vector<Violation>* out) const;

  // The same with the time that `lt_now`, `gt_now` and `within` compare with; the other takes the
  // system's clock.
  bool Check(const google::protobuf::Message& message, absl::Time now, size_t max_violations,
             std::vector<Violation>* out) const;

 private:
  explicit Program(std::unique_ptr<const rules::ProgramData> data);

  std::unique_ptr<const rules::ProgramData> data_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_RULES_PROGRAM_H_
