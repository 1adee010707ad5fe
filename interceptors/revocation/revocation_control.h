// Everything of revocation that a server has: the list, where it comes from, and whether it can be
// relied on.
#ifndef WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_CONTROL_H_
#define WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_CONTROL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "authz/config/problem.h"
#include "authz/revocation/revocations.h"
#include "interceptors/config.h"
#include "interceptors/revocation/background.h"
#include "interceptors/revocation/local_list.h"
#include "interceptors/revocation/revocation_store.h"

namespace warden {

class SharedList;

// Of a shared list; all 0 without one.
struct SharedListStats {
  double age_seconds = 0;  // since the list was last known to be up to date; +Inf: never
  uint64_t failures = 0;
  uint64_t rollbacks = 0;
  bool outage = false;
};

// Thread-safe once started.
class RevocationControl {
 public:
  // Reads the file, where there is one, and checks the rest of `config.revocation`. Adds what is
  // wrong to `problems` and returns null then. Without any configuration the list is in memory.
  static std::unique_ptr<RevocationControl> Create(const LoadedConfig& config, absl::Time now,
                                                   ProblemList* problems);
  ~RevocationControl();
  RevocationControl(const RevocationControl&) = delete;
  RevocationControl& operator=(const RevocationControl&) = delete;

  // Reads the shared list once and starts the threads. A Redis that cannot be reached is no error:
  // it is an outage from the start. `reloaded` hears of every reload of the file.
  void Start(std::function<void(bool ok)> reloaded);

  const Revocations& list() const { return list_; }
  // Where an admin's changes go: the shared list if there is one, else the file or memory.
  RevocationStore& store();
  bool shared() const { return shared_ != nullptr; }

  // Whether calls with credentials have to be refused, because the shared list has been out of
  // reach for too long. `steady_ns` is the steady clock's time, in nanoseconds.
  bool MustRefuse(int64_t steady_ns) const { return !fail_open_ && InOutage(steady_ns); }
  SharedListStats Stats(int64_t steady_ns) const;

 private:
  RevocationControl(std::string file, size_t max_entries);
  bool InOutage(int64_t steady_ns) const;
  bool ConfigureShared(const LoadedConfig& config, ProblemList* problems);
  absl::Duration Tick();

  Revocations list_;
  LocalList local_;
  const bool watches_file_;
  bool fail_open_ = false;
  int64_t grace_ns_ = 0;
  std::unique_ptr<SharedList> shared_;
  std::function<void(bool)> reloaded_;
  absl::Time next_sweep_ = absl::InfinitePast();
  std::unique_ptr<Background> thread_;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_REVOCATION_REVOCATION_CONTROL_H_
