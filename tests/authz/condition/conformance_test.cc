// The conformance tests that the CEL specification publishes; testdata/cel/README.md says which.
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "authz/condition/condition.h"
#include "authz/condition/containers.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace warden::condition {
namespace {

using nlohmann::json;

// cel.expr.Type in JSON.
Type ReadType(const json& type) {
  if (type.contains("primitive")) {
    const std::map<std::string, Kind> kinds = {{"BOOL", Kind::kBool},     {"INT64", Kind::kInt},
                                               {"UINT64", Kind::kUint},   {"DOUBLE", Kind::kDouble},
                                               {"STRING", Kind::kString}, {"BYTES", Kind::kBytes}};
    return Type::Of(kinds.at(type["primitive"]));
  }
  if (type.contains("listType")) return Type::ListOf(ReadType(type["listType"]["elemType"]));
  if (type.contains("mapType")) {
    return Type::MapOf(ReadType(type["mapType"]["keyType"]),
                       ReadType(type["mapType"]["valueType"]));
  }
  if (type.contains("null")) return Type::Of(Kind::kNull);
  if (type.contains("messageType")) {
    EXPECT_EQ(type["messageType"], "google.protobuf.Duration");
    return Type::Of(Kind::kDuration);
  }
  return Type();
}

int64_t Int(const json& text) {
  int64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text.get<std::string>(), &number)) << text;
  return number;
}

uint64_t Uint(const json& text) {
  uint64_t number = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text.get<std::string>(), &number)) << text;
  return number;
}

double Double(const json& number) {
  if (number == "NaN") return NAN;
  if (number == "Infinity") return INFINITY;
  if (number == "-Infinity") return -INFINITY;
  return number.get<double>();
}

std::string Bytes(const json& text) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(text.get<std::string>(), &bytes)) << text;
  return bytes;
}

// Variables with the values of cel.expr.Value in JSON.
class Bindings final : public Activation {
 public:
  void Add(const json& value) { values_.push_back(Read(value)); }
  void AddNothing() { values_.push_back(Value::Error("no value")); }
  Value Read(Context&, size_t variable) const override { return values_[variable]; }

 private:
  Value Read(const json& value) {
    if (value.contains("boolValue")) return Value::Bool(value["boolValue"]);
    if (value.contains("int64Value")) return Value::Int(Int(value["int64Value"]));
    if (value.contains("uint64Value")) return Value::Uint(Uint(value["uint64Value"]));
    if (value.contains("doubleValue")) return Value::Double(Double(value["doubleValue"]));
    if (value.contains("stringValue")) return Value::String(Keep(value["stringValue"]));
    if (value.contains("bytesValue")) return Value::Bytes(Keep(Bytes(value["bytesValue"])));
    if (value.contains("nullValue")) return Value::Null();
    if (value.contains("listValue")) {
      std::vector<Value>& list = lists_.emplace_back();
      for (const json& each : value["listValue"].value("values", json::array())) {
        list.push_back(Read(each));
      }
      return Value::ListOf(list.data(), list.size());
    }
    if (value.contains("mapValue")) {
      std::vector<Value>& map = lists_.emplace_back();
      for (const json& each : value["mapValue"].value("entries", json::array())) {
        map.push_back(Read(each["key"]));
        map.push_back(Read(each["value"]));
      }
      return Value::MapOf(map.data(), map.size() / 2);
    }
    google::protobuf::Duration duration;
    const json& object = value["objectValue"];
    EXPECT_EQ(object["@type"], "type.googleapis.com/google.protobuf.Duration");
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(object["value"].dump(), &duration).ok());
    return Value::Duration(duration.seconds(), duration.nanos());
  }
  std::string_view Keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::vector<Value> values_;
  std::deque<std::string> texts_;
  std::deque<std::vector<Value>> lists_;
};

