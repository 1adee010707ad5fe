// Conditions: a typed subset of CEL, the Common Expression Language. docs/conditions.md has the
// grammar and what differs from CEL.
//
//   condition::Environment environment;
//   const size_t request = environment.AddVariable("request", Type::OfMessage(*descriptor));
//   std::vector<ExpressionProblem> problems;
//   std::optional<Condition> owner =
//       Condition::Compile("request.owner == 'alice'", environment, &problems);
//   Outcome outcome = owner->Evaluate(activation);
//
// Everything that can be known is found when it is compiled: unknown fields and names, types that
// do not fit, patterns and time zones that are none. What is left for the evaluation (a division by
// zero, a claim that is not there) ends in Verdict::kError, which must refuse, as kFalse does.
//
// An evaluation is total and bounded: it never throws and takes at most Context::kMostSteps steps,
// whatever the request and the claims hold.
//
// Sources: google/cel-spec, doc/langdef.md.
#ifndef WARDEN_AUTHZ_CONDITION_CONDITION_H_
#define WARDEN_AUTHZ_CONDITION_CONDITION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/condition/environment.h"
#include "authz/condition/problem.h"
#include "authz/condition/type.h"

namespace warden::condition {

struct Program;

enum class Verdict : uint8_t { kError, kFalse, kTrue };

struct Outcome {
  Verdict verdict = Verdict::kError;
  const char* error = "";  // of kError: what went wrong; constant, and has nothing of the caller's
  size_t column = 0;       // of kError: where in the expression, in bytes from 1; 0 if not known

  bool holds() const { return verdict == Verdict::kTrue; }
};

// "a division by zero (at 12)"; "" unless an error.
std::string ErrorText(const Outcome& outcome);

// Immutable and thread-safe; cheap to copy. A default-constructed one never holds.
class Condition {
 public:
  Condition() = default;

  // Nothing, and every problem found, if the text is not an expression of type bool over the
  // environment. The environment may go; the descriptors in it must stay.
  static std::optional<Condition> Compile(std::string_view text, const Environment& environment,
                                          std::vector<ExpressionProblem>* problems);

  // REQUIRES: the activation gives the values of the environment that this was compiled with.
  Outcome Evaluate(const Activation& activation) const;

  // Whether the value of this variable can be asked for.
  bool Needs(size_t variable) const;

  // The parts joined by `&&` that do not need the variable, and those that do. For decisions where
  // anything but kTrue refuses: the whole holds if and only if both hold. Each of them is nothing
  // where it has no parts.
  struct Halves;
  Halves Split(size_t variable) const;

 private:
  std::shared_ptr<const Program> program_;
  std::vector<uint32_t> parts_;  // nodes that must all hold
};

struct Condition::Halves {
  std::optional<Condition> without;
  std::optional<Condition> with;
};

// An expression of any type. The value may point into the context. Immutable and thread-safe;
// cheap to copy.
class Expression {
 public:
  static std::optional<Expression> Compile(std::string_view text, const Environment& environment,
                                           std::vector<ExpressionProblem>* problems);
  const Type& type() const;
  Value Evaluate(const Activation& activation, Context& context) const;
  // As Condition::Needs.
  bool Needs(size_t variable) const;

 private:
  friend class Condition;
  std::shared_ptr<const Program> program_;
};

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_CONDITION_H_
