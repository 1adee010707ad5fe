// Services that answer what they are asked to, on both of gRPC's server APIs.
#ifndef WARDEN_TESTS_E2E_ANSWER_SERVICE_H_
#define WARDEN_TESTS_E2E_ANSWER_SERVICE_H_

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>

#include "tests/e2e/probe_service.h"

namespace warden::testing {

// warden.testing.v1.Answers and OwnAnswers. Each handler adds to `runs`, which outlives them.
std::unique_ptr<grpc::Service> MakeAnswers(Api api, std::atomic<int>* runs);
std::unique_ptr<grpc::Service> MakeOwnAnswers(Api api, std::atomic<int>* runs);

// warden.testing.v1.RawAnswers, of bytes instead of messages.
std::unique_ptr<grpc::Service> MakeRawAnswers();

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_ANSWER_SERVICE_H_
