#include "interceptors/keys/key_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "absl/strings/str_join.h"
#include "tests/authz/token/token_test_util.h"
#include "tests/e2e/eventually.h"
#include "tests/interceptors/keys/key_server.h"

namespace warden {
namespace {

using testing::Eventually;
using testing::GoodClaims;
using ::testing::HasSubstr;
using testing::JwksOf;
using testing::KeysOf;
using testing::Mint;
using testing::Now;
using testing::TestKey;

const SigningKey& OldKey() { return TestKey(Algorithm::kEs256); }
const SigningKey& NewKey() { return TestKey(Algorithm::kEdDsa); }

// Brings what the test says, as often as it is asked.
class ScriptedSource final : public KeySource {
 public:
  struct Script {
    std::mutex mutex;
    absl::StatusOr<FetchedKeys> next = absl::UnavailableError("down");
    std::atomic<int> fetches{0};
    std::atomic<int> forgotten{0};

    void Set(absl::StatusOr<FetchedKeys> result) {
      const std::lock_guard<std::mutex> lock(mutex);
      next = std::move(result);
    }
  };

  explicit ScriptedSource(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  void Fetch(Done done) override {
    ++script_->fetches;
    absl::StatusOr<FetchedKeys> result;
    {
      const std::lock_guard<std::mutex> lock(script_->mutex);
      result = script_->next;
    }
    done(std::move(result));
  }
  void Forget() override { ++script_->forgotten; }

 private:
  const std::shared_ptr<Script> script_;
};

class KeyKeeperTest : public ::testing::Test {
 protected:
  // Fast enough for a test; what would come by itself comes an hour later.
  static constexpr KeyScheduleOptions kSlow = {.min_interval = absl::Hours(1),
                                               .max_interval = absl::Hours(1),
                                               .unknown_key_cooldown = absl::Milliseconds(1)};
  static constexpr KeyScheduleOptions kFast = {.min_interval = absl::Milliseconds(2),
                                               .max_interval = absl::Milliseconds(2),
                                               .unknown_key_cooldown = absl::Hours(1)};

  void Start(const KeyScheduleOptions& schedule) {
    std::vector<KeptIssuer> issuers;
    issuers.push_back({.name = testing::kIssuer,
                       .source = std::make_unique<ScriptedSource>(script_),
                       .schedule = schedule});
    keeper_ =
        std::make_unique<KeyKeeper>(std::move(issuers), nullptr, [this](const std::string& line) {
          const std::lock_guard<std::mutex> lock(mutex_);
          lines_.push_back(line);
        });
    IssuerOptions options = testing::OptionsFor(OldKey());
    options.algorithms = {"ES256", "EdDSA"};
    const auto keys = keeper_->FetchFirst();
    options.keys = keys[0].ok() ? *keys[0] : nullptr;
    options.keys_come_later = true;
    const auto verifier = TokenVerifier::Create({options}).value();
    cache_ = std::make_shared<TokenCache>(verifier, 100, keeper_->alarm());
    keeper_->Keep(verifier, cache_);
  }
  void Bring(std::initializer_list<const SigningKey*> keys) {
    script_->Set(FetchedKeys{.keys = KeysOf(keys)});
  }
  TokenRefusal Ask(const SigningKey& key) {
    return cache_->Verify(Mint(key, GoodClaims()), Now()).refusal;
  }
  std::string Lines() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return absl::StrJoin(lines_, "\n");
  }
  KeyStatus Status() const { return keeper_->Status().front(); }

