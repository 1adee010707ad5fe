#include "authz/condition/functions.h"

namespace warden::condition {
namespace {

template <typename Each>
void ForEach(Each each) {
  for (const auto& overloads :
       {ArithmeticOverloads(), TextOverloads(), TimeOverloads(), ConversionOverloads()}) {
    for (const Overload& overload : overloads) each(overload);
  }
}

}  // namespace

std::vector<const Overload*> FindOverloads(std::string_view name, bool member) {
  std::vector<const Overload*> found;
  ForEach([&](const Overload& overload) {
    if (overload.name == name && overload.member == member) found.push_back(&overload);
  });
  return found;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names = {"has",    "dyn",        "cidr",   "all",
                                    "exists", "exists_one", "filter", "map"};
  ForEach([&](const Overload& overload) {
    if (overload.name.size() > 1) names.emplace_back(overload.name);
  });
  return names;
}

}  // namespace warden::condition
