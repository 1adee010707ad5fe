#include "services/clients/cpp/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace orders::client {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  constexpr size_t kMaxBytes = size_t{4} << 20;
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  if (content.size() > kMaxBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too large"));
  }
  return content;
}

// gRPC ends the program when it is given metadata that cannot be sent.
absl::StatusOr<std::string> ReadToken(const std::string& path) {
  absl::StatusOr<std::string> token = ReadFile(path);
  if (!token.ok()) return token.status();
  absl::StripTrailingAsciiWhitespace(&*token);
  for (const char c : *token) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(absl::StrCat(path, " has bytes that no token has"));
    }
  }
  return token;
}

absl::StatusOr<grpc::SslCredentialsOptions> ReadTls(const ConnectionFlags& flags) {
  if (flags.certificate_file.empty() != flags.key_file.empty()) {
    return absl::InvalidArgumentError("--cert and --key go together");
  }
  grpc::SslCredentialsOptions tls;
  for (const auto& [path, content] : {std::pair{&flags.ca_file, &tls.pem_root_certs},
                                      std::pair{&flags.certificate_file, &tls.pem_cert_chain},
                                      std::pair{&flags.key_file, &tls.pem_private_key}}) {
    if (path->empty()) continue;
    absl::StatusOr<std::string> read = ReadFile(*path);
    if (!read.ok()) return read.status();
    *content = *std::move(read);
  }
  return tls;
}

}  // namespace

absl::StatusOr<Connection> Connection::Open(const ConnectionFlags& flags) {
  Connection connection;
  const absl::StatusOr<grpc::SslCredentialsOptions> tls = ReadTls(flags);
  if (!tls.ok()) return tls.status();
  if (!flags.token_file.empty()) {
    absl::StatusOr<std::string> token = ReadToken(flags.token_file);
    if (!token.ok()) return token.status();
    connection.token_ = *std::move(token);
  }
  connection.timeout_seconds_ = flags.timeout_seconds;
  connection.stub_ =
      v1::OrderService::NewStub(grpc::CreateChannel(flags.target, grpc::SslCredentials(*tls)));
  return connection;
}

std::unique_ptr<grpc::ClientContext> Connection::NewContext() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(
                            std::chrono::duration<double>(timeout_seconds_)));
  if (!token_.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token_));
  return context;
}

}  // namespace orders::client
