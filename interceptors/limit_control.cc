#include "interceptors/limit_control.h"

#include <exception>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "interceptors/limit_overrides.h"

namespace warden {
namespace {

constexpr char kFile[] = "limits.override_file";
constexpr absl::Duration kDefaultInterval = absl::Seconds(5);

}  // namespace

std::shared_ptr<LimitControl> LimitControl::Create(const LoadedConfig& config,
                                                   const std::deque<GuardedMethod>& methods,
                                                   const std::vector<Limit>& connection,
                                                   ProblemList* problems) {
  const v1::LimitsConfig& settings = config.config.limits();
  std::shared_ptr<LimitControl> control(new LimitControl);
  control->first_ = MakeLimitSet(methods, connection);
  control->reload_interval_ =
      DurationOr(settings.has_reload_interval(), settings.reload_interval(), kDefaultInterval);
  if (control->reload_interval_ < absl::Milliseconds(100) ||
      control->reload_interval_ > absl::Hours(24)) {
    problems->AddAt(config.places, "limits.reload_interval", "must be 100ms to 1d");
  }
  if (settings.override_file().empty()) {
    if (settings.has_reload_interval()) {
      problems->AddAt(config.places, "limits.reload_interval", "only with override_file");
    }
    return control;
  }
  const absl::Status read = control->ReadFirst(config, methods, connection);
  for (const absl::string_view line : absl::StrSplit(read.message(), '\n', absl::SkipEmpty())) {
    problems->AddAt(config.places, kFile, std::string(line));
  }
  return control;
}

absl::Status LimitControl::ReadFirst(const LoadedConfig& config,
                                     const std::deque<GuardedMethod>& methods,
                                     const std::vector<Limit>& connection) {
  const std::string path = ResolveFile(config, config.config.limits().override_file());
  const auto parse =
      [this, &methods, connection,
       path](const std::string& text) -> absl::StatusOr<std::shared_ptr<const LimitSet>> {
    absl::StatusOr<std::shared_ptr<LimitSet>> set = ReadOverrides(methods, connection, text, path);
    if (!set.ok()) return set.status();
    (*set)->version = versions_++;
    return *std::move(set);
  };
  file_ = std::make_unique<WatchedFile<LimitSet>>(path, kMaxOverrideBytes, parse);
  const absl::Status status = file_->Look().value_or(absl::OkStatus());
  if (!status.ok()) return status;
  first_ = file_->good();
  published_ = std::make_unique<Published<LimitSet>>(first_);
  return absl::OkStatus();
}

std::optional<absl::Status> LimitControl::Reload(RateLimiter* limiter) {
  try {
    const std::optional<absl::Status> news = file_->Look();
    if (!news.has_value()) return std::nullopt;
    if (!news->ok()) return *news;
    limiter->BeginVersion(file_->good()->version);
    published_->Set(file_->good());
    return absl::OkStatus();
  } catch (const std::exception& error) {  // no memory, say: the last good numbers stay
    return absl::InternalError(error.what());
  }
}

}  // namespace warden
