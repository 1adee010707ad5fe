#include "interceptors/limit_counters.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace warden {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// "/shop.v1.Orders/CancelOrder", with its place in the list where there are several.
std::string NameOf(std::string_view owner, const Limit& limit, size_t index, size_t count) {
  if (!limit.name.empty()) return limit.name;
  return count == 1 ? std::string(owner) : absl::StrCat(std::string(owner), "[", index, "]");
}

}  // namespace

std::vector<LimitCounters::Series> LimitCounters::MakeSeries(
    const std::deque<GuardedMethod>& methods, const std::vector<Limit>& connection) {
  std::vector<Series> series;
  const auto add = [&](std::string_view owner, const std::vector<Limit>& limits) {
    for (size_t i = 0; i < limits.size(); ++i) {
      const Limit& limit = limits[i];
      if (series.size() <= limit.id) series.resize(limit.id + 1);
      series[limit.id] = {NameOf(owner, limit, i, limits.size()), limit.label};
    }
  };
  add("connection", connection);
  for (const GuardedMethod& method : methods) add(method.name, method.limits);
  return series;
}

LimitCounters::LimitCounters(const std::deque<GuardedMethod>& methods,
                             const std::vector<Limit>& connection)
    : series_(MakeSeries(methods, connection)),
      counters_(std::max<size_t>(2 * series_.size(), 1)) {}

std::vector<MetricFamily> LimitCounters::Families() const {
  MetricFamily family = {"warden_limiter_decisions_total",
                         "Calls that a limit let pass or refused, by limit and kind of key.",
                         MetricType::Counter,
                         {}};
  for (size_t id = 0; id < series_.size(); ++id) {
    if (series_[id].limit.empty()) continue;
    for (const bool admitted : {true, false}) {
      const uint64_t count = counters_.Sum(2 * id + (admitted ? 0 : 1));
      if (count == 0) continue;
      ClientMetric& sample = family.metric.emplace_back();
      sample.label = {{"limit", series_[id].limit},
                      {"key", series_[id].key},
                      {"result", admitted ? "admitted" : "limited"}};
      sample.counter.value = static_cast<double>(count);
    }
  }
  return {std::move(family)};
}

std::vector<std::string> LimitCounters::KeyLabels(const std::deque<GuardedMethod>& methods,
                                                  const std::vector<Limit>& connection) {
  std::set<std::string> labels;
  for (const Limit& limit : connection) labels.insert(limit.label);
  for (const GuardedMethod& method : methods) {
    for (const Limit& limit : method.limits) labels.insert(limit.label);
  }
  return {labels.begin(), labels.end()};
}

}  // namespace warden
