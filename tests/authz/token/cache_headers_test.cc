#include "authz/token/cache_headers.h"

#include "gtest/gtest.h"

namespace warden {
namespace {

constexpr char kDate[] = "Fri, 15 Jan 2027 08:00:00 GMT";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // kDate

struct Case {
  CacheHeaders headers;
  std::optional<absl::Duration> expected;
};

TEST(CacheHeadersTest, SayHowLong) {
  const std::optional<absl::Duration> nothing;
  const Case cases[] = {
      {{}, nothing},
      {{.cache_control = "public"}, nothing},
      {{.cache_control = "max-age=600"}, absl::Seconds(600)},
      {{.cache_control = "public, MAX-AGE=600 ,must-revalidate"}, absl::Seconds(600)},
      {{.cache_control = "max-age=\"600\""}, absl::Seconds(600)},
      {{.cache_control = "max-age=600, max-age=60"}, absl::Seconds(60)},
      {{.cache_control = "max-age=600", .age = "100"}, absl::Seconds(500)},
      {{.cache_control = "max-age=600", .age = "1000"}, absl::ZeroDuration()},
      {{.cache_control = "max-age=600", .age = "-5"}, absl::Seconds(600)},
      {{.cache_control = "s-maxage=600"}, nothing},  // for shared caches
      {{.cache_control = "max-age=0"}, absl::ZeroDuration()},
      {{.cache_control = "max-age="}, absl::ZeroDuration()},
      {{.cache_control = "max-age"}, absl::ZeroDuration()},
      {{.cache_control = "max-age=-1"}, absl::ZeroDuration()},
      {{.cache_control = "max-age=1h"}, absl::ZeroDuration()},
      {{.cache_control = "max-age=99999999999999999999999999"}, absl::Hours(24 * 365)},
      {{.cache_control = "no-store, max-age=600"}, absl::ZeroDuration()},
      {{.cache_control = "no-cache"}, absl::ZeroDuration()},
      {{.cache_control = "max-age=60", .expires = "Fri, 15 Jan 2027 09:00:00 GMT"},
       absl::Seconds(60)},
      {{.expires = "Fri, 15 Jan 2027 09:00:00 GMT"}, absl::Hours(1)},
      {{.expires = "Fri, 15 Jan 2027 09:00:00 GMT", .date = "Fri, 15 Jan 2027 08:30:00 GMT"},
       absl::Minutes(30)},
      {{.expires = "Fri, 15 Jan 2027 09:00:00 GMT", .date = "soon"}, absl::Hours(1)},
      {{.expires = "Fri, 15 Jan 2027 07:00:00 GMT"}, absl::ZeroDuration()},
      {{.expires = "0"}, absl::ZeroDuration()},
      {{.expires = "-1"}, absl::ZeroDuration()},
      {{.expires = "Fri, 15 Jan 9999 07:00:00 GMT"}, absl::Hours(24 * 365)},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(FreshnessOf(one.headers, kNow), one.expected)
        << one.headers.cache_control << "; " << one.headers.expires << "; " << one.headers.age;
  }
}

TEST(CacheHeadersTest, AStepOfTheClockDoesNotCountWhereTheServerSaysItsDate) {
  const CacheHeaders headers = {.expires = "Fri, 15 Jan 2027 09:00:00 GMT", .date = kDate};
  for (const absl::Duration step : {absl::Hours(-24 * 365), absl::Hours(24 * 365)}) {
    EXPECT_EQ(FreshnessOf(headers, kNow + step), absl::Hours(1));
  }
}

}  // namespace
}  // namespace warden
