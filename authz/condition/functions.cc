#include "authz/condition/functions.h"

namespace warden::condition {
namespace {

template <typename Each>
void ForEach(const MoreFunctions& more, Each each) {
  for (const auto& overloads : {ArithmeticOverloads(), TextOverloads(), TimeOverloads(),
                                ConversionOverloads(), FormatOverloads()}) {
    for (const Overload& overload : overloads) each(overload);
  }
  for (const auto& overloads : more) {
    for (const Overload& overload : overloads) each(overload);
  }
}

}  // namespace

std::vector<const Overload*> FindOverloads(std::string_view name, bool member,
                                           const MoreFunctions& more) {
  std::vector<const Overload*> found;
  ForEach(more, [&](const Overload& overload) {
    if (overload.name == name && overload.member == member) found.push_back(&overload);
  });
  return found;
}

std::vector<std::string> FunctionNames(const MoreFunctions& more) {
  std::vector<std::string> names = {"has",        "dyn",    "cidr", "all",     "exists",
                                    "exists_one", "filter", "map",  "getField"};
  ForEach(more, [&](const Overload& overload) {
    if (overload.name.size() > 1) names.emplace_back(overload.name);
  });
  return names;
}

}  // namespace warden::condition
