// What a list of API keys must be. Internal to authz/apikey.
#ifndef WARDEN_AUTHZ_APIKEY_CHECK_H_
#define WARDEN_AUTHZ_APIKEY_CHECK_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "authz/config/source_map.h"
#include "google/protobuf/timestamp.pb.h"
#include "warden/v1/api_keys.pb.h"

namespace warden {

// InvalidArgument with every problem, one to a line; never with a hash.
absl::Status CheckApiKeys(const v1::ApiKeys& keys, const SourceMap& places);

// `otherwise` where absent.
absl::Time TimeOr(bool present, const google::protobuf::Timestamp& time, absl::Time otherwise);

// Whole seconds. REQUIRES: `time` is finite.
google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace warden

#endif  // WARDEN_AUTHZ_APIKEY_CHECK_H_
