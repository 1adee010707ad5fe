// Identity in x-forwarded-client-cert: from proxies it counts, from anybody else it does nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/counted.h"
#include "tests/e2e/suite_world.h"

namespace warden::testing {
namespace {

const std::string kHash = ";Hash=" + std::string(64, 'a');
const std::string kAuditor =
    "By=spiffe://probe.test/proxy" + kHash + ";URI=spiffe://probe.test/auditor";
const std::string kClient =
    "By=spiffe://probe.test/proxy" + kHash + ";URI=spiffe://probe.test/client";

WorldOptions WithProxy(const std::string& more) {
  const std::string domain = "  trust_domains: [probe.test]\n";
  return {
      .edit_config = {
          {domain, domain + "  forwarded:\n    proxies: ['spiffe://probe.test/proxy']\n" + more}}};
}

class ForwardedTest : public SuiteWorld<ForwardedTest> {
 public:
  static WorldOptions Options() {
    return WithProxy(
        "  allowed_spiffe_ids: ['spiffe://probe.test/auditor', "
        "'spiffe://probe.test/client', 'spiffe://probe.test/legacy/*']\n");
  }

 protected:
  static std::shared_ptr<grpc::Channel> As(const std::string& path) {
    const Certificate identity = world().Identity("spiffe://probe.test/" + path);
    return world().Connect(&identity);
  }
  static RawCall With(const std::string& method, const std::vector<std::string>& headers) {
    RawCall call = World::Call(method, "");
    for (const std::string& header : headers) {
      call.metadata.emplace_back("x-forwarded-client-cert", header);
    }
    return call;
  }
};

TEST_P(ForwardedTest, AProxysClientIsThePeer) {
  const auto proxy = As("proxy");
  const Counted first(world());
  first.ExpectAllowed("AnyOf", Perform(proxy, With("AnyOf", {kAuditor})));
  // The next call of the same connection is another's.
  const Counted second(world());
  second.ExpectRefused("AnyOf", Perform(proxy, With("AnyOf", {kClient})), kNoCredentials);
  const Counted third(world());
  third.ExpectAllowed("AnyOf", Perform(proxy, With("AnyOf", {kClient + "," + kAuditor})));
}

TEST_P(ForwardedTest, OnlyTheNearestElementCounts) {
  const Counted before(world());
  before.ExpectRefused("AnyOf", Perform(As("proxy"), With("AnyOf", {kAuditor + "," + kClient})),
                       kNoCredentials);
}

TEST_P(ForwardedTest, FromOthersItHasNoEffect) {
  for (const std::string& header : {kAuditor, std::string("garbage"), std::string()}) {
    SCOPED_TRACE(header);
    const auto client = As("client");
    const Counted first(world());
    first.ExpectRefused("AnyOf", Perform(client, With("AnyOf", {header})), kNoCredentials);
    const Counted second(world());
    second.ExpectAllowed("Authenticated", Perform(client, With("Authenticated", {header, header})));
    // Nor does it take anything away.
    const Counted third(world());
    third.ExpectAllowed("AnyOf", Perform(As("auditor"), With("AnyOf", {header})));
  }
  for (const char* nearly : {"proxy2", "proxy/x", "legacy/proxy"}) {
    SCOPED_TRACE(nearly);
    const Answer answer = Perform(As(nearly), With("AnyOf", {kAuditor}));
    EXPECT_FALSE(answer.ok());
  }
}

TEST_P(ForwardedTest, MalformedHeadersAreRefused) {
  const auto proxy = As("proxy");
  for (const std::vector<std::string>& headers : std::vector<std::vector<std::string>>{
           {""},
           {"garbage"},
           {"URI=spiffe://probe.test/auditor"},
           {kAuditor + ";"},
           {kAuditor + ";Hash=x"},
           {kAuditor + ";Subject=\"x"},
           {kAuditor, kAuditor},
           {kAuditor + ",x"},
           {"x," + kAuditor},
           {kAuditor + ";URI=spiffe://probe.test/client"},
           {"By=x" + kHash + ";URI=spiffe://probe.test/../auditor"},
           {"By=x" + kHash + ";Cert=\"x\""},
           {"By=x;Hash=" + std::string(64, 'g') + ";URI=spiffe://probe.test/auditor"}}) {
    for (const std::string method :
         {"AnyOf", "Unary", "ServerStream", "ClientStream", "BidiStream"}) {
      SCOPED_TRACE(headers.front() + " to " + method);
      const Counted before(world());
      before.ExpectRefused(method, Perform(proxy, With(method, headers)),
                           BadPeer("forwarded_identity_invalid"));
    }
  }
}

TEST_P(ForwardedTest, TheRulesCountForForwardedPeers) {
  const auto proxy = As("proxy");
  for (const char* uri : {"spiffe://other.test/auditor", "spiffe://probe.test/stranger",
                          "spiffe://probe.test/proxy", "https://probe.test/auditor"}) {
    SCOPED_TRACE(uri);
    const Counted before(world());
    before.ExpectRefused("AnyOf", Perform(proxy, With("AnyOf", {"By=x" + kHash + ";URI=" + uri})),
                         BadPeer("peer_not_trusted"));
  }
}

TEST_P(ForwardedTest, WithoutAHeaderAProxyIsItself) {
  // It is not among the allowed names.
  const Counted before(world());
  before.ExpectRefused("Public", Perform(As("proxy"), With("Public", {})),
                       BadPeer("peer_not_trusted"));
}

INSTANTIATE_TEST_SUITE_P(Apis, ForwardedTest, ::testing::Values(Api::kSync, Api::kCallback),
                         ApiName);

TEST(ForwardedRequiredTest, AProxyMustSayWhomItSpeaksFor) {
  World world(WithProxy("    required: true\n"));
  ASSERT_TRUE(world.Start().ok());
  const Certificate identity = world.Identity("spiffe://probe.test/proxy");
  const auto proxy = world.Connect(&identity);
  const Counted first(world);
  first.ExpectRefused("Public", Perform(proxy, World::Call("Public", "")),
                      BadPeer("forwarded_identity_invalid"));
  RawCall call = World::Call("Public", "");
  call.metadata.emplace_back("x-forwarded-client-cert", kClient);
  const Counted second(world);
  second.ExpectAllowed("Public", Perform(proxy, call));
  const Counted third(world);
  third.ExpectAllowed("Public", Perform(world.channel(), World::Call("Public", "")));
}

TEST(ForwardedOffTest, WithoutProxiesTheHeaderDoesNothing) {
  World world;
  ASSERT_TRUE(world.Start().ok());
  const Certificate identity = world.Identity("spiffe://probe.test/proxy");
  RawCall call = World::Call("AnyOf", "");
  call.metadata.emplace_back("x-forwarded-client-cert", kAuditor);
  const Counted before(world);
  before.ExpectRefused("AnyOf", Perform(world.Connect(&identity), call), kNoCredentials);
}

}  // namespace
}  // namespace warden::testing
