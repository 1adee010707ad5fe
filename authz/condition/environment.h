// What an expression can speak of: variables with their types, and where names of enums are looked
// up.
#ifndef WARDEN_AUTHZ_CONDITION_ENVIRONMENT_H_
#define WARDEN_AUTHZ_CONDITION_ENVIRONMENT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "authz/condition/context.h"
#include "authz/condition/functions.h"
#include "authz/condition/type.h"
#include "authz/condition/value.h"

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class EnumDescriptor;
}  // namespace google::protobuf

namespace warden::condition {

// What Activation::Read returns, as an error, for a variable that has no value; has() is then
// false.
inline constexpr char kAbsent[] = "a fact that this call does not have";

// Filled once, then immutable and thread-safe.
class Environment {
 public:
  struct Variable {
    std::string name;
    Type type;
    std::optional<Value> constant;
  };

  // Variables are numbered from 0 in the order in which they are added. A name may have dots:
  // `caller.subject` is a variable, and `caller` alone then stands for nothing.
  size_t AddVariable(std::string name, Type type);
  // A variable whose value is known now: it is never asked for, and can stand where a literal must,
  // such as the pattern of `matches`. What the value points to must outlive what is compiled.
  size_t AddConstant(std::string name, Type type, Value value);
  // Functions besides those of the language. Static storage.
  void AddFunctions(absl::Span<const Overload> functions) { functions_.push_back(functions); }
  // Enums and their values can be named from within this message, and so from its package, as in a
  // .proto. The descriptor must outlive the environment, and what is compiled with it.
  void AddScope(const google::protobuf::Descriptor& message);

  const std::vector<Variable>& variables() const { return variables_; }
  const std::vector<absl::Span<const Overload>>& functions() const { return functions_; }
  std::optional<size_t> FindVariable(std::string_view name) const;
  // Whether a variable's name begins with `name` and a dot.
  bool IsPrefix(std::string_view name) const;
  // By a name relative to the scopes; null if there is none.
  const google::protobuf::EnumDescriptor* FindEnum(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::vector<Variable> variables_;
  std::vector<absl::Span<const Overload>> functions_;
  const google::protobuf::DescriptorPool* pool_ = nullptr;
  std::vector<std::string> scopes_;  // innermost first; "" last
};

// The values of an environment's variables, for one evaluation.
class Activation {
 public:
  virtual ~Activation() = default;
  // `variable` is a number that AddVariable gave. May use the context's memory; may return an
  // error. Called each time the variable is met.
  virtual Value Read(Context& context, size_t variable) const = 0;
};

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_ENVIRONMENT_H_
