#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "authz/apikey/sqlite_file.h"

namespace warden {
namespace {

TEST(ApiKeyDatabase, SaysThatThisBuildHasNone) {
  const absl::Status status =
      ApiKeyDatabase::Open("keys.db", ApiKeyDatabase::Mode::kCreate).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("WARDEN_WITH_SQLITE"));
}

}  // namespace
}  // namespace warden
