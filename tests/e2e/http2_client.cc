#include "tests/e2e/http2_client.h"

#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace warden::testing {
namespace {

enum FrameType : uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6 };
constexpr uint8_t kContinuation = 9;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr size_t kMaxFrame = 16384;

std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text.push_back(static_cast<char>(value >> shift));
  }
  return text;
}

// RFC 7541 section 5.2: a string literal, not Huffman-coded.
std::string Literal(const std::string& text) {
  std::string out;
  size_t size = text.size();
  if (size < 127) {
    out.push_back(static_cast<char>(size));
  } else {
    out.push_back(127);
    for (size -= 127; size >= 128; size >>= 7) {
      out.push_back(static_cast<char>(0x80 | (size & 0x7f)));
    }
    out.push_back(static_cast<char>(size));
  }
  return out + text;
}

}  // namespace

Headers CallHeaders(const std::string& path, const std::string& token) {
  Headers headers = {{":method", "POST"}, {":scheme", "https"},
                     {":path", path},     {":authority", "localhost"},
                     {"te", "trailers"},  {"content-type", "application/grpc"}};
  if (!token.empty()) headers.emplace_back("authorization", "Bearer " + token);
  return headers;
}

Http2Client::Http2Client(const World& world, const Certificate& identity)
    : context_(SSL_CTX_new(TLS_client_method())) {
  static const unsigned char kAlpn[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context_.get(), kAlpn, sizeof(kAlpn));
  const auto reader = [](const std::string& pem) {
    return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  };
  X509* const certificate =
      PEM_read_bio_X509(reader(identity.certificate_pem).get(), nullptr, nullptr, nullptr);
  EVP_PKEY* const key =
      PEM_read_bio_PrivateKey(reader(identity.private_key_pem).get(), nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context_.get(), certificate);
  SSL_CTX_use_PrivateKey(context_.get(), key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  connection_.reset(BIO_new_ssl_connect(context_.get()));
  BIO_set_conn_hostname(connection_.get(), absl::StrCat("127.0.0.1:", world.port()).c_str());
  if (BIO_do_connect(connection_.get()) != 1) throw std::runtime_error("cannot connect");
  Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  SendFrame(kSettings, 0, 0, "");
}

void Http2Client::Send(const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const int count =
        BIO_write(connection_.get(), bytes.data() + sent, static_cast<int>(bytes.size() - sent));
    if (count <= 0) return;
    sent += static_cast<size_t>(count);
  }
}

bool Http2Client::Receive(size_t count, std::string* bytes) {
  bytes->resize(count);
  size_t got = 0;
  while (got < count) {
    const int n = BIO_read(connection_.get(), bytes->data() + got, static_cast<int>(count - got));
    if (n <= 0) return false;
    got += static_cast<size_t>(n);
  }
  return true;
}

void Http2Client::SendFrame(uint8_t type, uint8_t flags, uint32_t stream,
                            const std::string& payload) {
  Send(absl::StrCat(BigEndian(static_cast<uint32_t>(payload.size()), 3),
                    std::string(1, static_cast<char>(type)),
                    std::string(1, static_cast<char>(flags)), BigEndian(stream, 4), payload));
}

uint32_t Http2Client::SendHeaders(const Headers& headers, bool end_stream) {
  std::string block;
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&block, std::string(1, '\0'), Literal(name), Literal(value));
  }
  const uint32_t stream = next_stream_;
  next_stream_ += 2;
  uint8_t type = kHeaders;
  for (size_t at = 0; at == 0 || at < block.size(); at += kMaxFrame) {
    uint8_t flags = end_stream && at == 0 ? kEndStream : uint8_t{0};
    if (at + kMaxFrame >= block.size()) flags |= kEndHeaders;
    SendFrame(type, flags, stream, block.substr(at, kMaxFrame));
    type = kContinuation;
  }
  return stream;
}

void Http2Client::SendMessage(uint32_t stream, const std::string& message) {
  SendFrame(kData, kEndStream, stream,
            absl::StrCat(std::string(1, '\0'), BigEndian(static_cast<uint32_t>(message.size()), 4),
                         message));
}

void Http2Client::SendReset(uint32_t stream) {
  constexpr uint32_t kCancel = 8;
  SendFrame(kReset, 0, stream, BigEndian(kCancel, 4));
}

void Http2Client::WaitUntilRead() {
  const std::string token = "barrier!";
  SendFrame(kPing, 0, 0, token);
  while (true) {
    std::string head;
    std::string payload;
    if (!Receive(9, &head)) return;
    const auto byte = [&head](size_t i) { return static_cast<uint8_t>(head[i]); };
    const size_t size = static_cast<size_t>(byte(0) << 16 | byte(1) << 8 | byte(2));
    if (!Receive(size, &payload)) return;
    if (byte(3) == kSettings && byte(4) != kAck) SendFrame(kSettings, kAck, 0, "");
    if (byte(3) == kPing && byte(4) != kAck) SendFrame(kPing, kAck, 0, payload);
    if (byte(3) == kPing && byte(4) == kAck && payload == token) return;
  }
}

}  // namespace warden::testing
