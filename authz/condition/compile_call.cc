// Operators and calls; see compiler.h.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/condition/compiler.h"
#include "authz/config/problem.h"

namespace warden::condition {
namespace {

constexpr size_t kMostPatternBytes = 1000;
constexpr int64_t kPatternMemory = 1 << 20;

bool IsOrdered(Kind kind) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDouble:
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return true;
    default:
      return false;
  }
}

// What to do where two numbers are of different types.
const char* NumberHint(const Type& a, const Type& b) {
  const bool numbers = a.is_number() && b.is_number() && a.kind != b.kind;
  return numbers ? "; convert one with int(), uint() or double(), or write 1u or 1.0 for 1" : "";
}

bool Takes(const Overload& overload, size_t at, const Type& type) {
  const Kind param = overload.params[at];
  return param == Kind::kDyn || type.is_dyn() || type.kind == param;
}

Function RelationOf(std::string_view name) {
  if (name == "<") return RunLess;
  if (name == "<=") return RunLessOrEqual;
  return name == ">" ? RunGreater : RunGreaterOrEqual;
}

}  // namespace

void Compiler::NeedBool(const Ast& ast, const Type& type, const std::string& what) {
  if (type.is_dyn() || type.kind == Kind::kBool) return;
  Problem(ast, absl::StrCat(what, " must be bool; this is ", ToString(type)));
}

Compiler::Typed Compiler::Operator(const Ast& ast) {
  const std::string& name = ast.text;
  if (name == "&&" || name == "||") return Logic(ast);
  if (name == "?") return Choice(ast);
  if (name == "==" || name == "!=") return Equality(ast);
  if (name == "<" || name == "<=" || name == ">" || name == ">=") return Relation(ast);
  if (name == "in") return Membership(ast);
  if (name == "[") return Index(ast);
  if (name == "!") {
    const Args args = VisitAll(ast);
    NeedBool(*ast.args[0], args[0].type, "what follows `!`");
    return AddCall(ast, RunNot, Type::Of(Kind::kBool), args);
  }
  return CallOverload(ast, name, false, VisitAll(ast));
}

Compiler::Typed Compiler::Logic(const Ast& ast) {
  const Args args = VisitAll(ast);
  for (size_t i = 0; i < args.size(); ++i) {
    NeedBool(*ast.args[i], args[i].type, absl::StrCat("each side of `", ast.text, "`"));
  }
  return Add(ast, ast.text == "&&" ? Op::kAnd : Op::kOr, Type::Of(Kind::kBool), args);
}

Compiler::Typed Compiler::Choice(const Ast& ast) {
  const Args args = VisitAll(ast);
  NeedBool(*ast.args[0], args[0].type, "what stands before `?`");
  return Add(ast, Op::kChoice, Join(args[1].type, args[2].type), args);
}

Compiler::Typed Compiler::Equality(const Ast& ast) {
  const Args args = VisitAll(ast);
  const Type& a = args[0].type;
  const Type& b = args[1].type;
  if (!Comparable(a, b)) {
    Problem(ast,
            absl::StrCat(ToString(a), " and ", ToString(b), " are never equal", NumberHint(a, b)));
  }
  return AddCall(ast, ast.text == "==" ? RunEqual : RunNotEqual, Type::Of(Kind::kBool), args);
}

Compiler::Typed Compiler::Relation(const Ast& ast) {
  const Args args = VisitAll(ast);
  const Type& a = args[0].type;
  const Type& b = args[1].type;
  const bool dynamic = (a.is_dyn() || IsOrdered(a.kind)) && (b.is_dyn() || IsOrdered(b.kind));
  const bool same = a.kind == b.kind || a.is_dyn() || b.is_dyn();
  if (!dynamic || !(same || (a.is_number() && b.is_number()))) {
    NoOverload(ast, ast.text, args);
  }
  return AddCall(ast, RelationOf(ast.text), Type::Of(Kind::kBool), args);
}

Compiler::Typed Compiler::Membership(const Ast& ast) {
  const Args args = VisitAll(ast);
  const Type& of = args[1].type;
  const bool container = of.kind == Kind::kList || of.kind == Kind::kMap;
  if (!container && !of.is_dyn()) {
    Problem(*ast.args[1],
            absl::StrCat("what follows `in` must be a list or map; this is ", ToString(of)));
  } else if (container && !Comparable(args[0].type, of.of[0])) {
    Problem(ast, absl::StrCat(ToString(args[0].type), " is never in ", ToString(of),
                              NumberHint(args[0].type, of.of[0])));
  }
  return AddCall(ast, RunIn, Type::Of(Kind::kBool), args);
}

