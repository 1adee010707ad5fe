// Services of Warden's own, which need the guard of the server that they are registered with.
#ifndef WARDEN_INTERCEPTORS_GRPC_GUARD_USER_H_
#define WARDEN_INTERCEPTORS_GRPC_GUARD_USER_H_

namespace warden {

class Guard;

class GuardUser {
 public:
  virtual ~GuardUser() = default;
  // Called by ServerBuilder once the guard is made and before anything is served. The guard
  // outlives the serving.
  virtual void UseGuard(Guard* guard) = 0;
};

}  // namespace warden

#endif  // WARDEN_INTERCEPTORS_GRPC_GUARD_USER_H_
