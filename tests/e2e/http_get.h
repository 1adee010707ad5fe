// Fetches a page from a server on loopback.
#ifndef WARDEN_TESTS_E2E_HTTP_GET_H_
#define WARDEN_TESTS_E2E_HTTP_GET_H_

#include <cstdint>
#include <string>

namespace warden::testing {

// The body of the answer to GET; throws std::runtime_error where there is no answer of status 200.
std::string HttpGet(uint16_t port, const std::string& path);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_E2E_HTTP_GET_H_
