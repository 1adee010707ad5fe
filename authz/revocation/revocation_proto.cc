#include "authz/revocation/revocation_proto.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/problem.h"
#include "authz/config/yaml_loader.h"

namespace warden {
namespace {

using What = v1::Revocation::WhatCase;
using google::protobuf::Timestamp;

// google/protobuf/timestamp.proto: from year 1 to 9999.
absl::StatusOr<absl::Time> ReadTime(const Timestamp& timestamp, std::string_view name) {
  constexpr int64_t kFirst = -62135596800;
  constexpr int64_t kLast = 253402300799;
  if (timestamp.seconds() < kFirst || timestamp.seconds() > kLast || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(name), " is no time"));
  }
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void WriteTime(absl::Time time, Timestamp* timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

RevocationKey KeyOf(const v1::Revocation& message) {
  switch (message.what_case()) {
    case What::kToken:
      return {RevocationKind::kToken, message.token().issuer(), message.token().jti()};
    case What::kSubject:
      return {RevocationKind::kSubject, message.subject().issuer(), message.subject().subject()};
    case What::kCertificate:
      return {RevocationKind::kCertificate, "", message.certificate().sha256()};
    case What::kKey:
      return {RevocationKind::kKey, message.key().issuer(), message.key().kid()};
    case What::kApiKey:
      return {RevocationKind::kApiKey, "", message.api_key().id()};
    case What::WHAT_NOT_SET:
      break;
  }
  return {};
}

void SetKey(const RevocationKey& key, v1::Revocation* message) {
  switch (key.kind) {
    case RevocationKind::kToken:
      message->mutable_token()->set_issuer(key.issuer);
      message->mutable_token()->set_jti(key.id);
      break;
    case RevocationKind::kSubject:
      message->mutable_subject()->set_issuer(key.issuer);
      message->mutable_subject()->set_subject(key.id);
      break;
    case RevocationKind::kCertificate:
      message->mutable_certificate()->set_sha256(key.id);
      break;
    case RevocationKind::kKey:
      message->mutable_key()->set_issuer(key.issuer);
      message->mutable_key()->set_kid(key.id);
      break;
    case RevocationKind::kApiKey:
      message->mutable_api_key()->set_id(key.id);
      break;
  }
}

// A YAML string in double quotes, which take any text without control characters.
std::string QuotedYaml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string KeyYaml(const Revocation& revocation) {
  const std::string issuer = absl::StrCat("issuer: ", QuotedYaml(revocation.key.issuer), ", ");
  const std::string id = QuotedYaml(revocation.key.id);
  switch (revocation.key.kind) {
    case RevocationKind::kToken:
      return absl::StrCat("token: {", issuer, "jti: ", id, "}");
    case RevocationKind::kSubject:
      return absl::StrCat("subject: {", issuer, "subject: ", id,
                          ", issued_before: ", FormatUtc(revocation.issued_before), "}");
    case RevocationKind::kCertificate:
      return absl::StrCat("certificate: {sha256: ", id, "}");
    case RevocationKind::kKey:
      return absl::StrCat("key: {", issuer, "kid: ", id, "}");
    case RevocationKind::kApiKey:
      break;
  }
  return absl::StrCat("api_key: {id: ", id, "}");
}

}  // namespace

std::string FormatUtc(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<Revocation> FromProto(const v1::Revocation& message, absl::Time now) {
  if (message.what_case() == What::WHAT_NOT_SET) {
    return absl::InvalidArgumentError(
        "says nothing of what is revoked: token, subject, certificate, key or api_key");
  }
  Revocation revocation = {.key = KeyOf(message), .reason = message.reason()};
  const auto read = [](bool present, const Timestamp& timestamp, std::string_view name,
                       absl::Time* time) {
    if (!present) return absl::OkStatus();
    absl::StatusOr<absl::Time> value = ReadTime(timestamp, name);
    if (value.ok()) *time = *value;
    return value.status();
  };
  for (const absl::Status& status :
       {read(message.has_revoked_at(), message.revoked_at(), "revoked_at", &revocation.revoked_at),
        read(message.has_expires_at(), message.expires_at(), "expires_at", &revocation.expires_at),
        read(message.subject().has_issued_before(), message.subject().issued_before(),
             "issued_before", &revocation.issued_before)}) {
    if (!status.ok()) return status;
  }
  return NormalRevocation(std::move(revocation), now);
}

v1::Revocation ToProto(const Revocation& revocation) {
  v1::Revocation message;
  SetKey(revocation.key, &message);
  message.set_reason(revocation.reason);
  WriteTime(revocation.revoked_at, message.mutable_revoked_at());
  if (revocation.expires_at != absl::InfiniteFuture()) {
    WriteTime(revocation.expires_at, message.mutable_expires_at());
  }
  if (revocation.key.kind == RevocationKind::kSubject) {
    WriteTime(revocation.issued_before, message.mutable_subject()->mutable_issued_before());
  }
  return message;
}

absl::StatusOr<std::vector<Revocation>> ParseRevocations(std::string_view yaml,
                                                         std::string_view file_name,
                                                         size_t max_entries, absl::Time now) {
  v1::Revocations messages;
  SourceMap places;
  const YamlBounds bounds = {.max_bytes = kMaxRevocationsYamlBytes, .max_values = 1'000'000};
  if (absl::Status status = LoadYaml(yaml, file_name, &messages, &places, bounds); !status.ok()) {
    return status;
  }
  ProblemList problems;
  std::vector<Revocation> revocations;
  const auto size = static_cast<size_t>(messages.revocations_size());
  if (size > max_entries) {
    problems.AddAt(places, "revocations",
                   absl::StrCat("has ", size, " entries; revocation.max_entries is ", max_entries));
  }
  for (size_t i = 0; i < std::min(size, max_entries); ++i) {
    absl::StatusOr<Revocation> read = FromProto(messages.revocations(static_cast<int>(i)), now);
    if (read.ok()) {
      revocations.push_back(*std::move(read));
    } else {
      problems.AddAt(
          places, ItemPath("revocations", i),
          std::string_view(read.status().message().data(), read.status().message().size()));
    }
  }
  if (!problems.empty()) return problems.ToStatus();
  return revocations;
}

std::string FormatRevocations(const std::vector<Revocation>& revocations) {
  if (revocations.empty()) return "revocations: []\n";
  std::string text = "revocations:\n";
  for (const Revocation& revocation : revocations) {
    absl::StrAppend(&text, "  - ", KeyYaml(revocation), "\n");
    if (!revocation.reason.empty()) {
      absl::StrAppend(&text, "    reason: ", QuotedYaml(revocation.reason), "\n");
    }
    absl::StrAppend(&text, "    revoked_at: ", FormatUtc(revocation.revoked_at), "\n");
    if (revocation.expires_at != absl::InfiniteFuture()) {
      absl::StrAppend(&text, "    expires_at: ", FormatUtc(revocation.expires_at), "\n");
    }
  }
  return text;
}

}  // namespace warden
