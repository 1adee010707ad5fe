// Which policy is in force, and which is tried beside it: both follow their files.
#ifndef WARDEN_INTERCEPTORS_POLICY_CONTROL_H_
#define WARDEN_INTERCEPTORS_POLICY_CONTROL_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "authz/config/problem.h"
#include "authz/sync/published.h"
#include "interceptors/config.h"
#include "interceptors/guarded_method.h"
#include "interceptors/observe/metrics.h"
#include "interceptors/periodic.h"
#include "interceptors/policy_snapshot.h"
#include "interceptors/watched_file.h"

namespace warden {

// What a policy must fit: the server's issuers, API keys and methods. Everything that start-up
// checks, a reload checks too.
struct PolicyDemands {
  std::vector<std::string> issuers;
  bool has_api_keys = false;
  const std::deque<GuardedMethod>* methods = nullptr;
};

// InvalidArgument with every problem of the text, and of how it fits, one a line.
absl::StatusOr<std::shared_ptr<const PolicySnapshot>> CompilePolicy(const std::string& text,
                                                                    const std::string& file_name,
                                                                    const PolicyDemands& demands);

// A policy file of which the last good content stays in force. `current` is thread-safe; one thread
// looks.
class PolicyFile {
 public:
  // Reads the file. What is wrong goes to `problems`, at `part`; the result is null then.
  static std::unique_ptr<PolicyFile> Load(std::string path, const PolicyDemands& demands,
                                          std::string_view part, ProblemList* problems);

  std::shared_ptr<const PolicySnapshot> current() const { return current_.Get(); }

  // Takes up what has changed, as a whole. Nullopt where nothing has, or where what is wrong was
  // said before.
  std::optional<absl::Status> Look();

 private:
  PolicyFile(const std::string& path, const PolicyDemands& demands,
             const std::shared_ptr<const PolicySnapshot>& first);

  WatchedFile<PolicySnapshot> file_;
  Published<PolicySnapshot> current_;
  bool failed_ = false;  // at the last look
};

// Thread-safe once made.
class PolicyControl {
 public:
  // Null with problems where a file is wrong, that of a shadow policy as well. `methods` must
  // outlive the result.
  static std::unique_ptr<PolicyControl> Create(const LoadedConfig& config,
                                               const std::deque<GuardedMethod>& methods,
                                               ProblemList* problems);

  std::shared_ptr<const PolicySnapshot> live() const { return live_->current(); }
  bool has_shadow() const { return shadow_ != nullptr; }
  std::shared_ptr<const PolicySnapshot> shadow() const { return shadow_->current(); }

  // Looks at the files from now on, each `policy.reload_interval`. Reloads are counted, the
  // versions in force shown, and what is wrong is written to the operator's log.
  void Start(const std::shared_ptr<Metrics>& metrics);

 private:
  PolicyControl() = default;
  void Look(Metrics& metrics);

  absl::Duration interval_;
  std::unique_ptr<PolicyFile> live_;
  std::unique_ptr<PolicyFile> shadow_;  // null where none is configured
  std::unique_ptr<Periodic> watch_;     // the first to go
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_POLICY_CONTROL_H_
