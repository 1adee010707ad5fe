#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>

#include "authz/condition/containers.h"
#include "authz/condition/program.h"

namespace warden::condition {
namespace {

constexpr char kNoBool[] = "a value that is no bool where one is needed";

bool IsZero(const Value& value) {
  switch (value.kind) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return !value.b;
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDuration:
      return value.i == 0;
    case Kind::kDouble:
      return value.d == 0;
    case Kind::kString:
    case Kind::kBytes:
      return value.size == 0;
    case Kind::kList:
    case Kind::kMap:
      return SizeOf(value) == 0;
    default:
      return false;
  }
}

class Evaluator {
 public:
  Evaluator(const Program& program, const Activation& activation, Context& context)
      : program_(program), activation_(activation), context_(context) {}

  Value Run(uint32_t id) {
    const Node& node = program_.nodes[id];
    Value value = context_.Charge(1) ? RunNode(node) : Value::Error(kTooCostly);
    if (value.is_error() && value.offset == 0) value.offset = node.offset + 1;
    return value;
  }

 private:
  Value RunNode(const Node& node) {
    switch (node.op) {
      case Op::kConstant:
        return node.constant;
      case Op::kVariable:
        return activation_.Read(context_, node.slot);
      case Op::kLocal:
        return locals_[node.slot];
      case Op::kField:
      case Op::kHasField:
      case Op::kSelect:
      case Op::kHasSelect:
        return Select(node);
      case Op::kHasVariable: {
        const Value value = activation_.Read(context_, node.slot);
        if (!value.is_error()) return Value::Bool(!IsZero(value));
        return value.text == kAbsent ? Value::Bool(false) : value;
      }
      case Op::kCall:
        return Call(node);
      case Op::kAnd:
        return Logic(node, false);
      case Op::kOr:
        return Logic(node, true);
      case Op::kChoice: {
        const Value condition = Run(program_.arg(node, 0));
        if (condition.is_error()) return condition;
        if (condition.kind != Kind::kBool) return Value::Error(kNoBool);
        return Run(program_.arg(node, condition.b ? 1 : 2));
      }
      case Op::kList:
        return List(node);
      case Op::kMap:
        return Map(node);
      default:
        return Macro(node);
    }
  }

  Value Select(const Node& node) {
    const Value operand = Run(program_.arg(node, 0));
    if (operand.is_error()) return operand;
    if (node.op == Op::kSelect) return SelectByName(context_, operand, node.name);
    if (node.op == Op::kHasSelect) return HasByName(context_, operand, node.name);
    // The value may be of another type than it was said to be: another version's, or null.
    if (operand.kind != Kind::kMessage ||
        operand.message->GetDescriptor() != node.field->containing_type()) {
      return Value::Error("a message of another type than the condition was compiled for");
    }
    return node.op == Op::kField ? ReadField(context_, *operand.message, *node.field)
                                 : Value::Bool(HasField(*operand.message, *node.field));
  }

  Value Call(const Node& node) {
    std::array<Value, 3> args;
    for (uint32_t i = 0; i < node.count; ++i) {
      args[i] = Run(program_.arg(node, i));
      if (args[i].is_error()) return args[i];
    }
    return node.run(context_, args.data(), node.data);
  }

  // The operand that decides wins over errors on either side of it.
  Value Logic(const Node& node, bool decides) {
    Value result = Value::Bool(!decides);
    for (uint32_t i = 0; i < node.count; ++i) {
      const Value value = Run(program_.arg(node, i));
      if (value.kind == Kind::kBool && value.b == decides) return value;
      if (result.is_error() || value.kind == Kind::kBool) continue;
      result = value.is_error() ? value : Value::Error(kNoBool);
    }
    return result;
  }

  Value List(const Node& node) {
    Value* const values = context_.NewValues(node.count);
    if (values == nullptr) return Value::Error(kTooCostly);
    for (uint32_t i = 0; i < node.count; ++i) {
      values[i] = Run(program_.arg(node, i));
      if (values[i].is_error()) return values[i];
    }
    return Value::ListOf(values, node.count);
  }

