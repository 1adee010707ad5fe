#include "tests/interceptors/leaks/corpus.h"

#include <random>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace warden::testing {
namespace {

constexpr std::string_view kAlnum =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kUpper32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kHex = "0123456789abcdef";

// The same in every run.
std::string Random(size_t length, std::string_view letters = kAlnum) {
  static auto* const random = new std::mt19937(7);
  std::string text;
  for (size_t i = 0; i < length; ++i) text.push_back(letters[(*random)() % letters.size()]);
  return text;
}

std::string Base64Url(const std::string& bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string Jwt(const std::string& header) {
  return absl::StrCat(Base64Url(header), ".", Base64Url(R"({"sub":"alice","exp":1900000000})"), ".",
                      Random(43));
}

std::string Pem(const std::string& kind) {
  return absl::StrCat("-----BEGIN ", kind, "-----\n", Random(64), "\n", Random(40), "\n-----END ",
                      kind, "-----\n");
}

void Add(Leak leak, std::vector<std::string> texts, std::vector<LeakyText>* out) {
  for (std::string& text : texts) out->push_back({leak, std::move(text)});
}

void AddSecrets(std::vector<LeakyText>* out) {
  Add(Leak::kPrivateKey,
      {Pem("PRIVATE KEY"), Pem("RSA PRIVATE KEY"), Pem("EC PRIVATE KEY"), Pem("DSA PRIVATE KEY"),
       Pem("ENCRYPTED PRIVATE KEY"), Pem("OPENSSH PRIVATE KEY"), Pem("PGP PRIVATE KEY BLOCK"),
       "{\"key\": \"" + absl::CEscape(Pem("PRIVATE KEY")) + "\"}",
       "cannot parse: " + Pem("RSA PRIVATE KEY"),
       "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
       "AGE-SECRET-KEY-1" + Random(58, kUpper32)},
      out);
  Add(Leak::kJwt,
      {Jwt(R"({"alg":"RS256","typ":"JWT"})"), Jwt(R"({"typ":"JWT","alg":"HS256"})"),
       Jwt(R"({"kid":"1","alg":"ES256"})"), "token=" + Jwt(R"({"alg":"EdDSA"})") + ";",
       absl::StrCat(Base64Url(R"({"alg":"RSA-OAEP","enc":"A256GCM"})"), ".", Random(40), ".",
                    Random(16), ".", Random(30), ".", Random(22)),
       absl::StrCat(Base64Url(R"({"alg":"dir","enc":"A256GCM"})"), "..", Random(16), ".",
                    Random(30), ".", Random(22))},
      out);
  Add(Leak::kPasswordHash,
      {absl::StrCat("$argon2id$v=19$m=65536,t=3,p=4$", Random(22), "$", Random(43)),
       absl::StrCat("$argon2i$m=4096,t=3,p=1$", Random(22), "$", Random(43)),
       absl::StrCat("$2b$12$", Random(53)), absl::StrCat("hash: $2y$10$", Random(53), "\n"),
       absl::StrCat("$scrypt$ln=16,r=8,p=1$", Random(22), "$", Random(43)),
       absl::StrCat("root:$6$", Random(16), "$", Random(86), ":19000:0:99999:7:::"),
       absl::StrCat("$5$rounds=5000$", Random(16), "$", Random(43)),
       absl::StrCat("$y$j9T$", Random(22), "$", Random(43)),
       absl::StrCat("$1$", Random(8), "$", Random(22)),
       absl::StrCat("pbkdf2_sha256$600000$", Random(22), "$", Random(43), "="),
       absl::StrCat("{SSHA}", Random(38), "==")},
      out);
  Add(Leak::kConnectionString,
      {"postgres://shop:" + Random(12) + "@db.internal:5432/orders",
       "could not connect to mysql://root:" + Random(8) + "@10.0.0.3/shop",
       "redis://:" + Random(16) + "@cache:6379/0", "amqp://guest:" + Random(8) + "@mq:5672",
       "https://ci:" + Random(20) + "@git.example/x.git",
       "mongodb+srv://app:" + Random(12) + "@cluster0.example.net/?retryWrites=true",
       "Server=tcp:db.example,1433;Database=shop;User ID=sa;Password=" + Random(12) + ";",
       "host=db user=shop password=" + Random(12) + " dbname=orders"},
      out);
}

void AddTokens(std::vector<LeakyText>* out) {
  Add(Leak::kAccessToken,
      {"gh"
       "p_" +
           Random(36),
       "gh"
       "o_" +
           Random(36),
       "gh"
       "s_" +
           Random(36),
       "github"
       "_pat_" +
           Random(22) + "_" + Random(59),
       "gl"
       "pat-" +
           Random(20),
       "xox"
       "b-1234567890-1234567890123-" +
           Random(24),
       "xox"
       "p-123456-123456-123456-" +
           Random(32, kHex),
       "xapp"
       "-1-A0123456789-1234567890123-" +
           Random(64, kHex),
       "https://hooks.slack"
       ".com/services/T00000000/B00000000/" +
           Random(24),
       "AK"
       "IA" +
           Random(16, kUpper32),
       "key AS"
       "IA" +
           Random(16, kUpper32) + ".",
       "aws_secret_access_key = " + Random(40),
       "\"SecretAccessKey\": \"" + Random(40) + "\"",
       "AI"
       "za" +
           Random(35),
       "ya"
       "29." +
           Random(60),
       "GOC"
       "SPX-" +
           Random(28),
       R"({"type": "service_account", "project_id": "shop"})",
       "sk"
       "_live_" +
           Random(24),
       "rk"
       "_test_" +
           Random(24),
       "wh"
       "sec_" +
           Random(32),
       "S"
       "G." +
           Random(22) + "." + Random(43),
       "np"
       "m_" +
           Random(36),
       "py"
       "pi-AgEIcHlwaS5vcmc" +
           Random(60),
       "sh"
       "pat_" +
           Random(32, kHex),
       "do"
       "p_v1_" +
           Random(64, kHex),
       "hv"
       "s." +
           Random(24),
       "dckr"
       "_pat_" +
           Random(27),
       "da"
       "pi" +
           Random(32, kHex),
       "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=" + Random(86) + "==;",
       "wk"
       "_billing." +
           Random(43)},
      out);
  Add(Leak::kBearer,
      {"Authorization: Bearer " + Random(30) + "7", "authorization: Basic " + Random(24) + "==",
       "curl -H 'Authorization: token " + Random(24) + "'",
       R"({"Authorization": "Bearer )" + Random(32) + "1\"}",
       "sent bearer " + Random(30) + "4 to the bank"},
      out);
}

void AddTraces(std::vector<LeakyText>* out) {
  Add(Leak::kStackTrace,
      {"Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\nKeyError: 'id'",
       "java.lang.NullPointerException\n\tat shop.Orders.get(Orders.java:42)\n\tat "
       "shop.Main.main(Main.java:7)",
       "\tat java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)",
       "at shop.orders.Handler$handle$2.invokeSuspend(Handler.kt:31)",
       "at scala.collection.immutable.List.foreach(List.scala:431)",
       "TypeError: x is not a function\n    at Object.get (/srv/app/orders.js:10:15)",
       "    at /srv/app/dist/main.mjs:3:7",
       "    at async Orders.list (file:///app/orders.ts:22:5)",
       "    at node:internal/main/run_main_module:23:47",
       "   at Shop.Orders.Get(String id) in C:\\src\\Orders.cs:line 42",
       "   at Shop.Orders.<Get>d__3.MoveNext() in /src/Orders.cs:line 9",
       "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\n"
       "main.main()\n\t/tmp/x.go:8 +0x1d",
       "goroutine 18 [chan receive, 5 minutes]:\n",
       "thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', src/main.rs:4:10",
       "app/models/order.rb:12:in `find': undefined method (NoMethodError)",
       "#0 /var/www/shop/index.php(12): Shop->run()",
       "PHP Fatal error:  Uncaught Error in /var/www/index.php on line 12",
       "Can't locate object method at /usr/lib/shop.pl line 33.",
       "/lib/x86_64-linux-gnu/libc.so.6(+0x29d90) [0x7f3b2c829d90]",
       "./server(_ZN4shop6Orders3GetEv+0x1c) [0x55d0c8d6a2b4]",
       "PC: @     0x55d0c8d6a2b4  (unknown)  shop::Orders::Get()",
       "    @     0x7f3b2c829d90         48  __libc_start_main",
       "#0  0x00007f3b2c88e9fc in __pthread_kill () from /lib/libc.so.6",
       "    #1 0x55d0c8d6a2b4 in shop::Get() orders.cc:12",
       "==77==ERROR: AddressSanitizer: heap-use-after-free on address 0x60"},
      out);
  Add(Leak::kDatabaseError,
      {"You have an error in your SQL syntax; check the manual near ''1''' at line 1",
       "ERROR: syntax error at or near \"FROM\"", "ORA-00942: table or view does not exist",
       "SQLSTATE[42S02]: Base table or view not found",
       "ERROR: relation \"orders\" does not exist (SQLSTATE 42P01)",
       "ERROR: column \"ownr\" does not exist",
       "duplicate key value violates unique constraint \"orders_pkey\"",
       "UNIQUE constraint failed: orders.id",
       "insert or update on table \"a\" violates foreign key constraint \"b\"",
       "null value in column \"id\" violates not-null constraint",
       "Unclosed quotation mark after the character string ''.",
       "Duplicate entry 'a@b.test' for key 'users.email'",
       "Unknown column 'ownr' in 'where clause'", "no such table: orders",
       "org.postgresql.util.PSQLException: the connection was closed",
       "psycopg2.OperationalError: could not connect",
       "sqlite3.OperationalError: database is locked",
       "E11000 duplicate key error collection: shop.orders"},
      out);
}

std::vector<std::string> Prose() {
  return {
      "The order was created.",
      "No such order.",
      "Please authenticate with a bearer token that your identity provider gave you.",
      "Use the header `Authorization: Bearer <token>`.",
      "authorization: see the manual",
      "Authorization is required for this method",
      "The private key must be in PEM; see RFC 7468.",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----",
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENBF\n-----END PGP PUBLIC KEY BLOCK-----",
      "Meet me at Orders (the shop), at 10:30.",
      "We met at the café at (roughly) noon.",
      "File main.cc, line 42: looks good to me",
      "Delivered at line 3 of the plant",
      "https://shop.example/orders?id=1&next=https://shop.example:8443/a",
      "https://user@shop.example/path",
      "See https://docs.example:443/a@b and mail to a@b.example",
      "postgres://user:password@host/db",
      "mysql://USER:<your password>@host/db",
      "redis://${USER}:${PASSWORD}@cache:6379",
      "ssh://git@host.example:22/shop.git",
      "Your password = forgotten? Ask for a new one.",
      "The table \"garden\" is out of stock",
      "Which table does not exist in 19 colours?",
      "duplicate key ring, brass",
      "Unknown column in the temple of Zeus",
      "SQL for beginners, 3rd edition",
      "Learn SqlAlchemy in 24 hours",
      "the syntax error at or near the end of the poem",
      "panic buying is over",
      "a goroutine is a lightweight thread",
      "thread count 400, panicked buyers excepted",
      "C# 12.0 (.NET 8) in a Nutshell: page 42",
      "Version 2.0.1 of orders.js was released",
      "orders.js:10 lines, orders.ts:20 lines",
      "Node.js, at your service",
      "at 12:30:15.js",
      "Ruby on Rails: models/order.rb",
      "index.php?id=12",
      "Perl 5 pocket reference, at line price",
      "#1 in sales for 0x10 weeks",
      "@ 0x7 each",
      "Follow us @0xdeadbeef1234",
      "memory address 0x7ffd9f8a1c20",
      "eyJ is how a JSON object begins in base64url",
      "eyes.eyelids.eyebrows",
      "eyJhbGci.short.x",
      "ghp_ and gho_ are prefixes of tokens",
      "ghosts_and_goblins_of_the_old_castle_walls",
      "sk_live_ is where a key begins",
      "risk_live_performance_in_2024_at_the_opera",
      "AKIA is a station",
      "AKIASTATIONISNORTHOFTHECITY",
      "The AIza prefix",
      "xoxo, your friends at the shop",
      "xoxb-like names are not tokens",
      "glpat- is a prefix",
      "npm_config_registry=https://registry.example",
      "SG.1 and SG.2 are in Singapore",
      "hvs. and hvb. begin tokens of a vault",
      "dapi is a village in Nepal",
      "wk_billing is a key's id",
      "AccountKey=see the portal",
      "service_account is a type of account",
      "$2.50 for a cup, $6.00 for a pot, $5 back",
      "$1$ is not a price",
      "$argon2id$ is the prefix of a hash",
      "{CRYPT} is a scheme",
      "PBKDF2 with SHA-256 and 600000 iterations",
      "Traceback is what Python prints",
      "AddressSanitizer is a tool that finds memory errors",
      "an exception of type NullPointerException",
      "java.lang.String",
      "shop.orders.v1.OrderService/GetOrder",
      "/usr/lib/x86_64-linux-gnu/libc.so.6",
      "C:\\Program Files\\Shop\\orders.exe",
      "a.b.c.d.e.f.g",
      "1.2.3.4:5678",
      "[::1]:443",
      "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "etag W/\"33a64df551425fcc55e4d42a148795d9f25f89d4\"",
      "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
      "+49 30 901820",
      "DE89 3704 0044 0532 0130 00",
      "4111 1111 1111 1111",
      "line one\nline two\n\tline three (indented)",
      "    at the end of the day\n    at last",
      "Grüße aus Köln, 東京, Ω≈ç√∫",
      "{\"id\":\"1\",\"status\":\"OPEN\",\"items\":[{\"sku\":\"ABC-0001\",\"quantity\":2}]}",
      "<p>The <b>bearer</b> of this coupon</p>",
      "Bearer bonds: a short history of coupons",
      "bearer acknowledgements-and-other-documents-of-title",
      "SELECT your seat at checkout",
      "INSERT coin",
      "ORA-nge juice",
      "error 404: not found (at shop.example)",
      "violates the terms of service",
      "UNIQUE gift, constraint-free",
      "host=localhost port=5432",
      "user=alice; theme=dark; lang=de",
  };
}

}  // namespace

std::vector<LeakyText> LeakyTexts() {
  std::vector<LeakyText> texts;
  AddSecrets(&texts);
  AddTokens(&texts);
  AddTraces(&texts);
  return texts;
}

// What people write, and what programs make: identifiers, digests, encoded bytes.
std::vector<std::string> HarmlessTexts() {
  std::vector<std::string> texts = Prose();
  for (int i = 0; i < 100; ++i) {
    texts.push_back(Random(64, kHex));
    texts.push_back(Random(200));
    texts.push_back(absl::StrCat(Random(8, kHex), "-", Random(4, kHex), "-7", Random(3, kHex), "-9",
                                 Random(3, kHex), "-", Random(12, kHex)));
    texts.push_back(Base64Url(R"({"page":3,"after":")" + Random(20) + "\"}"));  // a page token
    texts.push_back(absl::StrCat("https://shop.example/", Random(8), "?sig=", Random(43)));
  }
  return texts;
}

}  // namespace warden::testing
