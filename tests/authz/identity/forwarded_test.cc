#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "authz/identity/forwarded_header.h"
#include "authz/identity/peer_cache.h"
#include "tests/support/certificates.h"

namespace warden {
namespace {

using testing::CertificateAuthority;
using testing::CertificateSpec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

ForwardedCertificate Parse(const std::string& header) {
  auto parsed = ParseForwardedHeader(header);
  EXPECT_TRUE(parsed.ok()) << parsed.status() << " in " << header;
  return parsed.ok() ? *std::move(parsed) : ForwardedCertificate{};
}

std::string UrlEncode(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      encoded.push_back(c);
    } else {
      absl::StrAppend(&encoded, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return encoded;
}

TEST(ForwardedHeaderTest, ReadsEnvoysExamples) {
  const ForwardedCertificate one = Parse("By=http://frontend.lyft.com;Hash=" + kHash +
                                         ";Subject=\"/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test "
                                         "Client\";URI=http://testclient.lyft.com");
  EXPECT_EQ(one.sha256, kHash);
  EXPECT_THAT(one.uris, ElementsAre("http://testclient.lyft.com"));
  const ForwardedCertificate two = Parse(
      "By=http://frontend.lyft.com;Hash=" + kOther +
      ";URI=http://testclient.lyft.com,By=http://"
      "backend.lyft.com;Hash=" +
      kHash + ";Subject=\"/CN=x\";URI=http://frontend.lyft.com;DNS=lyft.com;DNS=www.lyft.com");
  EXPECT_EQ(two.sha256, kHash);
  EXPECT_THAT(two.uris, ElementsAre("http://frontend.lyft.com"));
  EXPECT_THAT(two.dns_names, ElementsAre("lyft.com", "www.lyft.com"));
}

TEST(ForwardedHeaderTest, TheLastElementCounts) {
  EXPECT_EQ(Parse("Hash=" + kOther + ";URI=spiffe://a/admin , Hash=" + kHash).sha256, kHash);
  EXPECT_THAT(Parse("Hash=" + kOther + ";URI=spiffe://a/admin,Hash=" + kHash).uris, IsEmpty());
}

TEST(ForwardedHeaderTest, QuotedTextIsNoStructure) {
  const ForwardedCertificate parsed = Parse("Hash=" + kHash + ";Subject=\"CN=x,Hash=" + kOther +
                                            ";URI=spiffe://a/admin\\\",Hash=y\"");
  EXPECT_EQ(parsed.sha256, kHash);
  EXPECT_THAT(parsed.uris, IsEmpty());
  EXPECT_THAT(Parse("Hash=" + kHash + ";URI=\"https://x/?a=b;c,d\\\"e\"").uris,
              ElementsAre("https://x/?a=b;c,d\"e"));
}

TEST(ForwardedHeaderTest, KeysHaveNoCaseAndValuesMayBeEmpty) {
  const ForwardedCertificate parsed =
      Parse("by=;HASH=" + std::string(64, 'A') + ";Subject=\"\";uri=;dns=");
  EXPECT_EQ(parsed.sha256, kHash);
  EXPECT_THAT(parsed.uris, IsEmpty());
  EXPECT_THAT(parsed.dns_names, IsEmpty());
}

TEST(ForwardedHeaderTest, MalformedHeadersAreRefused) {
  const std::string good = "Hash=" + kHash;
  for (const std::string& bad : std::vector<std::string>{"",
                                                         ",",
                                                         ";",
                                                         "=",
                                                         "x",
                                                         "Hash",
                                                         "Hash=",
                                                         "Hash=" + kHash.substr(1),
                                                         "Hash=" + kHash + "a",
                                                         "Hash=" + std::string(64, 'g'),
                                                         "Hash=\"" + kHash,
                                                         "Hash=\"" + kHash + "\"x",
                                                         "Hash=x\"" + kHash,
                                                         good + ";",
                                                         good + ",",
                                                         "," + good,
                                                         ";" + good,
                                                         good + ";;" + good,
                                                         good + ";" + good,
                                                         good + ";Hash=" + kOther,
                                                         good + ";Cert=",
                                                         good + ";Cert=%",
                                                         good + ";Cert=%2",
                                                         good + ";Cert=%zz",
                                                         good + ";Cert=a;Cert=a",
                                                         good + ";Chain=a;Chain=a",
                                                         good + ";Subject=\"a\";Subject=\"a\"",
                                                         good + ";Foo=bar",
                                                         good + ";URI=a=b",
                                                         good + ";URI=a\"b",
                                                         good + ";Subject=\"a\\\"",
                                                         good + " ;URI=a",
                                                         good + "; URI=a",
                                                         "URI=spiffe://a/x",
                                                         "By=spiffe://a/proxy",
                                                         good + ",URI=spiffe://a/x",
                                                         "URI=spiffe://a/x," + good,
                                                         good + ";URI=a\nb",
                                                         good + ";URI=a\x01",
                                                         good + ";URI=\xff",
                                                         good + ";Subject=\"\x7f\"",
                                                         good + std::string("\0", 1)}) {
    EXPECT_FALSE(ParseForwardedHeader(bad).ok()) << bad;
  }
}

TEST(ForwardedHeaderTest, SizeAndNumberAreBounded) {
  std::string many = "Hash=" + kHash;
  while (many.size() < 12 * 1024) many += ";DNS=a";
  EXPECT_FALSE(ParseForwardedHeader(many).ok());
  std::string large = "Hash=" + kHash + ";Subject=\"";
  large.append(kMaxForwardedBytes - large.size() - 1, 'x').append("\"");
  EXPECT_TRUE(ParseForwardedHeader(large).ok());
  EXPECT_FALSE(ParseForwardedHeader(large + " ").ok());
}

TEST(ForwardedHeaderTest, ErrorsDoNotRepeatTheHeader) {
  const auto error = ParseForwardedHeader("Secret=value");
  EXPECT_THAT(std::string(error.status().message()), Not(HasSubstr("ecret")));
}

class ForwardedPeerTest : public ::testing::Test {
 protected:
  ForwardedPeerTest() {
    IdentityOptions options;
    options.trust_domains = {"a"};
    options.allowed_spiffe_ids.push_back(*SpiffePattern::Parse("spiffe://a/web/*"));
    options.proxies.push_back(*SpiffePattern::Parse("spiffe://a/proxy"));
    cache_ = std::make_unique<PeerCache>(*IdentityVerifier::Create(std::move(options)), 64);
    proxy_ = cache_->Verify(Issue("spiffe://a/proxy"), absl::Now()).proxy;
  }

  std::string Issue(const std::string& uri) const {
    CertificateSpec spec;
    spec.uri_sans = {uri};
    return authority_.Issue(spec).certificate_pem;
  }
  IdentityVerifier::Result Verify(const std::string& header) {
    return cache_->VerifyForwarded(header, proxy_, absl::Now());
  }
  void ExpectRefused(const std::string& header, IdentityRefusal refusal) {
    const auto result = Verify(header);
    EXPECT_EQ(ToString(result.refusal), ToString(refusal)) << result.detail << " of " << header;
    EXPECT_FALSE(result.ok());
  }

  const CertificateAuthority authority_;
  std::unique_ptr<PeerCache> cache_;
  std::shared_ptr<const Peer> proxy_;
};

TEST_F(ForwardedPeerTest, ThePeerSaysWhoForwardedIt) {
  const auto result = Verify("By=spiffe://a/proxy;Hash=" + kHash + ";URI=spiffe://a/web/1;DNS=web");
  ASSERT_TRUE(result.ok()) << result.detail;
  EXPECT_EQ(result.peer->spiffe_id, "spiffe://a/web/1");
  EXPECT_EQ(result.peer->trust_domain, "a");
  EXPECT_EQ(result.peer->certificate_sha256, kHash);
  EXPECT_THAT(result.peer->dns_sans, ElementsAre("web"));
  EXPECT_TRUE(result.peer->has_certificate());
  ASSERT_NE(result.peer->forwarded_by, nullptr);
  EXPECT_EQ(result.peer->forwarded_by->spiffe_id, "spiffe://a/proxy");
  EXPECT_EQ(result.proxy, nullptr);
  // The same again is the same peer.
  EXPECT_EQ(Verify("By=spiffe://a/proxy;Hash=" + kHash + ";URI=spiffe://a/web/1;DNS=web").peer,
            result.peer);
}

TEST_F(ForwardedPeerTest, TheRulesAreThoseOfEveryPeer) {
  ExpectRefused("Hash=" + kHash + ";URI=spiffe://b/web/1", IdentityRefusal::kTrustDomain);
  ExpectRefused("Hash=" + kHash + ";URI=spiffe://a/other", IdentityRefusal::kNotAllowed);
  ExpectRefused("Hash=" + kHash + ";URI=spiffe://a/proxy", IdentityRefusal::kNotAllowed);
  ExpectRefused("Hash=" + kHash + ";URI=spiffe://a/web/../x", IdentityRefusal::kBadSpiffeId);
  ExpectRefused("Hash=" + kHash + ";URI=spiffe://a/web/1;URI=spiffe://a/web/2",
                IdentityRefusal::kMultipleUriSans);
  ExpectRefused("Hash=" + kHash + ";DNS=web", IdentityRefusal::kNoSpiffeId);
  ExpectRefused("Hash=" + kHash, IdentityRefusal::kNoSpiffeId);
  ExpectRefused("Hash=" + kHash + ";URI=\"spiffe://a/web/1 \"", IdentityRefusal::kForwardedInvalid);
}

TEST_F(ForwardedPeerTest, AForwardedCertificateIsReadAndMustAgree) {
  const std::string pem = Issue("spiffe://a/web/7");
  const std::string hash = Fingerprint(ParseLeaf(pem).get());
  const std::string cert = "Cert=\"" + UrlEncode(pem) + "\"";
  const auto result = Verify("Hash=" + hash + ";" + cert);
  ASSERT_TRUE(result.ok()) << result.detail;
  EXPECT_EQ(result.peer->spiffe_id, "spiffe://a/web/7");
  EXPECT_EQ(result.peer->certificate_sha256, hash);
  EXPECT_EQ(Verify(cert).peer->certificate_sha256, hash);
  EXPECT_TRUE(Verify(cert + ";URI=spiffe://a/web/7").ok());
  ExpectRefused("Hash=" + kHash + ";" + cert, IdentityRefusal::kForwardedInvalid);
  ExpectRefused(cert + ";URI=spiffe://a/web/8", IdentityRefusal::kForwardedInvalid);
  ExpectRefused(cert + ";DNS=web", IdentityRefusal::kForwardedInvalid);
  ExpectRefused("Cert=\"" + UrlEncode("not PEM") + "\"", IdentityRefusal::kUnreadable);
  ExpectRefused("Cert=\"" + UrlEncode(authority_.certificate_pem()) + "\"",
                IdentityRefusal::kNotALeaf);
}

TEST_F(ForwardedPeerTest, AForwardedCertificatesTimeIsJudgedAnew) {
  CertificateSpec spec;
  spec.uri_sans = {"spiffe://a/web/1"};
  const std::string header = "Cert=\"" + UrlEncode(authority_.Issue(spec).certificate_pem) + "\"";
  EXPECT_TRUE(cache_->VerifyForwarded(header, proxy_, absl::Now()).ok());
  const auto later = cache_->VerifyForwarded(header, proxy_, spec.not_after + absl::Seconds(2));
  EXPECT_EQ(ToString(later.refusal), "expired");
}

TEST_F(ForwardedPeerTest, AProxysWordIsNotAnothers) {
  const std::string header = "Hash=" + kHash + ";URI=spiffe://a/web/1";
  const auto other = cache_->Verify(Issue("spiffe://a/proxy"), absl::Now()).proxy;
  ASSERT_NE(other->certificate_sha256, proxy_->certificate_sha256);
  const auto first = Verify(header);
  const auto second = cache_->VerifyForwarded(header, other, absl::Now());
  EXPECT_NE(first.peer, second.peer);
  EXPECT_EQ(second.peer->forwarded_by, other);
}

}  // namespace
}  // namespace warden
