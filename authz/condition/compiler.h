// From tree to program: resolves names, checks types, prepares what does not change. Internal to
// authz/condition.
#ifndef WARDEN_AUTHZ_CONDITION_COMPILER_H_
#define WARDEN_AUTHZ_CONDITION_COMPILER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/condition/ast.h"
#include "authz/condition/environment.h"
#include "authz/condition/problem.h"
#include "authz/condition/program.h"
#include "authz/condition/type.h"

namespace warden::condition {

// Used once. Goes on after a problem, with what is wrong being dynamic, so that one look shows all
// of them. Recursion is bounded by the tree's depth (parser.h).
class Compiler {
 public:
  Compiler(const Environment& environment, ExpressionProblems* problems)
      : environment_(environment), problems_(problems) {}

  // To be thrown away where there are problems.
  Program Compile(const Ast& ast);

 private:
  struct Typed {
    uint32_t node = 0;
    Type type;
  };
  using Args = std::vector<Typed>;

  // compiler.cc
  Typed Visit(const Ast& ast);
  Typed Literal(const Ast& ast);
  Typed Name(const Ast& ast);
  Typed Selection(const Ast& ast, bool has);
  Typed Field(const Ast& ast, Typed operand, bool has);
  Typed List(const Ast& ast);
  Typed Map(const Ast& ast);
  std::optional<Typed> Dotted(const Ast& ast, std::string_view name);
  void UnknownName(const Ast& ast, const std::string& name);
  std::optional<size_t> FindLocal(std::string_view name) const;

  // compile_call.cc
  Typed Operator(const Ast& ast);
  Typed Logic(const Ast& ast);
  Typed Choice(const Ast& ast);
  Typed Equality(const Ast& ast);
  Typed Relation(const Ast& ast);
  Typed Membership(const Ast& ast);
  Typed Index(const Ast& ast);
  Typed Call(const Ast& ast);
  Typed CallOverload(const Ast& ast, const std::string& name, bool member, Args args);
  void NoOverload(const Ast& ast, const std::string& name, const Args& args);
  const void* Prepare(const Ast& ast, std::string_view name, Args* args);

  // compile_macro.cc
  Typed Macro(const Ast& ast);
  Typed Has(const Ast& ast);
  Typed AddressRange(const Ast& ast);
  Typed GetField(const Ast& ast);
  Type ElementType(const Ast& ast, const Type& range);
  static bool IsMacro(const Ast& ast);

  Args VisitAll(const Ast& ast);
  Typed Problem(const Ast& ast, std::string message);
  Typed Add(const Ast& ast, Op op, Type type, const Args& args);
  Typed AddCall(const Ast& ast, Function run, Type type, const Args& args,
                const void* data = nullptr);
  Typed Constant(const Ast& ast, Value value, Type type);
  // The text of a string constant; null if it is none.
  const Node* StringConstant(const Typed& typed) const;
  // Runs a call whose arguments are constants now, where that gives something that can be kept.
  void Fold(uint32_t node);
  std::string_view Keep(std::string text);
  void NeedBool(const Ast& ast, const Type& type, const std::string& what);

  const Environment& environment_;
  ExpressionProblems* problems_;
  Program program_;
  struct Local {
    std::string name;
    Type type;
  };
  std::vector<Local> locals_;
};

// "a.b.c" if the tree is names joined by dots.
std::optional<std::string> DottedName(const Ast& ast);

}  // namespace warden::condition

#endif  // WARDEN_AUTHZ_CONDITION_COMPILER_H_
