// The verbs of `warden apikey`.
#ifndef WARDEN_TOOLS_WARDEN_APIKEY_VERBS_H_
#define WARDEN_TOOLS_WARDEN_APIKEY_VERBS_H_

#include <CLI/CLI.hpp>

namespace warden::cli {

void AddApiKeyCreate(CLI::App& apikey, int* status);
void AddApiKeyRotate(CLI::App& apikey, int* status);
void AddApiKeyList(CLI::App& apikey, int* status);
void AddApiKeyVerify(CLI::App& apikey, int* status);
void AddApiKeyChanges(CLI::App& apikey, int* status);  // disable, enable, delete

}  // namespace warden::cli

#endif  // WARDEN_TOOLS_WARDEN_APIKEY_VERBS_H_
