// Reads a message of rules, of either dialect, by the names of its fields, and remembers what was
// read: what is set and was never asked for is not supported, and must be an error.
#ifndef WARDEN_INTERCEPTORS_RULES_RULE_VIEW_H_
#define WARDEN_INTERCEPTORS_RULES_RULE_VIEW_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/rules/plan.h"

namespace warden::rules {

// The problems found while compiling, each with its place.
class Problems {
 public:
  // Adds "file: name: text"; `name` is the full name of a field, message or oneof.
  void Add(const google::protobuf::FileDescriptor& file, std::string_view name,
           std::string_view text);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

// Where rules stand, for problems that they have.
struct Site {
  const google::protobuf::FileDescriptor* file;
  std::string name;
  Problems* problems;

  void Add(std::string_view text) const { problems->Add(*file, name, text); }
};

// A getter returns nothing for a rule that is not set, and for one whose type is not the expected
// one, which then counts as not read. The message must outlive the view.
class RuleView {
 public:
  // `path` names the message in problems: "repeated.items.string"; "" for the outermost.
  RuleView(const google::protobuf::Message& rules, std::string path);

  std::optional<bool> Bool(std::string_view name);
  std::optional<uint64_t> Size(std::string_view name);     // uint64
  std::optional<std::string> Text(std::string_view name);  // string or bytes
  std::optional<int64_t> Number(std::string_view name, int64_t);
  std::optional<uint64_t> Number(std::string_view name, uint64_t);
  std::optional<double> Number(std::string_view name, double);
  // A Timestamp or Duration.
  std::optional<Nanos> Number(std::string_view name, Nanos);
  std::vector<std::string> Texts(std::string_view name);
  std::vector<int64_t> Numbers(std::string_view name, int64_t);
  std::vector<uint64_t> Numbers(std::string_view name, uint64_t);
  std::vector<double> Numbers(std::string_view name, double);
  std::vector<Nanos> Numbers(std::string_view name, Nanos);
  const google::protobuf::Message* Sub(std::string_view name);
  std::vector<const google::protobuf::Message*> Subs(std::string_view name);
  bool Has(std::string_view name) const;
  // Marks as read what has no effect.
  void Skip(std::string_view name);

  const google::protobuf::Message& message() const { return rules_; }
  // What is set and was not read.
  const std::vector<const google::protobuf::FieldDescriptor*>& unread() const { return unread_; }
  void MarkRead(const google::protobuf::FieldDescriptor& rule);

  // Adds a problem for everything that is set and was not read. `type` is what the rules apply to,
  // in words.
  void ReportUnread(const Site& site, std::string_view type) const;

  // "string.min_len" for "min_len".
  std::string PathOf(std::string_view name) const;

 private:
  // The set field of that name; marks it as read if it is of one of the types and as repeated as
  // wanted.
  const google::protobuf::FieldDescriptor* Take(
      std::string_view name, bool repeated,
      std::initializer_list<google::protobuf::FieldDescriptor::CppType> types);
  std::string Unsupported(const google::protobuf::FieldDescriptor& rule,
                          std::string_view type) const;

  const google::protobuf::Message& rules_;
  const google::protobuf::Reflection& reflection_;
  std::string path_;
  std::vector<const google::protobuf::FieldDescriptor*> unread_;
};

}  // namespace warden::rules

#endif  // WARDEN_INTERCEPTORS_RULES_RULE_VIEW_H_
