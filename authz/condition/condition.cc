#include "authz/condition/condition.h"

#include <exception>

#include "absl/strings/str_cat.h"
#include "authz/condition/compiler.h"
#include "authz/condition/parser.h"
#include "authz/condition/program.h"

namespace warden::condition {
namespace {

bool NodeNeeds(const Program& program, uint32_t id, size_t variable) {
  const Node& node = program.nodes[id];
  if ((node.op == Op::kVariable || node.op == Op::kHasVariable) && node.slot == variable) {
    return true;
  }
  for (uint32_t i = 0; i < node.count; ++i) {
    if (NodeNeeds(program, program.arg(node, i), variable)) return true;
  }
  return false;
}

void AddParts(const Program& program, uint32_t id, std::vector<uint32_t>* parts) {
  const Node& node = program.nodes[id];
  if (node.op != Op::kAnd) return parts->push_back(id);
  for (uint32_t i = 0; i < node.count; ++i) AddParts(program, program.arg(node, i), parts);
}

Outcome OfError(const Value& value) {
  return {Verdict::kError, value.text == nullptr ? "an error" : value.text, value.offset};
}

Outcome EvaluateParts(const Program& program, const std::vector<uint32_t>& parts,
                      const Activation& activation) {
  Context context;
  Outcome outcome{.verdict = Verdict::kTrue};
  for (const uint32_t part : parts) {
    const Value value = Evaluate(program, part, activation, context);
    if (value.is_true()) continue;
    if (value.is_false()) return {.verdict = Verdict::kFalse};
    if (outcome.verdict == Verdict::kError) continue;
    outcome = OfError(value.is_error() ? value : Value::Error("a result that is no bool"));
  }
  return outcome;
}

}  // namespace

std::string ErrorText(const Outcome& outcome) {
  if (outcome.verdict != Verdict::kError) return "";
  if (outcome.column == 0) return outcome.error;
  return absl::StrCat(outcome.error, " (at ", outcome.column, ")");
}

std::optional<Expression> Expression::Compile(std::string_view text, const Environment& environment,
                                              std::vector<ExpressionProblem>* problems) {
  ExpressionProblems found(text);
  const std::unique_ptr<Ast> ast = Parse(text, &found);
  Expression expression;
  if (ast != nullptr) {
    expression.program_ =
        std::make_shared<const Program>(Compiler(environment, &found).Compile(*ast));
  }
  if (found.empty()) return expression;
  *problems = found.list();
  return std::nullopt;
}

const Type& Expression::type() const { return program_->type; }

Value Expression::Evaluate(const Activation& activation, Context& context) const {
  return condition::Evaluate(*program_, program_->root(), activation, context);
}

bool Expression::Needs(size_t variable) const {
  return NodeNeeds(*program_, program_->root(), variable);
}

std::optional<Condition> Condition::Compile(std::string_view text, const Environment& environment,
                                            std::vector<ExpressionProblem>* problems) {
  const std::optional<Expression> expression = Expression::Compile(text, environment, problems);
  if (!expression.has_value()) return std::nullopt;
  const Type& type = expression->type();
  if (type.kind != Kind::kBool && !type.is_dyn()) {
    problems->push_back(
        {.message = absl::StrCat("a condition must be bool; this is ", ToString(type))});
    return std::nullopt;
  }
  Condition condition;
  condition.program_ = expression->program_;
  AddParts(*condition.program_, condition.program_->root(), &condition.parts_);
  return condition;
}

Outcome Condition::Evaluate(const Activation& activation) const {
  if (program_ == nullptr) return {.verdict = Verdict::kFalse};
  try {
    return EvaluateParts(*program_, parts_, activation);
  } catch (const std::exception&) {
    return {.error = "no memory for the evaluation"};
  }
}

bool Condition::Needs(size_t variable) const {
  for (const uint32_t part : parts_) {
    if (NodeNeeds(*program_, part, variable)) return true;
  }
  return false;
}

Condition::Halves Condition::Split(size_t variable) const {
  Halves halves;
  for (const uint32_t part : parts_) {
    std::optional<Condition>& half =
        NodeNeeds(*program_, part, variable) ? halves.with : halves.without;
    if (!half.has_value()) half.emplace().program_ = program_;
    half->parts_.push_back(part);
  }
  return halves;
}

}  // namespace warden::condition
