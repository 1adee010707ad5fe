// Macros, `has` and `cidr`; see compiler.h.
#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "authz/condition/compiler.h"
#include "authz/config/problem.h"

namespace warden::condition {
namespace {

struct MacroForm {
  std::string_view name;
  size_t args;  // with the range
  Op op;
};

constexpr MacroForm kMacros[] = {
    {"all", 3, Op::kAll},       {"exists", 3, Op::kExists}, {"exists_one", 3, Op::kExistsOne},
    {"filter", 3, Op::kFilter}, {"map", 3, Op::kMapMacro},  {"map", 4, Op::kMapMacro},
};

}  // namespace

bool Compiler::IsMacro(const Ast& ast) {
  return ast.member && std::any_of(std::begin(kMacros), std::end(kMacros),
                                   [&](const MacroForm& form) { return form.name == ast.text; });
}

Type Compiler::ElementType(const Ast& ast, const Type& range) {
  if (range.kind == Kind::kList || range.kind == Kind::kMap) return range.of[0];
  if (!range.is_dyn()) {
    Problem(ast, absl::StrCat("`", ast.text, "` goes over lists and the keys of maps; this is ",
                              ToString(range)));
  }
  return Type();
}

Compiler::Typed Compiler::Macro(const Ast& ast) {
  const MacroForm* form = nullptr;
  for (const MacroForm& each : kMacros) {
    if (each.name == ast.text && each.args == ast.args.size()) form = &each;
  }
  if (form == nullptr) {
    return Problem(ast, absl::StrCat("`", ast.text, "` is written `list.", ast.text,
                                     ast.text == "map" ? "(name, [condition,] value)`"
                                                       : "(name, condition)`"));
  }
  const Ast& name = *ast.args[1];
  if (name.kind != Ast::Kind::kName || name.absolute) {
    return Problem(name, "a name for the element is needed here");
  }
  if (locals_.size() >= kMostLocals) {
    return Problem(ast, absl::StrCat("more than ", kMostLocals, " macros within each other"));
  }
  Args args = {Visit(*ast.args[0])};
  const auto slot = static_cast<uint32_t>(locals_.size());
  locals_.push_back({name.text, ElementType(ast, args[0].type)});
  const bool conditional = form->args == 4;
  args.push_back(Visit(*ast.args[conditional ? 3 : 2]));
  if (conditional) args.push_back(Visit(*ast.args[2]));
  locals_.pop_back();
  const bool map = form->op == Op::kMapMacro;
  if (!map || conditional) {
    NeedBool(*ast.args[2], args.back().type, absl::StrCat("the condition of `", ast.text, "`"));
  }
  Type type = Type::Of(Kind::kBool);
  if (map) {
    type = Type::ListOf(args[1].type);
  } else if (form->op == Op::kFilter) {
    type = Type::ListOf(args[0].type.of.empty() ? Type() : args[0].type.of[0]);
  }
  Typed typed = Add(ast, form->op, std::move(type), args);
  program_.nodes.back().slot = slot;
  return typed;
}

Compiler::Typed Compiler::Has(const Ast& ast) {
  if (ast.args.size() != 1 || ast.args[0]->kind != Ast::Kind::kSelect) {
    return Problem(ast, "`has` takes a field, as in has(request.owner)");
  }
  return Selection(*ast.args[0], true);
}

// For fields whose names the language keeps for itself.
Compiler::Typed Compiler::GetField(const Ast& ast) {
  const Args args = VisitAll(ast);
  const Node* name = args.size() == 2 ? StringConstant(args[1]) : nullptr;
  if (name == nullptr) {
    return Problem(ast, "`getField` takes a value and a string literal, as in getField(a, 'in')");
  }
  Ast select;
  select.kind = Ast::Kind::kSelect;
  select.offset = ast.offset;
  select.text = std::string(name->constant.view());
  return Field(select, args[0], false);
}

Compiler::Typed Compiler::AddressRange(const Ast& ast) {
  const Args args = VisitAll(ast);
  const Node* range = args.size() == 1 ? StringConstant(args[0]) : nullptr;
  if (range == nullptr) {
    return Problem(ast, "`cidr` takes a string literal, as in cidr('10.0.0.0/8')");
  }
  AddressSet& set = program_.ranges.emplace_back();
  if (const absl::Status status = set.Add(range->constant.view()); !status.ok()) {
    return Problem(ast, absl::StrCat("`cidr`: ", status.message()));
  }
  return Constant(ast, Value::Addresses(set), Type::Of(Kind::kAddressRange));
}

}  // namespace warden::condition
