#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "interceptors/http/http_client.h"

namespace warden {
namespace {

TEST(NoTransportTest, SaysWhatIsMissing) {
  const absl::Status status = HttpClient::Create({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("WARDEN_WITH_CURL"));
  EXPECT_FALSE(HttpClient::IsBuiltIn());
}

}  // namespace
}  // namespace warden
