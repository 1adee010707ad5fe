// What it costs to verify an API key, and to refuse one.
#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "authz/apikey/api_key.h"
#include "authz/apikey/store.h"
#include "tests/authz/apikey/apikey_testing.h"

namespace warden {
namespace {

// 10,000 keys; `*good` is one of them.
ApiKeyStore& Store(std::string* good) {
  static std::string text;
  static auto* const store = [] {
    v1::ApiKeys keys;
    const auto hasher = testing::Hasher();
    for (int i = 0; i < 10'000; ++i) {
      const std::string id = absl::StrCat("key-", i);
      text = MakeApiKey(id).value();
      v1::ApiKey& key = (*keys.mutable_keys())[id];
      key.set_subject("shop");
      key.add_secrets()->set_hash(ToString(*hasher->Hash(text)));
    }
    return new ApiKeyStore(testing::SetOf(keys));
  }();
  *good = text;
  return *store;
}

void BM_Good(benchmark::State& state) {
  std::string text;
  ApiKeyStore& store = Store(&text);
  for (auto _ : state) benchmark::DoNotOptimize(store.Verify(text, testing::kNow));
}
BENCHMARK(BM_Good)->ThreadRange(1, 4);

void BM_WrongSecret(benchmark::State& state) {
  std::string text;
  ApiKeyStore& store = Store(&text);
  text = testing::WithWrongSecret(text);
  for (auto _ : state) benchmark::DoNotOptimize(store.Verify(text, testing::kNow));
}
BENCHMARK(BM_WrongSecret);

void BM_UnknownId(benchmark::State& state) {
  std::string text;
  ApiKeyStore& store = Store(&text);
  const std::string unknown = "wk_nobody-1" + text.substr(text.find('.'));
  for (auto _ : state) benchmark::DoNotOptimize(store.Verify(unknown, testing::kNow));
}
BENCHMARK(BM_UnknownId);

}  // namespace
}  // namespace warden
