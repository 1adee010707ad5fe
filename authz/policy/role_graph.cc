#include "authz/policy/role_graph.h"

#include <algorithm>
#include <deque>

namespace warden {
namespace {

// Depth first, without recursion: a hostile file may have a chain of thousands.
class Resolver {
 public:
  Resolver(const std::vector<RoleSpec>& roles, std::vector<RoleCycle>* cycles)
      : roles_(roles), cycles_(cycles), state_(roles.size(), State::kNew), rights_(roles.size()) {}

  std::vector<RoleRights> Run() {
    for (uint32_t id = 0; id < roles_.size(); ++id) {
      if (state_[id] != State::kNew) continue;
      Enter(id);
      while (!way_.empty()) Step();
    }
    return std::move(rights_);
  }

 private:
  enum class State : uint8_t { kNew, kOnTheWay, kDone };
  struct Visit {
    uint32_t id;
    size_t next = 0;  // of what it inherits
  };

  void Enter(uint32_t id) {
    state_[id] = State::kOnTheWay;
    way_.push_back({id});
  }

  void Step() {
    Visit& visit = way_.back();
    const RoleSpec& role = roles_[visit.id];
    if (visit.next == role.inherits.size()) {
      Finish(visit.id);
      way_.pop_back();
      return;
    }
    const uint32_t parent = role.inherits[visit.next++];
    if (state_[parent] == State::kOnTheWay) {
      ReportCycle(parent);
    } else if (state_[parent] == State::kNew) {
      Enter(parent);
    }
  }

  void Finish(uint32_t id) {
    const RoleSpec& role = roles_[id];
    RoleRights& rights = rights_[id];
    rights.roles.Add(id);
    rights.permissions = role.permissions;
    if (!role.break_glass) rights.ordinary = role.permissions;
    for (const uint32_t parent : role.inherits) {
      rights.roles.AddAll(rights_[parent].roles);
      rights.permissions.AddAll(rights_[parent].permissions);
      if (!role.break_glass) rights.ordinary.AddAll(rights_[parent].ordinary);
    }
    state_[id] = State::kDone;
  }

  void ReportCycle(uint32_t closing) {
    RoleCycle cycle;
    const auto begin = std::find_if(way_.begin(), way_.end(),
                                    [&](const Visit& visit) { return visit.id == closing; });
    for (auto visit = begin; visit != way_.end(); ++visit) cycle.push_back(visit->id);
    cycle.push_back(closing);
    cycles_->push_back(std::move(cycle));
  }

  const std::vector<RoleSpec>& roles_;
  std::vector<RoleCycle>* const cycles_;
  std::vector<State> state_;
  std::vector<RoleRights> rights_;
  std::vector<Visit> way_;
};

}  // namespace

std::vector<RoleRights> ResolveRoles(const std::vector<RoleSpec>& roles,
                                     std::vector<RoleCycle>* cycles) {
  return Resolver(roles, cycles).Run();
}

std::vector<uint32_t> InheritancePath(const std::vector<RoleSpec>& roles, const BitSet& from,
                                      uint32_t role) {
  constexpr uint32_t kStart = ~uint32_t{0};
  std::vector<std::optional<uint32_t>> came_from(roles.size());
  std::deque<uint32_t> open;
  from.ForEach([&](size_t id) {
    came_from[id] = kStart;
    open.push_back(static_cast<uint32_t>(id));
  });
  while (!open.empty() && !came_from[role].has_value()) {
    const uint32_t at = open.front();
    open.pop_front();
    for (const uint32_t parent : roles[at].inherits) {
      if (came_from[parent].has_value()) continue;
      came_from[parent] = at;
      open.push_back(parent);
    }
  }
  std::vector<uint32_t> path;
  if (!came_from[role].has_value()) return path;
  for (uint32_t at = role; at != kStart; at = *came_from[at]) path.push_back(at);
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace warden
