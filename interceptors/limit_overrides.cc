#include "interceptors/limit_overrides.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "authz/config/source_map.h"
#include "authz/config/yaml_loader.h"
#include "warden/v1/limit_overrides.pb.h"
#include "warden/v1/limits.pb.h"

namespace warden {
namespace {

// One limit of the set; of the same name there is one for each method that has it.
struct Target {
  Limit* limit = nullptr;
  std::string_view owner;  // its method, or "limits.connection"
};
using Targets = std::vector<Target>;

// "2 limits, from 0".
std::string HowMany(size_t count) {
  return absl::StrCat(count, count == 1 ? " limit" : " limits", ", from 0");
}

absl::Duration ToDuration(const v1::LimitOverride& says) {
  return absl::Seconds(says.per().seconds()) + absl::Nanoseconds(says.per().nanos());
}

class Overriding {
 public:
  Overriding(const std::deque<GuardedMethod>& methods, LimitSet* set, const SourceMap& places,
             ProblemList* problems)
      : set_(set), places_(places), problems_(problems) {
    for (const GuardedMethod& method : methods) {
      methods_.emplace(method.name, method.id);
      for (Limit& limit : set->methods[method.id]) {
        if (!limit.name.empty()) named_[limit.name].push_back({&limit, method.name});
      }
    }
  }

  void Apply(size_t i, const v1::LimitOverride& says) {
    item_ = ItemPath("overrides", i);
    if (!says.has_requests() && !says.has_per() && !says.has_burst()) {
      Add("", "says none of `requests`, `per` and `burst`: nothing would change");
    }
    const Targets targets = Find(says);
    if (targets.empty()) return CheckAlone(says);
    const auto [other, first] = seen_.emplace(targets.front().limit->id, item_);
    if (!first) return Add("", absl::StrCat("is for the same limit as ", other->second));
    Change(says, targets);
  }

 private:
  void Add(std::string_view field, std::string_view what) {
    problems_->AddAt(places_, field.empty() ? item_ : ChildPath(item_, field), what);
  }

  // What it is for; nothing, and a problem, where that does not exist.
  Targets Find(const v1::LimitOverride& says) {
    if (says.index() != 0 && says.limit_case() != v1::LimitOverride::kMethod) {
      Add("index", "only with `method`");
    }
    switch (says.limit_case()) {
      case v1::LimitOverride::kName:
        return FindNamed(says.name());
      case v1::LimitOverride::kMethod:
        return FindOfMethod(says.method(), says.index());
      case v1::LimitOverride::kConnection:
        if (says.connection() < set_->connection.size()) {
          return {{&set_->connection[says.connection()], "limits.connection"}};
        }
        Add("connection", absl::StrCat("limits.connection has ", HowMany(set_->connection.size())));
        return {};
      case v1::LimitOverride::LIMIT_NOT_SET:
        Add("", "says none of `name`, `method` and `connection`: which limit is it for?");
        return {};
    }
    return {};
  }

  Targets FindNamed(const std::string& name) {
    const auto found = named_.find(name);
    if (found != named_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [other, targets] : named_) names.emplace_back(other);
    Add("name", absl::StrCat("no served method has a limit of the name ", Quoted(name),
                             Suggestion(name, names)));
    return {};
  }

  Targets FindOfMethod(const std::string& name, uint32_t index) {
    const auto found = methods_.find(name);
    if (found == methods_.end()) {
      std::vector<std::string> names;
      for (const auto& [other, id] : methods_) names.emplace_back(other);
      Add("method", absl::StrCat("no method of the name ", Quoted(name), " is served",
                                 Suggestion(name, names)));
      return {};
    }
    std::vector<Limit>& limits = set_->methods[found->second];
    if (index >= limits.size()) {
      // Without an index it is the method that is wrong.
      Add(index == 0 ? "method" : "index",
          absl::StrCat("the method has ", limits.empty() ? "no limits" : HowMany(limits.size())));
      return {};
    }
    if (!limits[index].name.empty()) {
      Add("method", absl::StrCat("the limit has the name ", Quoted(limits[index].name),
                                 ", and with it may be other methods' too: say `name`"));
      return {};
    }
    return {{&limits[index], found->first}};
  }

  // All of them say the same, but for what a call costs.
  void Change(const v1::LimitOverride& says, const Targets& targets) {
    const size_t before = problems_->size();
    v1::RateLimit option;
    if (!option.ParseFromString(targets.front().limit->said)) {
      return Add("", "the limit cannot be read");  // never come to: ReadLimit wrote it
    }
    const LimitSpec spec = NewSpec(says, *targets.front().limit, &option);
    for (const std::string& problem : FindSpecProblems(spec)) AddOfSpec(says, problem);
    if (says.has_burst() && spec.algorithm != LimitSpec::Algorithm::kTokenBucket) {
      Add("burst", "only with TOKEN_BUCKET");
    }
    if (problems_->size() == before) CheckFits(spec, targets);
    for (const Target& target : targets) {
      target.limit->spec = spec;
      target.limit->said = option.SerializeAsString();
    }
  }

