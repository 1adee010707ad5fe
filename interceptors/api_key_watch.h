// Takes up API keys anew while the server runs.
#ifndef WARDEN_INTERCEPTORS_API_KEY_WATCH_H_
#define WARDEN_INTERCEPTORS_API_KEY_WATCH_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "authz/apikey/source.h"
#include "authz/apikey/store.h"
#include "authz/config/problem.h"
#include "interceptors/config.h"
#include "interceptors/observe/metrics.h"

namespace warden {

// Both null where no API keys are configured, or where they could not be read.
struct LoadedApiKeys {
  std::unique_ptr<ApiKeySource> source;
  std::shared_ptr<ApiKeyStore> store;
};

// Reads the keys for the first time, and adds what is wrong to `problems`.
LoadedApiKeys LoadApiKeys(const LoadedConfig& config, ProblemList* problems);

// A thread that looks at the keys' file or database each `api_keys.reload_interval`. What has
// changed is taken into use as a whole; what is broken is reported to stderr and counted, and the
// last good keys stay. Last uses are written to a database at each look, and at the end.
class ApiKeyWatch {
 public:
  // Null where there is nothing to watch.
  static std::unique_ptr<ApiKeyWatch> Start(const LoadedConfig& config, LoadedApiKeys keys,
                                            std::shared_ptr<Metrics> metrics);
  ~ApiKeyWatch();  // ends the thread
  ApiKeyWatch(const ApiKeyWatch&) = delete;
  ApiKeyWatch& operator=(const ApiKeyWatch&) = delete;

 private:
  ApiKeyWatch(absl::Duration interval, LoadedApiKeys keys, std::shared_ptr<Metrics> metrics);
  void Run();
  void Look();
  void SaveLastUses();
  // Says a failure of the same words only once.
  void Report(const absl::Status& status);

  const absl::Duration interval_;
  const LoadedApiKeys keys_;
  const std::shared_ptr<Metrics> metrics_;
  std::string reported_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_API_KEY_WATCH_H_
