// The admin service: guarded by what its proto says, and in effect when it answers.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/revocation_admin.h"
#include "tests/e2e/admin_service_test.h"
#include "tests/e2e/counted.h"
#include "tests/e2e/eventually.h"
#include "warden/testing/v1/probe.grpc.pb.h"

namespace warden::testing {
namespace {

class RevocationAdminTest : public AdminServiceTest<RevocationAdmin, warden::v1::RevocationAdmin> {
 protected:
  void Start(const std::string& config = "") {
    Serve({{"revoker", "[warden.revocations.read, warden.revocations.write]"},
           {"reader", "[warden.revocations.read]"}},
          config, [&](const World& world) {
            if (!config.empty()) world.Write("revocations.yaml", "revocations: []\n");
          });
  }

  grpc::StatusCode Revoke(const warden::v1::Revocation& revocation,
                          const std::string& role = "revoker") {
    warden::v1::RevokeRequest request;
    *request.mutable_revocation() = revocation;
    return Call(&Stub::Revoke, request, &revoked_, role);
  }
  grpc::StatusCode Lift(const warden::v1::Revocation& revocation,
                        const std::string& role = "revoker") {
    warden::v1::LiftRequest request;
    *request.mutable_revocation() = revocation;
    warden::v1::LiftResponse response;
    return Call(&Stub::Lift, request, &response, role);
  }
  grpc::StatusCode List(const std::string& role = "reader") {
    listed_.Clear();
    return Call(&Stub::List, list_, &listed_, role);
  }

  static warden::v1::Revocation Token(const std::string& id) {
    warden::v1::Revocation revocation;
    revocation.mutable_token()->set_issuer(kIssuer);
    revocation.mutable_token()->set_jti(id);
    return revocation;
  }
  RawCall CallWithId(const std::string& id) const {
    return World::Call("Unary", world_->Token("alice", {"caller"},
                                              [&](nlohmann::json& claims) { claims["jti"] = id; }));
  }
  void ExpectRevoked(const std::string& id) {
    const Counted counted(*world_);
    counted.ExpectRefused("Unary", Perform(world_->channel(), CallWithId(id)),
                          BadCredentials("token_revoked"));
  }
  void ExpectAllowed(const std::string& id) {
    const Counted counted(*world_);
    counted.ExpectAllowed("Unary", Perform(world_->channel(), CallWithId(id)));
  }

