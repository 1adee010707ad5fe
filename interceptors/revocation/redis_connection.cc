#include "interceptors/revocation/redis_connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "interceptors/monotonic.h"

namespace warden {
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};

absl::StatusOr<std::string> Format(const std::vector<std::string>& command) {
  std::vector<const char*> words;
  std::vector<size_t> sizes;
  for (const std::string& word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const auto size =
      redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size < 0) return absl::ResourceExhaustedError("out of memory");
  std::string formatted(text, static_cast<size_t>(size));
  redisFreeCommand(text);
  return formatted;
}

RedisReply Convert(const redisReply& reply) {
  RedisReply made;
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      made.type = RedisReply::Type::kText;
      made.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_INTEGER:
      made.type = RedisReply::Type::kInteger;
      made.integer = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      made.type = RedisReply::Type::kList;
      for (size_t i = 0; i < reply.elements; ++i) made.items.push_back(Convert(*reply.element[i]));
      break;
    default:
      break;
  }
  return made;
}

// "*3\r\n...": a list's announced length, before hiredis reserves memory for it.
absl::Status CheckHead(std::string_view head) {
  if (head.empty() || head[0] != '*') return absl::OkStatus();
  int64_t items = 0;
  const std::string_view digits = head.substr(1, head.find('\r') - 1);
  if (!absl::SimpleAtoi(absl::string_view(digits.data(), digits.size()), &items)) {
    return absl::DataLossError("not an answer of a Redis server");
  }
  if (items > static_cast<int64_t>(RedisConnection::kMaxReplyItems)) {
    return absl::OutOfRangeError(absl::StrCat("the answer has ", items, " items"));
  }
  return absl::OkStatus();
}

// The same for several replies: looks at the announced length of every list, wherever a line
// begins.
class ListHeads {
 public:
  bool Accept(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        state_ = State::kLineBegins;
      } else if (state_ == State::kLineBegins) {
        state_ = c == '*' ? State::kLength : State::kOther;
        length_ = 0;
      } else if (state_ == State::kLength && c >= '0' && c <= '9') {
        length_ = length_ * 10 + static_cast<size_t>(c - '0');
        if (length_ > RedisConnection::kMaxReplyItems) return false;
      }
    }
    return true;
  }

 private:
  enum class State : uint8_t { kLineBegins, kLength, kOther };
  State state_ = State::kLineBegins;
  size_t length_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Open(
    const RedisOptions& options) {
  const auto at = [&](const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat("redis ", options.address, ": ", status.message()));
  };
  absl::StatusOr<std::unique_ptr<RedisSocket>> socket =
      RedisSocket::Connect(options.address, options.ca_file, MonotonicNow() + options.timeout);
  if (!socket.ok()) return at(socket.status());
  std::unique_ptr<RedisConnection> made(new RedisConnection(*std::move(socket), options.timeout));
  if (options.password.empty()) return made;
  std::vector<std::string> login = {"AUTH"};
  if (!options.username.empty()) login.push_back(options.username);
  login.push_back(options.password);
  const absl::StatusOr<RedisReply> reply = made->Run(login);
  if (reply.ok()) return made;
  if (!absl::IsFailedPrecondition(reply.status())) return at(reply.status());
  // An answer to an unknown command repeats its arguments: none of its text is kept.
  return at(absl::FailedPreconditionError("the server refused username or password"));
}

absl::StatusOr<RedisReply> RedisConnection::Run(const std::vector<std::string>& command) {
  const absl::Time deadline = MonotonicNow() + timeout_;
  const absl::StatusOr<std::string> text = Format(command);
  if (!text.ok()) return text.status();
  if (absl::Status status = socket_->Write(*text, deadline); !status.ok()) return status;
  return ReadReply(deadline);
}

absl::StatusOr<std::vector<absl::StatusOr<RedisReply>>> RedisConnection::RunAll(
    const std::vector<std::vector<std::string>>& commands) {
  const absl::Time deadline = MonotonicNow() + timeout_;
  std::string text;
  for (const std::vector<std::string>& command : commands) {
    const absl::StatusOr<std::string> one = Format(command);
    if (!one.ok()) return one.status();
    text.append(*one);
  }
  if (absl::Status status = socket_->Write(text, deadline); !status.ok()) return status;
  const std::unique_ptr<redisReader, FreeReader> reader(redisReaderCreate());
  if (reader == nullptr) return absl::ResourceExhaustedError("out of memory");
  std::vector<absl::StatusOr<RedisReply>> replies;
  ListHeads heads;
  std::array<char, 16384> bytes;
  size_t total = 0;
  while (true) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader.get(), &raw) != REDIS_OK) {
      return absl::DataLossError("not an answer of a Redis server");
    }
    if (raw != nullptr) {
      const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
      if (reply->type == REDIS_REPLY_ERROR) {
        replies.push_back(absl::FailedPreconditionError(std::string(reply->str, reply->len)));
      } else {
        replies.push_back(Convert(*reply));
      }
      if (replies.size() == commands.size()) return replies;
      continue;
    }
    const absl::StatusOr<size_t> got = socket_->Read(bytes.data(), bytes.size(), deadline);
    if (!got.ok()) return got.status();
    total += *got;
    if (total > kMaxReplyBytes) return absl::OutOfRangeError("the answers are too long");
    const std::string_view fresh(bytes.data(), *got);
    if (!heads.Accept(fresh)) return absl::OutOfRangeError("an answer has too many items");
    if (redisReaderFeed(reader.get(), fresh.data(), fresh.size()) != REDIS_OK) {
      return absl::DataLossError("not an answer of a Redis server");
    }
  }
}

absl::StatusOr<RedisReply> RedisConnection::ReadReply(absl::Time deadline) {
  const std::unique_ptr<redisReader, FreeReader> reader(redisReaderCreate());
  if (reader == nullptr) return absl::ResourceExhaustedError("out of memory");
  std::array<char, 16384> bytes;
  std::string head;  // until its first line is whole
  bool head_seen = false;
  size_t total = 0;
  while (true) {
    const absl::StatusOr<size_t> got = socket_->Read(bytes.data(), bytes.size(), deadline);
    if (!got.ok()) return got.status();
    total += *got;
    if (total > kMaxReplyBytes) return absl::OutOfRangeError("the answer is too long");
    std::string_view fresh(bytes.data(), *got);
    if (!head_seen) {
      head.append(fresh);
      if (head.find('\r') == head.npos && head.size() < 64) continue;
      if (absl::Status status = CheckHead(head); !status.ok()) return status;
      head_seen = true;
      fresh = head;
    }
    void* raw = nullptr;
    if (redisReaderFeed(reader.get(), fresh.data(), fresh.size()) != REDIS_OK ||
        redisReaderGetReply(reader.get(), &raw) != REDIS_OK) {
      return absl::DataLossError("not an answer of a Redis server");
    }
    if (raw == nullptr) continue;
    const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
    if (reply->type == REDIS_REPLY_ERROR) {
      return absl::FailedPreconditionError(std::string(reply->str, reply->len));
    }
    return Convert(*reply);
  }
}

}  // namespace warden
