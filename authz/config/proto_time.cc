#include "authz/config/proto_time.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace warden {

absl::Status ReadProtoTime(bool present, const google::protobuf::Timestamp& timestamp,
                           std::string_view name, absl::Time* time) {
  if (!present) return absl::OkStatus();
  constexpr int64_t kFirst = -62135596800;
  constexpr int64_t kLast = 253402300799;
  if (timestamp.seconds() < kFirst || timestamp.seconds() > kLast || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(name), " is no time"));
  }
  *time = absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
  return absl::OkStatus();
}

void WriteProtoTime(absl::Time time, google::protobuf::Timestamp* timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

std::string FormatUtc(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

}  // namespace warden
