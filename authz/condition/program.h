// An expression that was compiled: what the evaluator runs. Internal to authz/condition.
#ifndef WARDEN_AUTHZ_CONDITION_PROGRAM_H_
#define WARDEN_AUTHZ_CONDITION_PROGRAM_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "authz/condition/environment.h"
#include "authz/condition/functions.h"
#include "authz/condition/type.h"
#include "authz/condition/value.h"
#include "authz/identity/address_set.h"
#include "re2/re2.h"

namespace warden::condition {

inline constexpr size_t kMostLocals = 8;  // macros within each other

enum class Op : uint8_t {
  kConstant,
  kVariable,     // slot
  kLocal,        // slot: a macro's variable
  kField,        // field of args[0]
  kHasField,     // the same, has()
  kSelect,       // name of args[0], whose type is dynamic
  kHasSelect,    // the same, has()
  kHasVariable,  // has() of a variable: whether it is not its type's zero
  kCall,         // function(args)
  kAnd,
  kOr,
  kChoice,
  kList,
  kMap,
  // Macros: args[0] is the range, args[1] the body; kMapMacro may have a condition in args[2].
  kAll,
  kExists,
  kExistsOne,
  kFilter,
  kMapMacro,
};

struct Node {
  Op op = Op::kConstant;
  uint32_t offset = 0;
  uint32_t slot = 0;
  uint32_t first = 0;  // of Program::args
  uint32_t count = 0;
  Value constant;
  const google::protobuf::FieldDescriptor* field = nullptr;
  Function run = nullptr;
  const void* data = nullptr;  // for `run`
  std::string_view name;
};

// Immutable once compiled. Nodes come after those that they use, so the last is the root.
struct Program {
  std::vector<Node> nodes;
  std::vector<uint32_t> args;
  Type type;
  // What nodes point to.
  std::deque<std::string> texts;
  std::deque<std::vector<Value>> lists;
  std::vector<std::unique_ptr<RE2>> patterns;
  std::deque<absl::TimeZone> zones;
  std::deque<AddressSet> ranges;

  uint32_t root() const { return static_cast<uint32_t>(nodes.size() - 1); }
  uint32_t arg(const Node& node, uint32_t i) const { return args[node.first + i]; }
};

// Evaluates one node. Never throws but for lack of memory.
Value Evaluate(const Program& program, uint32_t node, const Activation& activation,
               Context& context);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_PROGRAM_H_
