// The verbs of `warden access` that have files of their own.
#ifndef WARDEN_TOOLS_WARDEN_ACCESS_VERBS_H_
#define WARDEN_TOOLS_WARDEN_ACCESS_VERBS_H_

#include <CLI/CLI.hpp>

namespace warden::cli {

void AddExplain(CLI::App& access, int* status);
void AddDiff(CLI::App& access, int* status);

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_ACCESS_VERBS_H_
