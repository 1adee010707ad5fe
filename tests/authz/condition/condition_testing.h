// Helpers of the tests of conditions.
#ifndef WARDEN_TESTS_AUTHZ_CONDITION_CONDITION_TESTING_H_
#define WARDEN_TESTS_AUTHZ_CONDITION_CONDITION_TESTING_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/condition/condition.h"
#include "authz/condition/containers.h"
#include "condition_test.pb.h"
#include "nlohmann/json.hpp"

namespace warden::condition {

using condition_test::Order;

// `request`, an Order, and `claims`, any JSON object.
inline Environment TestEnvironment() {
  Environment environment;
  environment.AddVariable("request", Type::OfMessage(*Order::descriptor()));
  environment.AddVariable("claims", Type::MapOf(Type::Of(Kind::kString), Type()));
  environment.AddScope(*Order::descriptor());
  return environment;
}

class TestActivation final : public Activation {
 public:
  TestActivation(const google::protobuf::Message& request, const nlohmann::json& claims)
      : request_(request), claims_(claims) {}
  Value Read(Context& context, size_t variable) const override {
    return variable == 0 ? ReadMessage(context, request_) : Value::Json(claims_);
  }

 private:
  const google::protobuf::Message& request_;
  const nlohmann::json& claims_;
};

inline std::vector<std::string> Problems(std::string_view text) {
  std::vector<ExpressionProblem> problems;
  const auto condition = Condition::Compile(text, TestEnvironment(), &problems);
  std::vector<std::string> texts;
  for (const ExpressionProblem& problem : problems) texts.push_back(ToString(problem));
  if (condition.has_value() != texts.empty()) texts.emplace_back("?");
  return texts;
}

// "true", "false", "error: ..." or "problem: ...".
inline std::string Decide(std::string_view text, const google::protobuf::Message& request,
                          const nlohmann::json& claims = nlohmann::json::object()) {
  std::vector<ExpressionProblem> problems;
  const auto condition = Condition::Compile(text, TestEnvironment(), &problems);
  if (!condition.has_value()) return "problem: " + ToString(problems.at(0));
  const Outcome outcome = condition->Evaluate(TestActivation(request, claims));
  if (outcome.verdict == Verdict::kError) return "error: " + ErrorText(outcome);
  return outcome.holds() ? "true" : "false";
}

}  // namespace warden::condition

#endif  // WARDEN_TESTS_AUTHZ_CONDITION_CONDITION_TESTING_H_