Compiler::Typed Compiler::Index(const Ast& ast) {
  const Args args = VisitAll(ast);
  const Type& of = args[0].type;
  const Type& index = args[1].type;
  Type type;
  if (of.kind == Kind::kList) {
    type = of.of[0];
    if (index.kind != Kind::kInt && !index.is_dyn()) {
      Problem(*ast.args[1], absl::StrCat("a list's index must be int; this is ", ToString(index)));
    }
  } else if (of.kind == Kind::kMap) {
    type = of.of[1];
    if (!Comparable(index, of.of[0]) && !(index.is_number() && of.of[0].is_number())) {
      Problem(*ast.args[1],
              absl::StrCat("the keys of a ", ToString(of), " are not ", ToString(index)));
    }
  } else if (!of.is_dyn()) {
    Problem(*ast.args[0],
            absl::StrCat("only lists and maps have an index; this is ", ToString(of)));
  }
  return AddCall(ast, RunIndex, std::move(type), args);
}

Compiler::Typed Compiler::Call(const Ast& ast) {
  if (IsMacro(ast)) return Macro(ast);
  if (!ast.member && ast.text == "has") return Has(ast);
  if (!ast.member && ast.text == "cidr") return AddressRange(ast);
  if (!ast.member && ast.text == "getField") return GetField(ast);
  if (!ast.member && ast.text == "dyn" && ast.args.size() == 1) {
    Typed typed = Visit(*ast.args[0]);
    typed.type = Type();
    return typed;
  }
  return CallOverload(ast, ast.text, ast.member, VisitAll(ast));
}

void Compiler::NoOverload(const Ast& ast, const std::string& name, const Args& args) {
  const std::string types = absl::StrJoin(args, ", ", [](std::string* out, const Typed& arg) {
    absl::StrAppend(out, ToString(arg.type));
  });
  const char* hint = args.size() == 2 ? NumberHint(args[0].type, args[1].type) : "";
  Problem(ast, absl::StrCat("`", name, "` does not take (", types, ")", hint));
}

Compiler::Typed Compiler::CallOverload(const Ast& ast, const std::string& name, bool member,
                                       Args args) {
  const MoreFunctions& more = environment_.functions();
  const std::vector<const Overload*> overloads = FindOverloads(name, member, more);
  if (overloads.empty()) {
    const bool other = !FindOverloads(name, !member, more).empty();
    return Problem(ast, absl::StrCat("no function ", Quoted(name),
                                     other ? (member ? "; write it as `" + name + "(value)`"
                                                     : "; write it as `value." + name + "(...)`")
                                           : Suggestion(name, FunctionNames(more))));
  }
  const Overload* chosen = nullptr;
  bool sure = true;
  for (const Overload* overload : overloads) {
    bool takes = overload->count == args.size();
    for (size_t i = 0; takes && i < args.size(); ++i) takes = Takes(*overload, i, args[i].type);
    if (!takes) continue;
    sure = sure && (chosen == nullptr || chosen->result == overload->result);
    if (chosen == nullptr) chosen = overload;
  }
  if (chosen == nullptr) {
    NoOverload(ast, name, args);
    return Constant(ast, Value::Error(kNoOverload), Type());
  }
  Type type = sure ? Type::Of(chosen->result) : Type();
  const bool lists =
      args.size() == 2 && args[0].type.kind == Kind::kList && args[1].type.kind == Kind::kList;
  if (type.kind == Kind::kList) type = lists ? Join(args[0].type, args[1].type) : Type();
  const void* data = Prepare(ast, name, &args);
  return AddCall(ast, chosen->run, std::move(type), args, data);
}

// Patterns and time zones are literals, so that they are read, and refused, at start-up.
const void* Compiler::Prepare(const Ast& ast, std::string_view name, Args* args) {
  if (name == "matches") {
    const Node* pattern = StringConstant(args->back());
    if (pattern == nullptr) {
      Problem(ast, "the pattern of `matches` must be a string literal");
      return nullptr;
    }
    const std::string_view text = pattern->constant.view();
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kPatternMemory);
    auto re2 = std::make_unique<RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (text.size() > kMostPatternBytes) {
      Problem(ast, absl::StrCat("a pattern of more than ", kMostPatternBytes, " bytes"));
    } else if (!re2->ok()) {
      Problem(ast, absl::StrCat("not a pattern of RE2: ", re2->error()));
    }
    program_.patterns.push_back(std::move(re2));
    return program_.patterns.back().get();
  }
  if (!name.starts_with("get") || args->size() != 2) return nullptr;
  const Node* zone = StringConstant(args->back());
  args->pop_back();
  const std::optional<absl::TimeZone> found =
      zone == nullptr ? std::nullopt : FindTimeZone(zone->constant.view());
  if (!found.has_value()) {
    Problem(ast,
            "the time zone must be a string literal such as 'Europe/Berlin' or '+02:00', and "
            "known to this system");
    return nullptr;
  }
  program_.zones.push_back(*found);
  return &program_.zones.back();
}

}  // namespace warden::condition
