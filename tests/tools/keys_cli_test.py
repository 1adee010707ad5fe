#!/usr/bin/env python3
"""Runs `warden token inspect` and `warden keys check` as a user does."""

import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

WARDEN = None
NOW = 1_800_000_000
ISSUER = "https://auth.example"


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.run_warden("token", "keygen", "--algorithm", "ES256", "--kid", "k1", "--private-out",
                        self.path("key.jwk"), "--jwks-out", self.path("keys.json"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_warden(self, *arguments, expected=0, stdin=b""):
        done = subprocess.run([WARDEN, *arguments], input=stdin, capture_output=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, expected, done.stdout + done.stderr)
        return done.stdout.decode() + done.stderr.decode()


class InspectTest(CliTest):
    def mint(self, *arguments):
        return self.run_warden("token", "mint", "--key", self.path("key.jwk"), "--now", str(NOW),
                               "--issuer", ISSUER, "--subject", "alice", "--audience", "orders",
                               "--expires-in", "15m", *arguments)

    def inspect(self, token, *arguments, expected=0, now=NOW):
        return self.run_warden("token", "inspect", "--now", str(now), *arguments, "-",
                               expected=expected, stdin=token.encode())

    def reasons(self, token, *arguments, now=NOW):
        report = json.loads(self.inspect(token, "--json", *arguments, expected=1, now=now))
        self.assertEqual(report["verdict"], "refused")
        return sorted(problem["reason"] for problem in report["problems"])

    def test_explains_a_good_token(self):
        token = self.mint("--claim", 'jti="7"')
        text = self.inspect(token, "--jwks", self.path("keys.json"), "--issuer", ISSUER,
                            "--audience", "orders", "--algorithms", "ES256", "--require", "sub")
        for part in ("who issued the token", "2027-01-15T08:15:00Z (in 15 min)", "alice", "good",
                     "accepted"):
            self.assertIn(part, text)
        self.assertNotIn("would be refused", text)

    def test_says_when_nothing_was_verified(self):
        report = json.loads(self.inspect(self.mint(), "--json"))
        self.assertEqual(report["verdict"], "not verified")
        self.assertEqual(report["signature"], "not verified")
        self.assertEqual(report["problems"], [])

    def test_names_every_problem_and_not_only_the_first(self):
        self.run_warden("token", "keygen", "--algorithm", "ES256", "--kid", "k2", "--private-out",
                        self.path("o.jwk"), "--jwks-out", self.path("other.json"))
        self.assertEqual(
            self.reasons(self.mint("--claim", 'cnf={"jkt":"x"}'), "--jwks", self.path("other.json"),
                         "--issuer", "https://b.example", "--audience", "x", "--audience", "y",
                         "--typ", "at+jwt", "--require", "scope", "--require-certificate-bound",
                         now=NOW + 10_000),
            ["audience", "expired", "issuer", "key_unknown", "missing_claim", "missing_claim",
             "type"])

    def test_never_prints_the_signature(self):
        token = self.mint()
        signature = token.split(".")[2]
        for arguments in ((), ("--json",), ("--jwks", self.path("keys.json"))):
            text = self.inspect(token, *arguments)
            self.assertNotIn(signature, text)
            self.assertNotIn(signature[:20], text)

    def test_finds_a_broken_signature(self):
        token = self.mint()
        broken = token[:-10] + "AAAAAAAAAA"
        self.assertEqual(self.reasons(broken, "--jwks", self.path("keys.json")), ["signature"])

    def test_explains_what_it_can_of_a_broken_token(self):
        header, payload, _ = self.mint().split(".")
        self.assertEqual(self.reasons(f"{header}.{payload}"), ["malformed"])
        self.assertIn("alice", self.inspect(f"{header}.{payload}", expected=1))
        self.assertIn("malformed", self.reasons("nonsense"))
        self.assertIn("malformed", self.reasons(""))
        self.assertIn("too_large", self.reasons(self.mint(), "--max-bytes", "10"))

    def test_makes_foreign_text_harmless(self):
        token = self.mint("--claim", 'note="\\u001b[31m\\u202e"')
        for arguments in ((), ("--json",)):
            text = self.inspect(token, *arguments)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)

    def test_bad_usage(self):
        self.run_warden("token", "inspect", expected=2)
        self.run_warden("token", "inspect", "--token-file", self.path("absent"), expected=2)
        self.inspect("a.b.c", "--jwks", self.path("absent"), expected=2)
        self.inspect("a.b.c", "--algorithms", "none", expected=2)
        self.inspect("a.b.c", "--leeway", "soon", expected=2)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # named so by the library
        status, headers, body = self.server.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class KeysCheckTest(CliTest):
    def check(self, *arguments, expected=0):
        return self.run_warden("keys", "check", *arguments, expected=expected)

    def report(self, text, expected=0):
        return json.loads(self.check("--json", "--jwks", self.write("set.json", text),
                                     expected=expected))

    def serve(self, pages):
        """An https server on a free port; its address."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", self.path("tls.key"),
                        "-out", self.path("tls.crt")], check=True, capture_output=True)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        server.pages = pages
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("tls.crt"), self.path("tls.key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return f"https://localhost:{server.server_port}"

    def test_lists_keys(self):
        report = self.report(self.read("keys.json"))
        self.assertEqual(report["verdict"], "usable")
        self.assertEqual(report["warnings"], [])
        (key,) = report["keys"]
        self.assertEqual((key["kid"], key["kty"], key["crv"], key["bits"], key["algorithms"]),
                         ("k1", "EC", "P-256", 256, ["ES256"]))
        self.assertEqual(len(key["thumbprint"]), 43)
        text = self.check("--jwks", self.path("keys.json"))
        self.assertIn(key["thumbprint"], text)
        self.assertIn("usable: 1 good, 0 skipped", text)

    def test_names_what_is_skipped_and_warns(self):
        keys = json.loads(self.read("keys.json"))["keys"]
        no_kid = {name: value for name, value in keys[0].items() if name != "kid"}
        weak = {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"}
        report = self.report(json.dumps({"keys": [*keys, no_kid, weak]}))
        self.assertEqual(len(report["keys"]), 2)
        self.assertEqual(report["skipped"][0]["kid"], "weak")
        self.assertIn("bits", report["skipped"][0]["reason"])
        self.assertTrue(any("has no kid" in warning for warning in report["warnings"]))
        self.assertTrue(any("same key" in warning for warning in report["warnings"]))

    def test_refuses_what_the_server_refuses(self):
        keys = json.loads(self.read("keys.json"))["keys"]
        for text in ("", "<html>", "{}", '{"keys":[]}', json.dumps({"keys": keys * 2}),
                     self.read("key.jwk"), json.dumps({"keys": [json.loads(self.read("key.jwk"))]})):
            report = self.report(text, expected=1)
            self.assertEqual(report["verdict"], "refused")
            self.assertTrue(report["problems"])

    def test_prints_neither_a_secret_nor_its_thumbprint(self):
        secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"
        report = self.report(json.dumps({"keys": [{"kty": "oct", "kid": "s", "k": secret}]}))
        self.assertNotIn(secret, json.dumps(report))
        self.assertNotIn("thumbprint", report["keys"][0])
        private = json.loads(self.read("key.jwk"))
        text = self.check("--jwks", self.path("key.jwk"), expected=1)
        self.assertNotIn(private["d"], text)

    def test_asks_servers(self):
        pages = {}
        url = self.serve(pages)
        pages["/keys"] = (200, {"Cache-Control": "max-age=60"}, self.read("keys.json").encode())
        pages["/moved"] = (302, {"Location": url + "/keys"}, b"")
        pages["/html"] = (200, {}, b"<!DOCTYPE html>")
        document = {"issuer": url + "/realm", "jwks_uri": url + "/keys"}
        pages["/realm/.well-known/openid-configuration"] = (200, {}, json.dumps(document).encode())
        pages["/other/.well-known/openid-configuration"] = (200, {}, json.dumps(document).encode())
        ca = ("--ca-file", self.path("tls.crt"))
        self.assertIn("k1", self.check("--url", url + "/keys", *ca))
        self.assertIn("k1", self.check("--issuer", url + "/realm", *ca))
        for issuer in ("/realm/", "/other"):
            self.assertIn("is that of the issuer",
                          self.check("--issuer", url + issuer, *ca, expected=1))
        self.check("--url", url + "/html", *ca, expected=1)
        self.check("--url", url + "/moved", *ca, expected=2)
        self.check("--url", url + "/absent", *ca, expected=2)
        self.assertIn("not trusted", self.check("--url", url + "/keys", expected=2))
        self.check("--url", url.replace("https", "http") + "/keys", *ca, expected=2)

    def test_bad_usage(self):
        self.check(expected=2)
        self.check("--jwks", "a", "--url", "https://a.example", expected=2)
        self.check("--jwks", self.path("absent"), expected=2)
        self.check("--url", "https://localhost:1/", "--ca-file", self.path("absent"), expected=2)


if __name__ == "__main__":
    WARDEN = sys.argv.pop(1)
    if "--without-curl" in sys.argv:
        sys.argv.remove("--without-curl")
        del KeysCheckTest.test_asks_servers
    unittest.main()
