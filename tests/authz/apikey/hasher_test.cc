#include "authz/apikey/hasher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/escaping.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

using testing::Hasher;
using testing::TemporaryFolder;

// RFC 4231 section 4.7: a key of 131 bytes. The shorter ones have keys that are too short for us.
TEST(ApiKeyHasher, IsHmacSha256) {
  const auto hasher = ApiKeyHasher::FromSecret(std::string(131, '\xaa')).value();
  for (int i = 0; i < 3; ++i) {  // a context can be used again
    EXPECT_EQ(ToString(*hasher->Hash("Test Using Larger Than Block-Size Key - Hash Key First")),
              "hmac-sha256:60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}

TEST(ApiKeyHasher, DependsOnSecretAndText) {
  const ApiKeyHash hash = *Hasher()->Hash("a");
  EXPECT_EQ(*Hasher()->Hash("a"), hash);
  EXPECT_NE(*Hasher()->Hash("b"), hash);
  EXPECT_NE(*Hasher('t')->Hash("a"), hash);
}

TEST(ApiKeyHasher, ManyThreadsGetTheSame) {
  const auto hasher = Hasher();
  const ApiKeyHash hash = *hasher->Hash("a");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 2000; ++j) wrong += hasher->Hash("a") == hash ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ApiKeyHasher, TakesTheFilesBytesExactly) {
  const TemporaryFolder folder;
  const std::string secret(32, '\n');
  const auto hasher = ApiKeyHasher::FromFile(folder.Write("s", secret));
  ASSERT_TRUE(hasher.ok()) << hasher.status();
  EXPECT_EQ(*(*hasher)->Hash("a"), *ApiKeyHasher::FromSecret(secret).value()->Hash("a"));
}

TEST(ApiKeyHasher, RefusesSecretsOfOtherSizes) {
  const TemporaryFolder folder;
  for (const size_t size : {size_t{0}, size_t{31}, size_t{4097}}) {
    const absl::Status status =
        ApiKeyHasher::FromFile(folder.Write("s", std::string(size, 'z'))).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(folder.file("s")));
    EXPECT_THAT(std::string(status.message()), ::testing::Not(::testing::HasSubstr("zz")));
  }
  EXPECT_TRUE(absl::IsNotFound(ApiKeyHasher::FromFile(folder.file("absent")).status()));
}

TEST(ApiKeyHash, IsWrittenInOneWay) {
  const ApiKeyHash hash = *Hasher()->Hash("a");
  const std::string text = ToString(hash);
  EXPECT_EQ(ParseApiKeyHash(text), hash);
  std::string upper = text;
  upper.back() = 'A';
  for (const std::string& wrong :
       {std::string(), text + "0", text.substr(0, text.size() - 1), text.substr(12), upper,
        "sha256:" + text.substr(12), " " + text, text + " "}) {
    EXPECT_FALSE(ParseApiKeyHash(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace warden
