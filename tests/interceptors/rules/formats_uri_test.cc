// Near-misses of URIs and references, among them the examples of RFC 3986.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "interceptors/rules/formats.h"

namespace warden::rules {
namespace {

using std::string;

TEST(UriTest, TakesUris) {
  const std::vector<string> uris = {
      // RFC 3986 section 1.1.2
      "ftp://ftp.is.co.za/rfc/rfc1808.txt", "http://www.ietf.org/rfc/rfc2396.txt",
      "ldap://[2001:db8::7]/c=GB?objectClass?one", "mailto:John.Doe@example.com",
      "news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212", "telnet://192.0.2.16:80/",
      "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
      // parts that may be empty
      "a:", "a://", "a:///", "a:?", "a:#", "a:?#", "http://h:", "http://@h", "http://:@h",
      // parts
      "https://u:p@h:8080/p/a;x=1/../b?q=1&r=/?#f/?", "a+b-c.d:x", "x:/a//b", "http://h?q",
      "http://h#f", "http://%61", "http://h%C3%A9", "http://[::1]", "http://[::1%25eth0]/",
      "http://[::1%25%C3%A9]", "http://[v1.x:y]", "http://[vA9.!]/", "http://999.999.999.999/",
      "http://a_b~c/", "x:%00", "http://h:99999999"};
  for (const string& uri : uris) {
    EXPECT_TRUE(IsUri(uri)) << uri;
    EXPECT_TRUE(IsUriRef(uri)) << uri;
  }
}

TEST(UriTest, RefusesNearMisses) {
  const std::vector<string> no = {"1a:x",
                                  "+a:x",
                                  ":x",
                                  "a b:x",
                                  "http://h h",
                                  "http://h/a b",
                                  "http://h/%",
                                  "http://h/%4",
                                  "http://h/%4g",
                                  "http://h/<x>",
                                  "http://h/{x}",
                                  "http://h/a\"b",
                                  "http://h/a\\b",
                                  "http://h/a^b",
                                  "http://h/a`b",
                                  "http://h/a|b",
                                  "http://h/[",
                                  "http://h?[",
                                  "http://h#a#b",
                                  "http://h#[",
                                  "http://h:8o",
                                  "http://h:-1",
                                  "http://u@v@h",
                                  "http://[::1",
                                  "http://::1]",
                                  "http://[::1]x",
                                  "http://[::1]:x",
                                  "http://[1.2.3.4]",
                                  "http://[::1%eth0]",
                                  "http://[::1%25]",
                                  "http://[::1%2]",
                                  "http://[::1%25%]",
                                  "http://[v.x]",
                                  "http://[v1.]",
                                  "http://[v1x]",
                                  "http://[vg.x]",
                                  "http://[::g]",
                                  "http://h%C3",
                                  "http://h%C3%28",
                                  "http://%FF",
                                  "http://h%C3x%A9",
                                  "http://[]",
                                  "http://h/\xc3\xa9",
                                  "http://\xc3\xa9",
                                  "http://h/\n",
                                  " http://h",
                                  "http://h ",
                                  string("http://h/\0", 10),
                                  "http://[::1%25%FF]",
                                  "http://[::1%25a!]"};
  for (const string& uri : no) EXPECT_FALSE(IsUri(uri)) << uri;
  for (const string& uri : no) EXPECT_FALSE(IsUriRef(uri)) << uri;
}

TEST(UriTest, RelativeReferencesAreNoUris) {
  const std::vector<string> relative = {
      "",      ".",    "./foo/bar?query", "../g",          "g",     "/",
      "/a//b", "//h",  "//h/p",           "//u@h:1/p?q#f", "?",     "?y",
      "#",     "#s",   "g;x=1/../y",      "./a:b",         "a/b:c", "%41",
      "//",    "///x", "a?b:c",           "a#b:c",         "@",     "*"};
  for (const string& ref : relative) {
    EXPECT_FALSE(IsUri(ref)) << ref;
    EXPECT_TRUE(IsUriRef(ref)) << ref;
  }
  for (const char* ref : {":", "1a:b", "a b", "//h:x", "//[::1", "\\a", "a%2", "^"}) {
    EXPECT_FALSE(IsUriRef(ref)) << ref;
  }
}

}  // namespace
}  // namespace warden::rules
