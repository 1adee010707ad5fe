// Runs the real `warden` binary.
#ifndef WARDEN_TESTS_TOOLS_RUN_WARDEN_H_
#define WARDEN_TESTS_TOOLS_RUN_WARDEN_H_

#include <string>
#include <vector>

namespace warden::testing {

struct CommandResult {
  int exit_status = -1;  // -1 if it did not exit by itself
  std::string out;
  std::string err;
};

// With `input` as stdin. Throws std::runtime_error if it cannot be started.
CommandResult RunWarden(const std::vector<std::string>& arguments, const std::string& input = "");

std::string ReadFile(const std::string& path);

}  // namespace warden::testing

#endif  // WARDEN_TESTS_TOOLS_RUN_WARDEN_H_
