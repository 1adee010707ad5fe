// The health checking protocol of gRPC, told by the server's own checks.
#ifndef WARDEN_INTERCEPTORS_GRPC_HEALTH_SERVICE_H_
#define WARDEN_INTERCEPTORS_GRPC_HEALTH_SERVICE_H_

#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "authz/sync/mutex.h"
#include "interceptors/health/health_registry.h"

namespace warden {

inline constexpr char kHealthService[] = "grpc.health.v1.Health";
inline constexpr char kHealthCheckMethod[] = "/grpc.health.v1.Health/Check";
inline constexpr char kHealthWatchMethod[] = "/grpc.health.v1.Health/Watch";

// grpc.health.v1.Health: Check and Watch, as
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md has them. "" stands for the whole
// server and is SERVING while the registry is ready; so is each guarded service, unless SetServing
// said otherwise of it. Thread-safe.
//
// Its two messages have one field each and are read and written here: the generated code of
// health.proto would clash with that of a program that has its own.
class HealthService final : public grpc::Service {
 public:
  static constexpr size_t kMostWatches = 1024;  // more are refused with RESOURCE_EXHAUSTED

  // `services`: full names, without "".
  HealthService(std::shared_ptr<HealthRegistry> registry, const std::vector<std::string>& services);
  ~HealthService() override;

  // Of one service alone: the whole server's status stays what it is. False where the server has no
  // such service.
  bool SetServing(std::string_view service, bool serving);

  // Looks at the registry and tells those who watch what has changed. Called now and then, and when
  // something is known to have changed.
  void Publish(bool ready);

  // Ends every watch, now and from now on: a shutdown would wait for them.
  void EndWatches();

 private:
  // ServingStatus of health.proto.
  enum class Status { kServing = 1, kNotServing = 2, kServiceUnknown = 3 };
  class Watch;

  Status StatusOf(const std::string& service) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  grpc::ServerUnaryReactor* OnCheck(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request, grpc::ByteBuffer* response);
  grpc::ServerWriteReactor<grpc::ByteBuffer>* OnWatch(const grpc::ByteBuffer* request);
  void Forget(Watch* watch);
  static grpc::ByteBuffer Encode(Status status);

  const std::shared_ptr<HealthRegistry> registry_;
  mutable Mutex mutex_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<std::string, bool> services_ ABSL_GUARDED_BY(mutex_);  // whether they serve
  absl::flat_hash_set<Watch*> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_HEALTH_SERVICE_H_