// Whether `value` is what cel.expr.Value in JSON says.
bool Is(Context& context, const Value& value, const json& expected) {
  const std::string name = expected.begin().key();
  const json& content = *expected.begin();
  if (name == "boolValue") return value.kind == Kind::kBool && value.b == content.get<bool>();
  if (name == "int64Value") return value.kind == Kind::kInt && value.i == Int(content);
  if (name == "uint64Value") return value.kind == Kind::kUint && value.u == Uint(content);
  if (name == "doubleValue") {
    const double number = Double(content);
    return value.kind == Kind::kDouble &&
           (value.d == number || (std::isnan(value.d) && std::isnan(number)));
  }
  if (name == "stringValue") return value.kind == Kind::kString && value.view() == content;
  if (name == "bytesValue") return value.kind == Kind::kBytes && value.view() == Bytes(content);
  if (name == "nullValue") return value.kind == Kind::kNull;
  if (name == "typeValue") return value.kind == Kind::kType && value.view() == content;
  if (name == "listValue") {
    const json list = content.value("values", json::array());
    if (value.kind != Kind::kList || SizeOf(value) != list.size()) return false;
    for (size_t i = 0; i < list.size(); ++i) {
      if (!Is(context, ElementAt(context, value, i), list[i])) return false;
    }
    return true;
  }
  if (name == "mapValue") {
    const json entries = content.value("entries", json::array());
    if (value.kind != Kind::kMap || SizeOf(value) != entries.size()) return false;
    size_t found = 0;
    WalkMap(context, value, [&](const Value& key, const Value& of) {
      for (const json& entry : entries) {
        if (Is(context, key, entry["key"]) && Is(context, of, entry["value"])) ++found;
      }
      return true;
    });
    return found == entries.size();
  }
  ADD_FAILURE() << "a value of an unknown kind: " << expected;
  return false;
}

// What an example came to: "ok", "refused" for an expression of the unchecked kind that the type
// check does not let through, else what is wrong.
std::string RunExample(const json& example) {
  Environment environment;
  Bindings bindings;
  const json types = example.value("types", json::object());
  const json values = example.value("bindings", json::object());
  for (const auto& [name, type] : types.items()) {
    environment.AddVariable(name, ReadType(type));
    values.contains(name) ? bindings.Add(values[name]) : bindings.AddNothing();
  }
  for (const auto& [name, value] : values.items()) {
    if (types.contains(name)) continue;
    environment.AddVariable(name, Type());
    bindings.Add(value);
  }
  std::vector<ExpressionProblem> problems;
  const auto expression =
      Expression::Compile(example["expr"].get<std::string>(), environment, &problems);
  const bool error = example.contains("error");
  if (!expression.has_value()) {
    if (error) return "ok";
    return example.contains("unchecked") ? "refused" : ToString(problems[0]);
  }
  Context context;
  const Value value = expression->Evaluate(bindings, context);
  if (value.is_error()) return error ? "ok" : absl::StrCat("error: ", value.text);
  if (error) return "no error";
  return Is(context, value, example["value"]) ? "ok" : "another value";
}

// Examples that this subset answers differently, each for a reason that testdata/cel/README.md
// gives.
const std::set<std::string>& Different() {
  static const auto* const names = new std::set<std::string>{
      "comparisons/lt_literal/not_lt_dyn_int_big_lossy_double",
      "comparisons/gt_literal/not_gt_dyn_big_double_int",
      "comparisons/lte_literal/lte_dyn_big_double_int",
      "comparisons/gte_literal/gte_dyn_int_big_lossy_double",
  };
  return *names;
}

struct File {
  const char* name;
  int right;    // so that no example is lost unseen
  int refused;  // by the type check, where the specification has it off
};

class ConformanceTest : public testing::TestWithParam<File> {};

TEST_P(ConformanceTest, AnswersAsTheSpecificationSays) {
  std::ifstream file(absl::StrCat(WARDEN_CEL_TESTDATA, "/", GetParam().name, ".json"));
  const json examples = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_FALSE(examples.empty());
  int right = 0;
  int refused = 0;
  for (const json& example : examples) {
    const std::string name = absl::StrCat(GetParam().name, "/", example["group"].get<std::string>(),
                                          "/", example["name"].get<std::string>());
    const std::string result = RunExample(example);
    if (result == "ok") ++right;
    if (result == "refused") ++refused;
    const bool different = result != "ok" && result != "refused";
    EXPECT_EQ(different, Different().contains(name)) << name << ": " << result << "\n"
                                                     << example["expr"].get<std::string>();
  }
  EXPECT_EQ(right, GetParam().right);
  EXPECT_EQ(refused, GetParam().refused);
}

constexpr File kFiles[] = {
    {"basic", 41, 2},      {"comparisons", 326, 4}, {"conversions", 109, 0}, {"fields", 60, 0},
    {"fp_math", 30, 0},    {"integer_math", 64, 0}, {"lists", 39, 0},        {"logic", 26, 4},
    {"macros", 44, 0},     {"parse", 176, 17},      {"string", 51, 0},       {"string_ext", 6, 0},
    {"timestamps", 76, 0},
};

INSTANTIATE_TEST_SUITE_P(Cel, ConformanceTest, testing::ValuesIn(kFiles),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace warden::condition
