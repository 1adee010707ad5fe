#include "authz/condition/compiler.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"

namespace warden::condition {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;

std::vector<std::string> FieldNames(const Descriptor& message) {
  std::vector<std::string> names;
  for (int i = 0; i < message.field_count(); ++i) names.push_back(message.field(i)->name());
  return names;
}

std::vector<std::string> ValueNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

// Types that can be named, to be compared with type().
bool IsTypeName(std::string_view name) {
  for (const Kind kind :
       {Kind::kNull, Kind::kBool, Kind::kInt, Kind::kUint, Kind::kDouble, Kind::kString,
        Kind::kBytes, Kind::kTimestamp, Kind::kDuration, Kind::kList, Kind::kMap, Kind::kType}) {
    if (KindName(kind) == name) return true;
  }
  return false;
}

// The front and the last part of a dotted name.
std::pair<std::string_view, std::string_view> SplitLast(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string FieldsOf(std::string_view prefix, const Environment& environment) {
  std::string text;
  for (const std::string& name : environment.names()) {
    if (!std::string_view(name).starts_with(std::string(prefix) + ".")) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", "`", name, "`");
  }
  return text;
}

}  // namespace

std::optional<std::string> DottedName(const Ast& ast) {
  if (ast.kind == Ast::Kind::kName) return ast.text;
  if (ast.kind != Ast::Kind::kSelect) return std::nullopt;
  std::optional<std::string> front = DottedName(*ast.args[0]);
  if (front.has_value()) absl::StrAppend(&*front, ".", ast.text);
  return front;
}

Program Compiler::Compile(const Ast& ast) {
  const Typed whole = Visit(ast);
  program_.type = whole.type;
  return std::move(program_);
}

Compiler::Typed Compiler::Visit(const Ast& ast) {
  switch (ast.kind) {
    case Ast::Kind::kLiteral:
      return Literal(ast);
    case Ast::Kind::kName:
      return Name(ast);
    case Ast::Kind::kSelect:
      return Selection(ast, false);
    case Ast::Kind::kOperator:
      return Operator(ast);
    case Ast::Kind::kCall:
      return Call(ast);
    case Ast::Kind::kList:
      return List(ast);
    case Ast::Kind::kMap:
      return Map(ast);
  }
  return Problem(ast, "nothing that can be compiled");
}

Compiler::Args Compiler::VisitAll(const Ast& ast) {
  Args args;
  for (const auto& each : ast.args) args.push_back(Visit(*each));
  return args;
}

Compiler::Typed Compiler::Problem(const Ast& ast, std::string message) {
  problems_->Add(ast.offset, std::move(message));
  return Constant(ast, Value::Error("a part with a problem"), Type());
}

Compiler::Typed Compiler::Add(const Ast& ast, Op op, Type type, const Args& args) {
  Node node;
  node.op = op;
  node.offset = static_cast<uint32_t>(ast.offset);
  node.first = static_cast<uint32_t>(program_.args.size());
  node.count = static_cast<uint32_t>(args.size());
  for (const Typed& arg : args) program_.args.push_back(arg.node);
  program_.nodes.push_back(std::move(node));
  return {program_.root(), std::move(type)};
}

Compiler::Typed Compiler::AddCall(const Ast& ast, Function run, Type type, const Args& args,
                                  const void* data) {
  Typed call = Add(ast, Op::kCall, std::move(type), args);
  program_.nodes.back().run = run;
  program_.nodes.back().data = data;
  Fold(call.node);
  return call;
}

Compiler::Typed Compiler::Constant(const Ast& ast, Value value, Type type) {
  Typed constant = Add(ast, Op::kConstant, std::move(type), {});
  program_.nodes.back().constant = value;
  return constant;
}

void Compiler::Fold(uint32_t id) {
  Node& node = program_.nodes[id];
  for (uint32_t i = 0; i < node.count; ++i) {
    if (program_.nodes[program_.arg(node, i)].op != Op::kConstant) return;
  }
  struct Nothing final : Activation {
    Value Read(Context&, size_t) const override { return Value::Error("no variables"); }
  };
  Context context;
  const Value value = Evaluate(program_, id, Nothing(), context);
  const bool points = value.is_error() || value.kind == Kind::kString ||
                      value.kind == Kind::kBytes || value.kind == Kind::kList ||
                      value.kind == Kind::kMap;
  if (points) return;  // into the context, or says something only when it is run
  node.op = Op::kConstant;
  node.count = 0;
  node.constant = value;
}

std::string_view Compiler::Keep(std::string text) {
  program_.texts.push_back(std::move(text));
  return program_.texts.back();
}

const Node* Compiler::StringConstant(const Typed& typed) const {
  const Node& node = program_.nodes[typed.node];
  return node.op == Op::kConstant && node.constant.kind == Kind::kString ? &node : nullptr;
}

Compiler::Typed Compiler::Literal(const Ast& ast) {
  Value value = ast.value;
  if (value.kind == Kind::kString || value.kind == Kind::kBytes) {
    const std::string_view text = Keep(ast.text);
    value = value.kind == Kind::kString ? Value::String(text) : Value::Bytes(text);
  }
  return Constant(ast, value, Type::Of(value.kind));
}

std::optional<size_t> Compiler::FindLocal(std::string_view name) const {
  for (size_t i = locals_.size(); i > 0; --i) {
    if (locals_[i - 1].name == name) return i - 1;
  }
  return std::nullopt;
}

// A variable, a value of an enum, or a type.
std::optional<Compiler::Typed> Compiler::Dotted(const Ast& ast, std::string_view name) {
  if (const std::optional<size_t> variable = environment_.FindVariable(name)) {
    const Environment::Variable& found = environment_.variables()[*variable];
    if (found.constant.has_value()) return Constant(ast, *found.constant, found.type);
    Typed typed = Add(ast, Op::kVariable, found.type, {});
    program_.nodes.back().slot = static_cast<uint32_t>(*variable);
    return typed;
  }
  if (IsTypeName(name)) {
    return Constant(ast, Value::TypeName(Keep(std::string(name))), Type::Of(Kind::kType));
  }
  const auto [front, last] = SplitLast(name);
  const EnumDescriptor* type = front.empty() ? nullptr : environment_.FindEnum(front);
  if (type == nullptr) return std::nullopt;
  const auto* value = type->FindValueByName(std::string(last));
  if (value == nullptr) {
    return Problem(ast, absl::StrCat("no value ", Quoted(last), " in the enum ", type->full_name(),
                                     Suggestion(last, ValueNames(*type))));
  }
  return Constant(ast, Value::Int(value->number()), Type::Of(Kind::kInt));
}

void Compiler::UnknownName(const Ast& ast, const std::string& name) {
  if (environment_.IsPrefix(name)) {
    Problem(ast, absl::StrCat(Quoted(name), " is no value of its own; write one of ",
                              FieldsOf(name, environment_)));
    return;
  }
  std::vector<std::string> names = environment_.names();
  for (const Local& local : locals_) names.push_back(local.name);
  std::string text = Suggestion(name, names);
  if (text.empty() && !names.empty()) {
    text = "; there are ";
    for (const std::string& each : names) {
      absl::StrAppend(&text, &each == &names.front() ? "" : ", ", "`", each, "`");
    }
  }
  Problem(ast, absl::StrCat("no name ", Quoted(name), text));
}

Compiler::Typed Compiler::Name(const Ast& ast) {
  if (const std::optional<size_t> local = FindLocal(ast.text); local && !ast.absolute) {
    Typed typed = Add(ast, Op::kLocal, locals_[*local].type, {});
    program_.nodes.back().slot = static_cast<uint32_t>(*local);
    return typed;
  }
  if (std::optional<Typed> found = Dotted(ast, ast.text)) return *std::move(found);
  UnknownName(ast, ast.text);
  return Constant(ast, Value::Error("an unknown name"), Type());
}

// The longest front of `a.b.c` that names something is meant; the rest are fields.
Compiler::Typed Compiler::Selection(const Ast& ast, bool has) {
  const std::optional<std::string> name = DottedName(ast);
  const bool local = name.has_value() && FindLocal(name->substr(0, name->find('.'))).has_value();
  if (name.has_value() && !local) {
    if (std::optional<Typed> found = Dotted(ast, *name)) {
      Node& node = program_.nodes.back();
      if (has && node.op == Op::kVariable) {
        node.op = Op::kHasVariable;
        found->type = Type::Of(Kind::kBool);
      } else if (has) {
        return Problem(ast, "has() of a constant, which is always there");
      }
      return *std::move(found);
    }
    const std::optional<std::string> front = DottedName(*ast.args[0]);
    if (front.has_value() && environment_.IsPrefix(*front) && !environment_.IsPrefix(*name) &&
        !environment_.FindVariable(*front)) {
      return Problem(ast, absl::StrCat(Quoted(*front), " has no ", Quoted(ast.text),
                                       Suggestion(*name, environment_.names()), "; there are ",
                                       FieldsOf(*front, environment_)));
    }
    if (environment_.IsPrefix(*name)) {
      UnknownName(ast, *name);
      return Constant(ast, Value::Error("an unknown name"), Type());
    }
  }
  return Field(ast, Visit(*ast.args[0]), has);
}

Compiler::Typed Compiler::Field(const Ast& ast, Typed operand, bool has) {
  const Type type = operand.type;
  const Type boolean = Type::Of(Kind::kBool);
  if (type.kind == Kind::kMessage) {
    const auto* field = type.message->FindFieldByName(ast.text);
    if (field == nullptr) {
      return Problem(ast,
                     absl::StrCat("no field ", Quoted(ast.text), " in ", type.message->full_name(),
                                  Suggestion(ast.text, FieldNames(*type.message))));
    }
    if (type.message->well_known_type() == Descriptor::WELLKNOWNTYPE_ANY) {
      return Problem(ast, "a google.protobuf.Any cannot be looked into");
    }
    Typed typed = Add(ast, has ? Op::kHasField : Op::kField, has ? boolean : Type::OfField(*field),
                      {operand});
    program_.nodes.back().field = field;
    return typed;
  }
  if (type.kind != Kind::kMap && !type.is_dyn()) {
    return Problem(ast, absl::StrCat("no field ", Quoted(ast.text), " in a value of type ",
                                     ToString(type), ", which has none"));
  }
  if (type.kind == Kind::kMap && !type.of[0].is_dyn() && type.of[0].kind != Kind::kString) {
    return Problem(ast,
                   absl::StrCat("the keys of a ", ToString(type), " are no names; write [...]"));
  }
  Type result = has ? boolean : type.kind == Kind::kMap ? type.of[1] : Type();
  Typed typed = Add(ast, has ? Op::kHasSelect : Op::kSelect, std::move(result), {operand});
  program_.nodes.back().name = Keep(ast.text);
  return typed;
}

Compiler::Typed Compiler::List(const Ast& ast) {
  const Args args = VisitAll(ast);
  Type element = args.empty() ? Type() : args[0].type;
  bool constant = true;
  std::vector<Value> values;
  for (const Typed& arg : args) {
    element = Join(element, arg.type);
    const Node& node = program_.nodes[arg.node];
    constant = constant && node.op == Op::kConstant && !node.constant.is_error();
    values.push_back(node.constant);
  }
  Type type = Type::ListOf(std::move(element));
  if (!constant) return Add(ast, Op::kList, std::move(type), args);
  program_.lists.push_back(std::move(values));
  const std::vector<Value>& kept = program_.lists.back();
  return Constant(ast, Value::ListOf(kept.data(), kept.size()), std::move(type));
}

Compiler::Typed Compiler::Map(const Ast& ast) {
  const Args args = VisitAll(ast);
  Type key = args.empty() ? Type() : args[0].type;
  Type value = args.empty() ? Type() : args[1].type;
  for (size_t i = 0; i < args.size(); i += 2) {
    const Kind kind = args[i].type.kind;
    if (kind != Kind::kBool && kind != Kind::kInt && kind != Kind::kUint && kind != Kind::kString &&
        kind != Kind::kDyn) {
      Problem(*ast.args[i], absl::StrCat("a map's key cannot be of type ", ToString(args[i].type)));
    }
    key = Join(key, args[i].type);
    value = Join(value, args[i + 1].type);
  }
  return Add(ast, Op::kMap, Type::MapOf(std::move(key), std::move(value)), args);
}

}  // namespace warden::condition
