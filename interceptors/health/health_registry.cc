#include "interceptors/health/health_registry.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {

std::string_view ToString(HealthState state) {
  switch (state) {
    case HealthState::kOk:
      return "ok";
    case HealthState::kDegraded:
      return "degraded";
    case HealthState::kFailed:
      break;
  }
  return "failed";
}

HealthRegistry::HealthRegistry(std::function<absl::Time()> now)
    : now_(std::move(now)),
      serving_{.name = "serving", .found = {HealthState::kFailed, "starting"}, .since = now_()} {}

void HealthRegistry::Add(std::string name, Look look) {
  const absl::Time now = now_();
  MutexLock lock(&mutex_);
  const auto same = std::find_if(entries_.begin(), entries_.end(),
                                 [&](const Entry& entry) { return entry.last.name == name; });
  Entry& entry = same == entries_.end() ? entries_.emplace_back() : *same;
  entry.last = {.name = std::move(name), .found = {}, .since = now};
  entry.look = std::move(look);
}

void HealthRegistry::DropAll() {
  MutexLock lock(&mutex_);
  entries_.clear();
}

void HealthRegistry::SetServing() {
  MutexLock lock(&mutex_);
  if (life_ == Life::kStarting) life_ = Life::kServing;
}

void HealthRegistry::SetDraining() {
  MutexLock lock(&mutex_);
  life_ = Life::kDraining;
}

bool HealthRegistry::draining() const {
  MutexLock lock(&mutex_);
  return life_ == Life::kDraining;
}

HealthFinding HealthRegistry::FindLife() const {
  switch (life_) {
    case Life::kServing:
      return {};
    case Life::kStarting:
      return {HealthState::kFailed, "starting"};
    case Life::kDraining:
      break;
  }
  return {HealthState::kFailed, "draining"};
}

void HealthRegistry::Take(HealthFinding found, absl::Time now, HealthCheck* check) {
  if (found.state != check->found.state) check->since = now;
  check->found = std::move(found);
}

HealthReport HealthRegistry::Report() {
  const absl::Time now = now_();
  HealthReport report;
  MutexLock lock(&mutex_);
  Take(FindLife(), now, &serving_);
  report.checks.push_back(serving_);
  for (Entry& entry : entries_) {
    HealthFinding found;
    try {
      found = entry.look();
    } catch (const std::exception&) {  // its text may hold anything
      found = {HealthState::kFailed, "the check itself failed"};
    }
    Take(std::move(found), now, &entry.last);
    report.checks.push_back(entry.last);
  }
  report.ready = std::none_of(
      report.checks.begin(), report.checks.end(),
      [](const HealthCheck& check) { return check.found.state == HealthState::kFailed; });
  return report;
}

std::string Summary(const HealthReport& report) {
  std::string text = report.ready ? "ready" : "not ready";
  const char* separator = ": ";
  for (const HealthCheck& check : report.checks) {
    if (check.found.state == HealthState::kOk) continue;
    absl::StrAppend(&text, separator, check.name, " ", std::string(ToString(check.found.state)));
    if (!check.found.detail.empty()) absl::StrAppend(&text, " (", check.found.detail, ")");
    separator = "; ";
  }
  return text;
}

}  // namespace warden