  warden::v1::RevokeResponse revoked_;
  warden::v1::ListRequest list_;
  warden::v1::ListResponse listed_;
  testing::v1::ProbeReply reply_;
};

TEST_F(RevocationAdminTest, NeedsItsPermissions) {
  Start();
  for (const std::string role : {"", "caller", "reader", "admin"}) {
    const auto expected =
        role.empty() ? grpc::StatusCode::UNAUTHENTICATED : grpc::StatusCode::PERMISSION_DENIED;
    EXPECT_EQ(Revoke(Token("t"), role), expected);
    EXPECT_EQ(Lift(Token("t"), role), expected);
    if (role != "reader") {
      EXPECT_EQ(List(role), expected);
    }
  }
  EXPECT_EQ(List(), grpc::StatusCode::OK);
  EXPECT_EQ(listed_.revocations_size(), 0);
  ExpectAllowed("t");
}

TEST_F(RevocationAdminTest, TakesEffectAtOnce) {
  Start();
  ExpectAllowed("t");
  warden::v1::Revocation asked = Token("t");
  asked.set_reason("stolen");
  asked.mutable_revoked_at()->set_seconds(5);  // not for the caller to say
  ASSERT_EQ(Revoke(asked), grpc::StatusCode::OK);
  EXPECT_GT(revoked_.revocation().revoked_at().seconds(), 5);
  ExpectRevoked("t");
  ExpectAllowed("u");
  ASSERT_EQ(List(), grpc::StatusCode::OK);
  ASSERT_EQ(listed_.revocations_size(), 1);
  EXPECT_EQ(listed_.revocations(0).revocation().reason(), "stolen");
  EXPECT_EQ(listed_.revocations(0).source(), warden::v1::ListedRevocation::LOCAL);
  ASSERT_EQ(Lift(Token("t")), grpc::StatusCode::OK);
  ExpectAllowed("t");
  EXPECT_EQ(Lift(Token("t")), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RevocationAdminTest, EndsStreams) {
  Start();
  const auto probe = testing::v1::Probe::NewStub(world_->channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
  for (const auto& [name, value] : CallWithId("t").metadata) context.AddMetadata(name, value);
  const auto stream = probe->ClientStream(&context, &reply_);
  ASSERT_TRUE(stream->Write({}));
  ASSERT_TRUE(Eventually([&] { return world_->runs() == 1; }));
  ASSERT_EQ(Revoke(Token("t")), grpc::StatusCode::OK);
  while (stream->Write({})) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RevocationAdminTest, RefusesWhatMakesNoSense) {
  Start();
  EXPECT_EQ(Revoke({}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Revoke(Token("")), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Revoke(Token(std::string(513, 'a'))), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Revoke(Token("a\nb")), grpc::StatusCode::INVALID_ARGUMENT);
  warden::v1::Revocation over = Token("t");
  over.mutable_expires_at()->set_seconds(1'000'000'000);
  EXPECT_EQ(Revoke(over), grpc::StatusCode::INVALID_ARGUMENT);
  over.mutable_expires_at()->set_seconds(int64_t{1} << 62);
  EXPECT_EQ(Revoke(over), grpc::StatusCode::INVALID_ARGUMENT);
  warden::v1::Revocation fingerprint;
  fingerprint.mutable_certificate()->set_sha256("abc");
  EXPECT_EQ(Revoke(fingerprint), grpc::StatusCode::INVALID_ARGUMENT);
  list_.set_page_token("x");
  EXPECT_EQ(List(), grpc::StatusCode::INVALID_ARGUMENT);
  list_.set_page_token("");
  list_.set_page_size(1001);
  EXPECT_EQ(List(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(RevocationAdminTest, ListsInPages) {
  Start("revocation: {file: revocations.yaml, max_entries: 25}\n");
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(Revoke(Token(absl::StrCat("t", i))), grpc::StatusCode::OK);
  }
  EXPECT_EQ(Revoke(Token("more")), grpc::StatusCode::RESOURCE_EXHAUSTED);
  std::set<std::string> ids;
  list_.set_page_size(10);
  do {
    ASSERT_EQ(List(), grpc::StatusCode::OK);
    for (const auto& one : listed_.revocations()) ids.insert(one.revocation().token().jti());
    list_.set_page_token(listed_.next_page_token());
  } while (!listed_.next_page_token().empty());
  EXPECT_EQ(ids.size(), 25);
}

TEST_F(RevocationAdminTest, IsWrittenToTheFile) {
  Start("revocation: {file: revocations.yaml}\n");
  ASSERT_EQ(Revoke(Token("t")), grpc::StatusCode::OK);
  ExpectRevoked("t");
  const auto text = [this] {
    std::ifstream file(world_->folder() / "revocations.yaml");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_THAT(text(), ::testing::HasSubstr("jti: \"t\""));
  ASSERT_EQ(Lift(Token("t")), grpc::StatusCode::OK);
  EXPECT_EQ(text(), "revocations: []\n");
  ExpectAllowed("t");
}

// It names files, and is no mistake of the caller's.
TEST_F(RevocationAdminTest, WhatIsWrongWithTheFileIsNotTold) {
  Start("revocation: {file: revocations.yaml}\n");
  world_->Write("revocations.yaml", "revocations: [{nonsense: 1}]\n");
  EXPECT_EQ(Revoke(Token("t")), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Lift(Token("t")), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace warden::testing
