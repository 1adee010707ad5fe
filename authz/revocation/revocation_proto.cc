#include "authz/revocation/revocation_proto.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "authz/config/proto_time.h"
#include "authz/config/yaml_list.h"

namespace warden {
namespace {

using What = v1::Revocation::WhatCase;

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

absl::StatusOr<Revocation> FromProto(const v1::Revocation& message, absl::Time now) {
  if (message.what_case() == What::WHAT_NOT_SET) {
    return absl::InvalidArgumentError(
        "says nothing of what is revoked: token, subject, certificate, key or api_key");
  }
  Revocation revocation = {.key = KeyOf(message), .reason = message.reason()};
  for (const absl::Status& status :
       {ReadProtoTime(message.has_revoked_at(), message.revoked_at(), "revoked_at",
                      &revocation.revoked_at),
        ReadProtoTime(message.has_expires_at(), message.expires_at(), "expires_at",
                      &revocation.expires_at),
        ReadProtoTime(message.subject().has_issued_before(), message.subject().issued_before(),
                      "issued_before", &revocation.issued_before)}) {
    if (!status.ok()) return status;
  }
  return NormalRevocation(std::move(revocation), now);
}

v1::Revocation ToProto(const Revocation& revocation) {
  v1::Revocation message;
  SetKey(revocation.key, &message);
  message.set_reason(revocation.reason);
  WriteProtoTime(revocation.revoked_at, message.mutable_revoked_at());
  if (revocation.expires_at != absl::InfiniteFuture()) {
    WriteProtoTime(revocation.expires_at, message.mutable_expires_at());
  }
  if (revocation.key.kind == RevocationKind::kSubject) {
    WriteProtoTime(revocation.issued_before, message.mutable_subject()->mutable_issued_before());
  }
  return message;
}

absl::StatusOr<std::vector<Revocation>> ParseRevocations(std::string_view yaml,
                                                         std::string_view file_name,
                                                         size_t max_entries, absl::Time now) {
  return ReadYamlList<Revocation>(
      yaml, file_name, "revocations", &v1::Revocations::revocations,
      {.max_bytes = kMaxRevocationsYamlBytes,
       .max_entries = max_entries,
       .setting = "revocation.max_entries"},
      [now](const v1::Revocation& message) { return FromProto(message, now); });
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
