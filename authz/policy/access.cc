#include "authz/policy/access.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authz/policy/access_condition.h"
#include "authz/policy/names.h"
#include "warden/v1/annotations.pb.h"

namespace warden {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::RepeatedPtrField;
using google::protobuf::SourceLocation;
using google::protobuf::UnknownFieldSet;

// The field numbers of Warden's options, see annotations.proto.
constexpr int kFirstOption = 73100;
constexpr int kLastOption = 73199;

std::string PlaceText(const FileDescriptor& file, bool located, const SourceLocation& location) {
  if (!located) return file.name();
  return absl::StrCat(file.name(), ":", location.start_line + 1, ":", location.start_column + 1);
}

// Where the access of a method comes from.
struct Source {
  const v1::Access* access = nullptr;
  std::string option;  // "(warden.v1.access)" or "(warden.v1.service_access) of shop.v1.Orders"
  std::string place;
};

Source FindSource(const MethodDescriptor& method) {
  SourceLocation location;
  const FileDescriptor& file = *method.file();
  if (method.options().HasExtension(v1::access)) {
    return {&method.options().GetExtension(v1::access), "(warden.v1.access)", PlaceOf(method)};
  }
  const auto& service = *method.service();
  if (service.options().HasExtension(v1::service_access)) {
    const bool located = service.GetSourceLocation(&location);
    return {&service.options().GetExtension(v1::service_access),
            absl::StrCat("(warden.v1.service_access) of ", service.full_name()),
            PlaceText(file, located, location)};
  }
  if (file.options().HasExtension(v1::file_access)) {
    return {&file.options().GetExtension(v1::file_access),
            absl::StrCat("(warden.v1.file_access) of ", file.name()), file.name()};
  }
  return {};
}

// The numbers of fields in Warden's range that this version does not know.
void AddUnknownOptions(const Message& options, std::vector<std::string>* numbers) {
  const UnknownFieldSet& unknown = options.GetReflection()->GetUnknownFields(options);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const int number = unknown.field(i).number();
    if (number >= kFirstOption && number <= kLastOption) numbers->push_back(absl::StrCat(number));
  }
}

// Checks one Access; messages get their place and method from the caller.
class AccessReader {
 public:
  std::vector<std::string> Read(const v1::Access& access, MethodAccess* out) {
    const UnknownFieldSet& unknown = access.GetReflection()->GetUnknownFields(access);
    if (unknown.field_count() > 0) {
      Report(absl::StrCat(
          "has a field ", unknown.field(0).number(),
          " that this version of Warden does not know; its restriction cannot be left out"));
    }
    const bool by_permissions = !access.permissions().empty() || !access.any_of().empty();
    const int chosen = int{access.public_()} + int{access.authenticated()} + int{by_permissions};
    if (chosen == 0) {
      Report(
          "asks for nothing; set one of `public: true`, `authenticated: true` and `permissions`");
    } else if (chosen > 1) {
      Report(
          "contradicts itself; set only one of `public`, `authenticated` and `permissions` (with "
          "`any_of`)");
    }
    out->kind = access.public_()         ? MethodAccess::Kind::kPublic
                : access.authenticated() ? MethodAccess::Kind::kAuthenticated
                                         : MethodAccess::Kind::kPermissions;
    if (access.has_authn()) {
      if (access.public_()) {
        Report("has `authn`, but `public` needs no credentials; remove one of them");
      }
      for (std::string& problem : ReadAuthn(access.authn(), &out->authn.emplace())) {
        Report(std::move(problem));
      }
    }
    if (access.public_() && !access.when().empty()) {
      Report(
          "has `when`, but `public` has no caller to ask about; use `authenticated: true` with it");
    }
    out->signed_requests = access.signed_();
    if (access.has_step_up()) {
      if (access.public_()) {
        Report("has `step_up`, but `public` needs no credentials; remove one of them");
      }
      for (std::string& problem : ReadStepUp(access.step_up(), &out->step_up.emplace())) {
        Report(std::move(problem));
      }
    }
    out->all_of = ReadNames(access.permissions(), "permissions");
    out->any_of = ReadNames(access.any_of(), "any_of");
    for (const std::string& name : out->any_of) {
      if (std::find(out->all_of.begin(), out->all_of.end(), name) != out->all_of.end()) {
        Report(absl::StrCat("`any_of` has ", Quoted(name),
                            ", which `permissions` needs already, so `any_of` asks for nothing"));
      }
    }
    return std::move(messages_);
  }

