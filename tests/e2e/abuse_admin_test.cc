// Blocks by an admin's hand: guarded by what the service's proto says, and in effect when it
// answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "interceptors/grpc/block_admin.h"
#include "tests/e2e/admin_service_test.h"

namespace warden::testing {
namespace {

class BlockAdminTest : public AdminServiceTest<BlockAdmin, warden::v1::BlockAdmin> {
 protected:
  void Start(const std::string& config = "abuse: {}\n") {
    Serve({{"operator", "[warden.blocks.manage]"}}, config, [](const World& world) {
      world.Write("blocks.yaml", "blocks:\n  - address: 192.0.2.0/24\n    by: file\n");
    });
  }

  grpc::StatusCode Block(const warden::v1::Block& block, const std::string& role = "operator") {
    warden::v1::BlockRequest request;
    *request.mutable_block() = block;
    return Call(&Stub::Block, request, &blocked_, role);
  }
  grpc::StatusCode Lift(const warden::v1::Block& block, const std::string& role = "operator") {
    warden::v1::LiftBlockRequest request;
    *request.mutable_block() = block;
    warden::v1::LiftBlockResponse response;
    return Call(&Stub::Lift, request, &response, role);
  }
  grpc::StatusCode List(const std::string& role = "operator") {
    listed_.Clear();
    return Call(&Stub::ListBlocks, list_, &listed_, role);
  }
  // All pages.
  std::vector<warden::v1::ListedBlock> All() {
    std::vector<warden::v1::ListedBlock> all;
    list_.clear_page_token();
    do {
      EXPECT_EQ(List(), grpc::StatusCode::OK);
      all.insert(all.end(), listed_.blocks().begin(), listed_.blocks().end());
      list_.set_page_token(listed_.next_page_token());
    } while (!list_.page_token().empty());
    return all;
  }

  static warden::v1::Block Peer(const std::string& name) {
    warden::v1::Block block;
    block.set_peer("spiffe://probe.test/" + name);
    return block;
  }
  Answer Send(const std::string& peer) const {
    const Certificate identity = world_->Identity("spiffe://probe.test/" + peer);
    return Perform(world_->Connect(&identity),
                   World::Call("Unary", world_->Token("alice", {"caller"})));
  }
  void ExpectBlocked(const std::string& peer) {
    const int runs = world_->runs();
    EXPECT_EQ(Send(peer).code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(world_->runs(), runs);
  }

  warden::v1::BlockResponse blocked_;
  warden::v1::ListBlocksRequest list_;
  warden::v1::ListBlocksResponse listed_;
};

TEST_F(BlockAdminTest, NeedsItsPermission) {
  Start();
  for (const char* role : {"", "caller"}) {
    const auto expected =
        *role == '\0' ? grpc::StatusCode::UNAUTHENTICATED : grpc::StatusCode::PERMISSION_DENIED;
    EXPECT_EQ(Block(Peer("bad"), role), expected);
    EXPECT_EQ(Lift(Peer("bad"), role), expected);
    EXPECT_EQ(List(role), expected);
  }
  EXPECT_TRUE(Send("bad").ok());
}

TEST_F(BlockAdminTest, TakesEffectAtOnce) {
  Start();
  EXPECT_TRUE(Send("bad").ok());
  warden::v1::Block asked = Peer("bad");
  asked.set_reason("reported");
  asked.set_by("somebody else");            // not for the caller to say
  asked.mutable_made_at()->set_seconds(5);  // likewise
  ASSERT_EQ(Block(asked), grpc::StatusCode::OK);
  EXPECT_EQ(blocked_.block().by(), "root");
  EXPECT_GT(blocked_.block().made_at().seconds(), 5);
  ExpectBlocked("bad");
  EXPECT_TRUE(Send("good").ok());
  const auto all = All();
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(all[0].block().reason(), "reported");
  EXPECT_EQ(all[0].source(), warden::v1::ListedBlock::LOCAL);
  ASSERT_EQ(Lift(Peer("bad")), grpc::StatusCode::OK);
  EXPECT_TRUE(Send("bad").ok());
  EXPECT_EQ(Lift(Peer("bad")), grpc::StatusCode::NOT_FOUND);
}

TEST_F(BlockAdminTest, LiftsPenaltiesAndForgetsTheFailures) {
  Start("abuse: {delay_after: 3, block_after: 3, exempt_addresses: [127.0.0.0/8]}\n");
  const Certificate identity = world_->Identity("spiffe://probe.test/bad");
  const auto channel = world_->Connect(&identity);
  const auto fail = [&] { return Perform(channel, World::Call("Unary", "a.b.c")).code; };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(fail(), grpc::StatusCode::UNAUTHENTICATED);
  ExpectBlocked("bad");
  const auto all = All();
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(all[0].block().by(), "warden");
  ASSERT_EQ(Lift(Peer("bad")), grpc::StatusCode::OK);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(fail(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Send("bad").ok());
}

TEST_F(BlockAdminTest, WhatStandsInTheFileStaysThere) {
  Start("abuse: {block_file: blocks.yaml}\n");
  warden::v1::Block block;
  block.set_address("192.0.2.0/24");
  EXPECT_EQ(Lift(block), grpc::StatusCode::FAILED_PRECONDITION);
  const auto all = All();
  ASSERT_EQ(all.size(), 1);
  EXPECT_EQ(all[0].source(), warden::v1::ListedBlock::FILE);
  EXPECT_EQ(all[0].block().by(), "file");
}

TEST_F(BlockAdminTest, RefusesWhatMakesNoSense) {
  Start();
  EXPECT_EQ(Block({}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Block(Peer("")), grpc::StatusCode::INVALID_ARGUMENT);
  warden::v1::Block block;
  block.set_address("10.0.0.1/8");
  EXPECT_EQ(Block(block), grpc::StatusCode::INVALID_ARGUMENT);
  block.mutable_principal()->set_subject("a\nb");
  EXPECT_EQ(Block(block), grpc::StatusCode::INVALID_ARGUMENT);
  block = Peer("bad");
  block.mutable_until()->set_seconds(1'000'000'000);
  EXPECT_EQ(Block(block), grpc::StatusCode::INVALID_ARGUMENT);
  list_.set_page_token("x");
  EXPECT_EQ(List(), grpc::StatusCode::INVALID_ARGUMENT);
  list_.set_page_token("");
  list_.set_page_size(1001);
  EXPECT_EQ(List(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(BlockAdminTest, ListsInPages) {
  Start("abuse: {block_file: blocks.yaml, max_entries: 25}\n");
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(Block(Peer(absl::StrCat("p", i))), grpc::StatusCode::OK);
  }
  EXPECT_EQ(Block(Peer("more")), grpc::StatusCode::RESOURCE_EXHAUSTED);
  list_.set_page_size(10);
  std::set<std::string> seen;
  for (const auto& one : All()) seen.insert(one.block().ShortDebugString());
  EXPECT_EQ(seen.size(), 26);
}

TEST_F(BlockAdminTest, SaysSoWhereNothingIsConfigured) {
  Start("");
  EXPECT_EQ(Block(Peer("bad")), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Lift(Peer("bad")), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(List(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(Send("bad").ok());
}

}  // namespace
}  // namespace warden::testing