  Value Map(const Node& node) {
    const uint32_t entries = node.count / 2;
    Value* const values = context_.NewValues(node.count);
    if (values == nullptr) return Value::Error(kTooCostly);
    for (uint32_t i = 0; i < node.count; ++i) {
      values[i] = Run(program_.arg(node, i));
      if (values[i].is_error()) return values[i];
      if (i % 2 == 1) continue;
      const Kind kind = values[i].kind;
      if (kind != Kind::kBool && kind != Kind::kInt && kind != Kind::kUint &&
          kind != Kind::kString) {
        return Value::Error("a map's key that is no bool, int, uint or string");
      }
      const std::optional<Value> same = Find(context_, Value::MapOf(values, i / 2), values[i]);
      if (same.has_value()) return same->is_error() ? *same : Value::Error("a map's key twice");
    }
    return Value::MapOf(values, entries);
  }

  // Calls `each` with the elements of a list or the keys of a map, until it returns false. An error
  // if the range cannot be gone over.
  template <typename Each>
  Value Iterate(const Value& range, Each each) {
    if (range.is_error()) return range;
    if (range.kind == Kind::kMap) {
      const auto each_key = [&each](const Value& key, const Value&) { return each(key); };
      return WalkMap(context_, range, each_key) ? Value::Null() : Value::Error(kTooCostly);
    }
    if (range.kind != Kind::kList) return Value::Error("a range that is neither list nor map");
    const size_t size = SizeOf(range);
    for (size_t i = 0; i < size; ++i) {
      if (!context_.Charge(1)) return Value::Error(kTooCostly);
      if (!each(ElementAt(context_, range, i))) break;
    }
    return Value::Null();
  }

  Value Macro(const Node& node) {
    const Value range = Run(program_.arg(node, 0));
    switch (node.op) {
      case Op::kAll:
        return Quantify(node, range, false);
      case Op::kExists:
        return Quantify(node, range, true);
      case Op::kExistsOne:
        return ExistsOne(node, range);
      default:
        return Collect(node, range);
    }
  }

  Value RunBody(const Node& node, uint32_t arg, const Value& element) {
    if (element.is_error()) return element;
    locals_[node.slot] = element;
    return Run(program_.arg(node, arg));
  }

  Value Quantify(const Node& node, const Value& range, bool decides) {
    Value result = Value::Bool(!decides);
    const Value walked = Iterate(range, [&](const Value& element) {
      const Value holds = RunBody(node, 1, element);
      if (holds.kind == Kind::kBool && holds.b == decides) {
        result = holds;
        return false;
      }
      if (holds.kind != Kind::kBool && !result.is_error()) {
        result = holds.is_error() ? holds : Value::Error(kNoBool);
      }
      return true;
    });
    return walked.is_error() ? walked : result;
  }

  // Unlike the others it does not pass over errors.
  Value ExistsOne(const Node& node, const Value& range) {
    int64_t count = 0;
    Value wrong = Value::Null();
    const Value walked = Iterate(range, [&](const Value& element) {
      const Value holds = RunBody(node, 1, element);
      if (holds.is_true()) ++count;
      if (holds.kind == Kind::kBool) return true;
      wrong = holds.is_error() ? holds : Value::Error(kNoBool);
      return false;
    });
    if (walked.is_error()) return walked;
    return wrong.is_error() ? wrong : Value::Bool(count == 1);
  }

  // filter and map.
  Value Collect(const Node& node, const Value& range) {
    const bool container = range.kind == Kind::kList || range.kind == Kind::kMap;
    Value* const values = context_.NewValues(container ? SizeOf(range) : 0);
    if (values == nullptr) return Value::Error(kTooCostly);
    size_t count = 0;
    Value wrong = Value::Null();
    const Value walked = Iterate(range, [&](const Value& element) {
      const bool filter = node.op == Op::kFilter;
      if (filter || node.count == 3) {
        const Value holds = RunBody(node, filter ? 1 : 2, element);
        if (holds.is_false()) return true;
        if (!holds.is_true()) {
          wrong = holds.is_error() ? holds : Value::Error(kNoBool);
          return false;
        }
      }
      values[count] = filter ? element : RunBody(node, 1, element);
      if (values[count].is_error()) {
        wrong = values[count];
        return false;
      }
      ++count;
      return true;
    });
    if (walked.is_error()) return walked;
    return wrong.is_error() ? wrong : Value::ListOf(values, count);
  }

  const Program& program_;
  const Activation& activation_;
  Context& context_;
  std::array<Value, kMostLocals> locals_;
};

}  // namespace

Value Evaluate(const Program& program, uint32_t node, const Activation& activation,
               Context& context) {
  return Evaluator(program, activation, context).Run(node);
}

}  // namespace warden::condition
