// A server whose handlers answer what they are asked to, and what its clients must not see of that.
#ifndef WARDEN_TESTS_E2E_ANSWER_WORLD_H_
#define WARDEN_TESTS_E2E_ANSWER_WORLD_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/answer_service.h"
#include "tests/e2e/eventually.h"
#include "tests/e2e/suite_world.h"
#include "warden/testing/v1/answers.pb.h"

namespace warden::testing {

// Of the form of a token, made here so that no scanner of sources takes it for one.
inline std::string Leaky() { return absl::StrCat("see gh", "p_", std::string(36, 'a')); }
inline constexpr char kSecret[] = "db at 10.1.2.3 said: no";

inline std::string Full(const std::string& method) {
  const bool common =
      std::find(std::begin(kFourKinds), std::end(kFourKinds), method) != std::end(kFourKinds);
  return absl::StrCat("/warden.testing.v1.", common ? "" : "Own", "Answers/", method);
}

inline bool Streams(const std::string& method) {
  return method == "ServerStream" || method == "BidiStream";
}

inline v1::Ask Fail(int code, const std::string& text = kSecret) {
  v1::Ask ask;
  ask.set_code(code);
  ask.set_text(text);
  return ask;
}

inline v1::Ask Saying(const v1::Reply& reply) {
  v1::Ask ask;
  *ask.add_replies() = reply;
  return ask;
}

inline v1::Reply Note(const std::string& text) {
  v1::Reply reply;
  reply.set_note(text);
  return reply;
}

// With MakeAnswers and MakeOwnAnswers. `config` is added to the configuration; requests get no id
// on success.
class OutputWorld {
 public:
  OutputWorld(Api api, const std::string& config, std::function<void(ServerBuilder&)> more = {})
      : answers_(MakeAnswers(api, &runs_)), own_(MakeOwnAnswers(api, &runs_)) {
    world_ = std::make_unique<World>(
        WorldOptions{.api = api,
                     .extra_config = "request: {max_violations: 16}\n" + config,
                     .customize = [this, more](ServerBuilder& builder) {
                       builder.RegisterService(answers_.get());
                       builder.RegisterService(own_.get());
                       if (more) more(builder);
                     }});
    const absl::Status started = world_->Start();
    if (!started.ok()) throw std::runtime_error(std::string(started.message()));
  }
  Answer Send(const std::string& method, const v1::Ask& ask, const std::string& role = "caller") {
    RawCall call = World::Call("", role.empty() ? "" : world_->Token("alice", {role}));
    call.method = Full(method);
    call.messages = {ask.SerializeAsString()};
    return Perform(world_->channel(), call);
  }
  // The sum of the samples of a family whose labels have all of these.
  double Sample(const std::string& family, const std::vector<std::string>& labels) {
    double sum = 0;
    for (const auto& [name, value] : world_->Metrics()) {
      if (name.rfind(family + "{", 0) != 0) continue;
      if (std::all_of(labels.begin(), labels.end(), [&sample = name](const std::string& label) {
            return absl::StrContains(sample, label);
          })) {
        sum += value;
      }
    }
    return sum;
  }
  double Answers(const std::string& method, const std::string& result, const std::string& action) {
    return Sample("warden_responses_total", {absl::StrCat("method=\"", Full(method), "\""),
                                             absl::StrCat("result=\"", result, "\""),
                                             absl::StrCat("action=\"", action, "\"")});
  }
  // Calls are counted when they have ended, which their clients may see earlier.
  bool Handled(const std::string& method, const std::string& code, double times) {
    const std::vector<std::string> labels = {absl::StrCat("method=\"", Full(method), "\""),
                                             absl::StrCat("code=\"", code, "\"")};
    return Eventually([&] { return Sample("warden_rpc_handled_total", labels) == times; });
  }
  std::vector<RefusalRecord> records() { return world_->sink().records(); }
  World& world() { return *world_; }
  int runs() const { return runs_; }

 private:
  std::atomic<int> runs_{0};
  std::unique_ptr<grpc::Service> answers_, own_;
  std::unique_ptr<World> world_;
};

// The answer that takes the place of one that is kept back.
inline void ExpectHidden(const Answer& answer, grpc::StatusCode code) {
  EXPECT_EQ(answer.code, code) << answer.text;
  EXPECT_EQ(answer.text, "internal error");
  EXPECT_EQ(answer.reason, "INTERNAL");
  EXPECT_EQ(answer.domain, "warden");
  const std::string id = answer.Trailer("x-request-id");
  EXPECT_THAT(id, ::testing::SizeIs(36));
  EXPECT_THAT(answer.details, ::testing::HasSubstr(id));
  EXPECT_THAT(answer.replies, ::testing::IsEmpty());
}

// Of a stream, which may have been cancelled.
inline void ExpectKeptBack(const std::string& method, const Answer& answer) {
  if (!Streams(method)) return ExpectHidden(answer, grpc::StatusCode::INTERNAL);
  EXPECT_EQ(answer.code, grpc::StatusCode::INTERNAL) << answer.text;
  EXPECT_THAT(answer.text, ::testing::StartsWith("internal error, request "));
}

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_ANSWER_WORLD_H_
