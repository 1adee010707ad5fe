#include "interceptors/revocation/operator_log.h"

#include <cstdio>
#include <string>

#include "interceptors/observe/sanitize.h"

namespace warden {

void LogForOperator(std::string_view text) {
  std::string line = "warden: ";
  line.append(Sanitize(text, 1024));
  line.push_back('\n');
  std::fputs(line.c_str(), stderr);
}

}  // namespace warden