  const std::shared_ptr<ScriptedSource::Script> script_ =
      std::make_shared<ScriptedSource::Script>();
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::shared_ptr<TokenCache> cache_;
  std::unique_ptr<KeyKeeper> keeper_;
};

TEST_F(KeyKeeperTest, TakesNewKeysByItself) {
  Bring({&OldKey()});
  Start(kFast);
  EXPECT_EQ(Ask(OldKey()), TokenRefusal::kNone);
  Bring({&NewKey()});
  EXPECT_TRUE(Eventually([&] { return Ask(NewKey()) == TokenRefusal::kNone; }));
  EXPECT_EQ(Ask(OldKey()), TokenRefusal::kKeyUnknown);
  EXPECT_GE(Status().updated, 2);
  EXPECT_EQ(Status().failed, 0);
}

TEST_F(KeyKeeperTest, AnUnknownKeyBringsNewOnes) {
  Bring({&OldKey()});
  Start(kSlow);
  Bring({&OldKey(), &NewKey()});
  EXPECT_EQ(Ask(NewKey()), TokenRefusal::kKeyUnknown);  // now, and without waiting
  EXPECT_TRUE(Eventually([&] { return Ask(NewKey()) == TokenRefusal::kNone; }));
  EXPECT_EQ(Ask(OldKey()), TokenRefusal::kNone);
  EXPECT_EQ(Status().keys, 2);
}

TEST_F(KeyKeeperTest, AFloodOfUnknownKeysFetchesOncePerCooldown) {
  Bring({&OldKey()});
  KeyScheduleOptions schedule = kSlow;
  schedule.unknown_key_cooldown = absl::Hours(1);
  Start(schedule);
  const std::string token = Mint(NewKey(), GoodClaims());
  for (int i = 0; i < 20000; ++i) {
    EXPECT_EQ(cache_->Verify(token, Now()).refusal, TokenRefusal::kKeyUnknown);
  }
  EXPECT_EQ(script_->fetches, 1);
}

TEST_F(KeyKeeperTest, KeepsTheLastGoodKeysWhileThereAreNoBetterOnes) {
  Bring({&OldKey()});
  Start(kFast);
  const absl::StatusOr<FetchedKeys> bad[] = {
      absl::UnavailableError("down"),
      FetchedKeys{.keys = KeysOf({&TestKey(Algorithm::kRs256)})},  // for no configured algorithm
  };
  for (const absl::StatusOr<FetchedKeys>& next : bad) {
    const uint64_t before = Status().failed;
    script_->Set(next);
    EXPECT_TRUE(Eventually([&] { return Status().failed > before; }));
    EXPECT_EQ(Ask(OldKey()), TokenRefusal::kNone);
    Bring({&OldKey()});
    const uint64_t good = Status().updated;
    EXPECT_TRUE(Eventually([&] { return Status().updated > good; }));
  }
  EXPECT_GE(script_->forgotten, 1);
  EXPECT_THAT(Lines(), HasSubstr("could not be fetched: down; those of before go on to be used"));
  EXPECT_THAT(Lines(), HasSubstr("could be fetched again"));
  EXPECT_THAT(Lines(), HasSubstr("no key is for any of the algorithms"));
}

TEST_F(KeyKeeperTest, RefusesWhenTheLastGoodKeysAreTooOldAndRecovers) {
  Bring({&OldKey()});
  KeyScheduleOptions schedule = kFast;
  schedule.max_age = absl::Milliseconds(300);
  Start(schedule);
  EXPECT_EQ(Ask(OldKey()), TokenRefusal::kNone);
  script_->Set(absl::UnavailableError("down"));
  EXPECT_TRUE(Eventually([&] { return Ask(OldKey()) == TokenRefusal::kKeysUnavailable; }));
  EXPECT_EQ(Status().keys, 0);
  EXPECT_THAT(Lines(), HasSubstr("are too old"));
  script_->Set(FetchedKeys{});  // unchanged: those of before are good again
  EXPECT_TRUE(Eventually([&] { return Ask(OldKey()) == TokenRefusal::kNone; }));
  EXPECT_EQ(Status().keys, 1);
}

TEST_F(KeyKeeperTest, StartsWithoutKeys) {
  Start(kFast);
  EXPECT_EQ(Ask(OldKey()), TokenRefusal::kKeysUnavailable);
  EXPECT_FALSE(Status().age.has_value());
  Bring({&OldKey()});
  EXPECT_TRUE(Eventually([&] { return Ask(OldKey()) == TokenRefusal::kNone; }));
  EXPECT_TRUE(Status().age.has_value());
}

TEST_F(KeyKeeperTest, EndsWhileAServerIsSilent) {
  testing::KeyServer server;
  server.ServeKeys(JwksOf({&OldKey()}));
  std::unique_ptr<HttpClient> client = server.Client(absl::Minutes(1));
  std::vector<KeptIssuer> issuers;
  issuers.push_back({.name = testing::kIssuer,
                     .source = MakeUrlSource(server.http().Url("/keys"), client.get()),
                     .schedule = kSlow});
  keeper_ =
      std::make_unique<KeyKeeper>(std::move(issuers), std::move(client), [](const std::string&) {});
  IssuerOptions options = testing::OptionsFor(OldKey());
  options.keys = keeper_->FetchFirst()[0].value();
  const auto verifier = TokenVerifier::Create({options}).value();
  cache_ = std::make_shared<TokenCache>(verifier, 100, keeper_->alarm());
  keeper_->Keep(verifier, cache_);
  server.Serve({.hang = true});
  keeper_->alarm()->OnOutdatedKeys(0);
  EXPECT_TRUE(Eventually([&] { return server.http().requests() == 2; }));
  keeper_.reset();                                // well before the minute
  EXPECT_EQ(Ask(OldKey()), TokenRefusal::kNone);  // the cache may outlive it
}

}  // namespace
}  // namespace warden
