#include "interceptors/limits/shared/redis_script.h"

#include <openssl/evp.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace warden {
namespace {

std::string Hex(std::string_view text, const EVP_MD* digest, size_t bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &size, digest, nullptr);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), bytes));
}

}  // namespace

// SHA-1 is how Redis names scripts; nothing secret hangs on it.
RedisScript::RedisScript(const char* text) : text_(text), hash_(Hex(text, EVP_sha1(), 20)) {}

void RedisScript::Run(RedisSender& sender, const std::vector<std::string>& keys,
                      const std::vector<std::string>& arguments, RedisSender::Then then) const {
  RedisSender::Command command = {"EVALSHA", hash_, absl::StrCat(keys.size())};
  command.reserve(3 + keys.size() + arguments.size());
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  RedisSender::Command again = command;
  sender.Send(std::move(command), [&sender, text = text_, then = std::move(then),
                                   again = std::move(again)](RedisSender::Reply reply) mutable {
    if (reply.ok() || !absl::StartsWith(reply.status().message(), "NOSCRIPT")) {
      then(std::move(reply));
      return;
    }
    again[0] = "EVAL";
    again[1] = text;
    sender.Send(std::move(again), std::move(then));
  });
}

std::string RedisKeyHash(std::string_view name) { return Hex(name, EVP_sha256(), 16); }

}  // namespace warden