 private:
  void Report(std::string message) { messages_.push_back(std::move(message)); }

  std::vector<std::string> ReadNames(const RepeatedPtrField<std::string>& list,
                                     std::string_view field) {
    std::vector<std::string> names;
    for (const std::string& name : list) {
      if (!IsValidName(name)) {
        Report(absl::StrCat(Quoted(field), " has ", Quoted(name),
                            ", which is not a valid name; use ", std::string(kNameGrammar)));
      } else if (std::find(names.begin(), names.end(), name) != names.end()) {
        Report(absl::StrCat(Quoted(field), " has ", Quoted(name), " twice"));
      }
      names.push_back(name);
    }
    return names;
  }

  std::vector<std::string> messages_;
};

// `*found` tells whether there is an annotation at all.
std::vector<Problem> Resolve(const MethodDescriptor& method, MethodAccess* access, bool* found) {
  std::vector<Problem> problems;
  std::vector<std::string> unknown;
  AddUnknownOptions(method.options(), &unknown);
  AddUnknownOptions(method.service()->options(), &unknown);
  AddUnknownOptions(method.file()->options(), &unknown);
  if (!unknown.empty()) {
    problems.push_back(
        {PlaceOf(method),
         absl::StrCat(method.full_name(), ": has options of Warden (", absl::StrJoin(unknown, ", "),
                      ") that this version does not know")});
  }
  const Source source = FindSource(method);
  *found = source.access != nullptr;
  if (!*found) {
    problems.push_back(
        {PlaceOf(method),
         absl::StrCat(method.full_name(),
                      ": has no access annotation; add `option (warden.v1.access) = {...}`, ",
                      "or a default to its service or file")});
    return problems;
  }
  std::vector<std::string> messages = AccessReader().Read(*source.access, access);
  if (const std::string& when = source.access->when(); !when.empty()) {
    access->condition = AccessCondition::Compile(when, method, &messages);
  }
  for (const std::string& message : messages) {
    problems.push_back(
        {source.place, absl::StrCat(method.full_name(), ": ", source.option, ": ", message)});
  }
  return problems;
}

std::string PermissionsText(const MethodAccess& access) {
  std::string text = absl::StrJoin(access.all_of, ", ");
  if (access.any_of.empty()) return text;
  absl::StrAppend(&text, text.empty() ? "" : " and ", "one of (",
                  absl::StrJoin(access.any_of, ", "), ")");
  return text;
}

}  // namespace

std::string ToString(const MethodAccess& access) {
  std::string text = access.kind == MethodAccess::Kind::kPublic          ? "public"
                     : access.kind == MethodAccess::Kind::kAuthenticated ? "authenticated"
                                                                         : PermissionsText(access);
  if (access.condition != nullptr) absl::StrAppend(&text, " and a condition");
  if (access.authn.has_value()) absl::StrAppend(&text, " [", ToString(*access.authn), "]");
  if (access.step_up.has_value()) absl::StrAppend(&text, " [", ToString(*access.step_up), "]");
  if (access.signed_requests) absl::StrAppend(&text, " [signed]");
  return text;
}

std::string PlaceOf(const MethodDescriptor& method) {
  SourceLocation location;
  const bool located = method.GetSourceLocation(&location);
  return PlaceText(*method.file(), located, location);
}

std::vector<Problem> FindAccessProblems(const MethodDescriptor& method, MethodAccess* access) {
  bool found = false;
  return Resolve(method, access, &found);
}

absl::StatusOr<MethodAccess> ResolveAccess(const MethodDescriptor& method) {
  MethodAccess access;
  bool found = false;
  const std::vector<Problem> problems = Resolve(method, &access, &found);
  if (problems.empty()) return access;
  const std::string text = absl::StrJoin(
      problems, "\n",
      [](std::string* out, const Problem& problem) { absl::StrAppend(out, ToString(problem)); });
  return found ? absl::InvalidArgumentError(text) : absl::NotFoundError(text);
}

}  // namespace warden