  // What is wrong with the numbers, whichever limit they are for.
  void CheckAlone(const v1::LimitOverride& says) {
    LimitSpec spec = {.requests = 1, .per = absl::Seconds(1), .burst = 1};
    if (says.has_requests()) spec.requests = says.requests();
    if (says.has_per()) spec.per = ToDuration(says);
    if (says.has_burst()) spec.burst = says.burst();
    for (const std::string& problem : FindSpecProblems(spec)) {
      // How long a burst takes hangs on numbers that are not known.
      if (!problem.ends_with("to regain")) AddOfSpec(says, problem);
    }
  }

  // `option` is what the limit says, and gets the numbers, too.
  static LimitSpec NewSpec(const v1::LimitOverride& says, const Limit& limit,
                           v1::RateLimit* option) {
    LimitSpec spec = limit.spec;
    const bool own_burst = option->burst() != 0;
    if (says.has_requests()) {
      spec.requests = says.requests();
      if (!own_burst) spec.burst = says.requests();
      option->set_requests(says.requests());
    }
    if (says.has_per()) {
      spec.per = ToDuration(says);
      *option->mutable_per() = says.per();
    }
    if (says.has_burst()) {
      spec.burst = says.burst();
      option->set_burst(says.burst());
    }
    return spec;
  }

  // "field: what", at the field where the file has it.
  void AddOfSpec(const v1::LimitOverride& says, std::string_view problem) {
    const size_t colon = problem.find(": ");
    const std::string_view field = problem.substr(0, colon);
    const bool said = (field == "requests" && says.has_requests()) ||
                      (field == "per" && says.has_per()) || (field == "burst" && says.has_burst());
    if (said) return Add(field, problem.substr(colon + 2));
    // A burst that was left out says nothing of its own.
    if (problem.starts_with("burst: must")) return;
    Add("", problem);
  }

  void CheckFits(const LimitSpec& spec, const Targets& targets) {
    for (const auto& [limit, owner] : targets) {
      if (limit->cost.fixed > spec.size()) {
        Add("", absl::StrCat("no call of ", std::string(owner), " could pass: it costs ",
                             limit->cost.fixed, ", more than ", spec.size(), " at once"));
      }
    }
    const uint32_t lease = targets.front().limit->lease;
    if (lease > spec.size()) {
      Add("",
          absl::StrCat("the limit's lease of ", lease, " is more than ", spec.size(), " at once"));
    }
  }

  LimitSet* const set_;
  const SourceMap& places_;
  ProblemList* const problems_;
  std::map<std::string, uint32_t, std::less<>> methods_;  // ids
  std::map<std::string, Targets, std::less<>> named_;
  std::map<uint32_t, std::string> seen_;  // limits by id: which override is for it
  std::string item_;                      // the path of the override that is looked at
};

}  // namespace

std::shared_ptr<LimitSet> MakeLimitSet(const std::deque<GuardedMethod>& methods,
                                       const std::vector<Limit>& connection) {
  auto set = std::make_shared<LimitSet>();
  for (const GuardedMethod& method : methods) set->methods.push_back(method.limits);
  set->connection = connection;
  return set;
}

absl::StatusOr<std::shared_ptr<LimitSet>> ReadOverrides(const std::deque<GuardedMethod>& methods,
                                                        const std::vector<Limit>& connection,
                                                        std::string_view text,
                                                        std::string_view file_name) {
  YamlBounds bounds;
  bounds.max_bytes = kMaxOverrideBytes;
  v1::LimitOverrides file;
  SourceMap places;
  const absl::Status loaded = LoadYaml(text, file_name, &file, &places, bounds);
  if (!loaded.ok()) return loaded;
  ProblemList problems;
  if (static_cast<size_t>(file.overrides_size()) > kMaxOverrides) {
    problems.AddAt(places, "overrides", absl::StrCat("at most ", kMaxOverrides));
    return problems.ToStatus();
  }
  std::shared_ptr<LimitSet> set = MakeLimitSet(methods, connection);
  Overriding overriding(methods, set.get(), places, &problems);
  for (int i = 0; i < file.overrides_size(); ++i) {
    overriding.Apply(static_cast<size_t>(i), file.overrides(i));
  }
  if (!problems.empty()) return problems.ToStatus();
  return set;
}

}  // namespace warden
