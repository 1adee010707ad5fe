// Helpers of the tests of field rules.
#ifndef WARDEN_TESTS_INTERCEPTORS_RULES_RULES_TESTING_H_
#define WARDEN_TESTS_INTERCEPTORS_RULES_RULES_TESTING_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "interceptors/rules/program.h"

namespace warden::rules {

// Compiles, and fails the test if that does not work. Never nullptr.
std::shared_ptr<const Program> MustCompile(const google::protobuf::Descriptor& type);

// "field: rule" of every violation, in order. Checks the message as it is and as a DynamicMessage,
// and fails the test if the two differ, or if Check's answer does not match its list.
std::vector<std::string> Broken(const Program& program, const google::protobuf::Message& message,
                                absl::Time now = absl::UnixEpoch());

// The same for a message of type M written as text.
std::vector<std::string> BrokenText(const google::protobuf::Message& type,
                                    const std::string& textproto,
                                    absl::Time now = absl::UnixEpoch());

// A message as text, and what is broken in it.
struct Row {
  std::string text;
  std::vector<std::string> broken;
};

// Expects of messages of `type` that just this is broken, in this order.
void ExpectRows(const google::protobuf::Message& type, const std::vector<Row>& rows,
                absl::Time now = absl::UnixEpoch());

// The same in any order.
void ExpectRowsInAnyOrder(const google::protobuf::Message& type, const std::vector<Row>& rows);
template <typename Message>
void ExpectRows(const std::vector<Row>& rows) {
  ExpectRowsInAnyOrder(Message::default_instance(), rows);
}

// What `use` says of a message of `type`, a dynamic one, whose first field is this string.
bool MessageWithText(const google::protobuf::Descriptor& type, const std::string& value,
                     const std::function<bool(const google::protobuf::Message&)>& use);

// Protos that protoc compiles while the test runs.
class ProtoPool {
 public:
  ProtoPool();
  ~ProtoPool();
  // Adds a file; fails the test if it is not valid. Returns nullptr then.
  const google::protobuf::FileDescriptor* Add(const std::string& name, const std::string& text);
  // proto3 of package `t` that imports Warden's annotations and the well-known types, and has these
  // messages.
  const google::protobuf::FileDescriptor* AddMessages(const std::string& messages);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warden::rules

#endif  // WARDEN_TESTS_INTERCEPTORS_RULES_RULES_TESTING_H_
