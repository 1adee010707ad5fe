#!/usr/bin/env python3
"""Runs `warden token ...` as a user does: files in, standard output and exit status out."""

import base64
import hashlib
import hmac
import json
import os
import stat
import subprocess
import sys
import tempfile
import unittest

WARDEN = None
NOW = 1_800_000_000


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def hs256(secret, header, payload):
    """A token made without Warden."""
    signing_input = encode(header.encode()) + "." + encode(payload)
    mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
    return signing_input + "." + encode(mac)


class TokenCliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_warden(self, *arguments, stdin=b""):
        return subprocess.run([WARDEN, "token", *arguments], input=stdin, capture_output=True,
                              timeout=60, check=False)

    def keygen(self, name, algorithm="ES256", kid=None):
        done = self.run_warden("keygen", "--algorithm", algorithm, "--kid", kid or name,
                               "--private-out", self.path(name + ".jwk"),
                               "--jwks-out", self.path(name + ".jwks"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def mint(self, name, *arguments):
        done = self.run_warden("mint", "--key", self.path(name + ".jwk"), "--now", str(NOW),
                               *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def verify(self, token, *arguments, now=NOW):
        file = self.write("token", token)
        return self.run_warden("verify", "--now", str(now), "--token-file", file, *arguments)

    def assert_valid(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        verdict = json.loads(done.stdout)
        self.assertEqual(verdict["verdict"], "valid")
        return verdict

    def assert_rejected(self, done, reason):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout), {"verdict": "rejected", "reason": reason})

    def assert_usage(self, done, text):
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertIn(text, done.stderr.decode())

    def test_every_algorithm_from_key_to_verdict(self):
        for algorithm in ("ES256", "ES384", "ES512", "RS256", "PS384", "EdDSA"):
            self.keygen(algorithm, algorithm)
            token = self.mint(algorithm, "--issuer", "joe", "--subject", "alice", "--audience",
                              "orders", "--claim", 'roles=["reader"]', "--claim", "team=blue",
                              "--claim", "level=7")
            verdict = self.assert_valid(self.verify(
                token, "--jwks", self.path(algorithm + ".jwks"), "--issuer", "joe",
                "--audience", "orders", "--algorithms", algorithm))
            self.assertEqual(verdict["claims"], {
                "iss": "joe", "sub": "alice", "aud": "orders", "iat": NOW, "exp": NOW + 3600,
                "roles": ["reader"], "team": "blue", "level": 7})

    def test_the_token_is_taken_byte_for_byte(self):
        self.keygen("a")
        token = self.mint("a")
        jwks = self.path("a.jwks")
        self.assertNotIn(b"\n", token)
        self.assert_valid(self.verify(token, "--jwks", jwks))
        for changed in (token + b"\n", token + b" ", b" " + token, b"Bearer " + token, b"",
                        token[:-1]):
            self.assertEqual(self.verify(changed, "--jwks", jwks).returncode, 1, changed)
        self.assert_rejected(self.verify(token + b"\n", "--jwks", jwks), "malformed")

    def test_standard_input(self):
        self.keygen("a")
        token = self.mint("a")
        arguments = ("verify", "--now", str(NOW), "--jwks", self.path("a.jwks"))
        self.assert_valid(self.run_warden(*arguments, "-", stdin=token))
        self.assert_valid(self.run_warden(*arguments, "--token-file", "-", stdin=token))
        self.assert_rejected(self.run_warden(*arguments, "-", stdin=token + b"\n"), "malformed")
        self.assert_usage(self.run_warden(*arguments), "--token-file")
        self.assert_usage(self.run_warden(*arguments, "x"), "--token-file")

    def test_reasons(self):
        self.keygen("a")
        self.keygen("b", kid="a")
        self.keygen("c")
        jwks = ("--jwks", self.path("a.jwks"))
        good = self.mint("a", "--issuer", "joe", "--audience", "orders")
        trusted = (*jwks, "--issuer", "joe", "--audience", "orders")
        self.assert_valid(self.verify(good, *trusted))
        end = NOW + 3600
        self.assert_valid(self.verify(good, *trusted, now=end + 59))
        self.assert_rejected(self.verify(good, *trusted, now=end + 60), "expired")
        self.assert_valid(self.verify(good, *trusted, "--leeway", "0s", now=end - 1))
        self.assert_rejected(self.verify(good, *trusted, "--leeway", "0s", now=end), "expired")
        self.assert_rejected(self.verify(good, *trusted, now=NOW - 61), "not_yet_valid")
        self.assert_rejected(self.verify(good, *jwks, "--issuer", "eve", "--audience", "orders"),
                             "issuer")
        self.assert_rejected(self.verify(good, *jwks, "--audience", "billing"), "audience")
        self.assert_rejected(self.verify(good, *jwks), "audience")
        self.assert_rejected(self.verify(good, *trusted, "--require", "sub,iat"), "missing_claim")
        self.assert_rejected(self.verify(good, *trusted, "--max-bytes", "100"), "too_large")
        self.assert_rejected(self.verify(good, *trusted, "--algorithms", "RS256,ES256", "--typ",
                                         "at+jwt"), "type")
        self.assert_rejected(self.verify(self.mint("b"), *jwks), "signature")
        self.assert_rejected(self.verify(self.mint("c"), *jwks), "key_unknown")
        none = encode(b'{"alg":"none"}') + "." + encode(b"{}") + "."
        self.assert_rejected(self.verify(none, *jwks), "algorithm_not_allowed")

    def test_several_issuers(self):
        self.keygen("a")
        self.keygen("b", "RS256")
        trust = ("--trust", "https://a.example=" + self.path("a.jwks"),
                 "--trust", "https://b.example=" + self.path("b.jwks"))
        self.assert_valid(self.verify(self.mint("a", "--issuer", "https://a.example"), *trust))
        self.assert_valid(self.verify(self.mint("b", "--issuer", "https://b.example"), *trust))
        self.assert_rejected(self.verify(self.mint("a", "--issuer", "https://b.example"), *trust),
                             "algorithm_not_allowed")
        self.assert_rejected(self.verify(self.mint("a", "--issuer", "https://c.example"), *trust),
                             "issuer")
        self.assert_rejected(self.verify(self.mint("a"), *trust), "issuer")

    def test_tokens_of_others(self):
        secret = bytes(range(32))
        jwk = {"kty": "oct", "k": encode(secret), "alg": "HS256"}
        self.write("one.jwk", json.dumps(jwk))
        self.write("set.jwks", json.dumps({"keys": [jwk]}))
        token = hs256(secret, '{"alg":"HS256"}', json.dumps({"exp": NOW + 1}).encode())
        for file in ("one.jwk", "set.jwks"):
            self.assert_valid(self.verify(token, "--jwks", self.path(file)))
            self.assert_valid(self.verify(token, "--jwks", self.path(file), "--algorithms",
                                          "HS256"))
        self.assert_rejected(self.verify(token, "--jwks", self.path("set.jwks"), "--algorithms",
                                         "ES256"), "key_unusable")
        self.keygen("rsa", "RS256")
        jwks = self.read("rsa.jwks")
        forged = hs256(jwks, '{"alg":"HS256"}', json.dumps({"exp": NOW + 1}).encode())
        for extra in ((), ("--algorithms", "RS256,HS256"), ("--algorithms", "HS256")):
            done = self.verify(forged, "--jwks", self.path("rsa.jwks"), *extra)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(json.loads(done.stdout)["verdict"], "rejected")

    def test_signature_only(self):
        secret = bytes(range(32))
        self.write("k", json.dumps({"kty": "oct", "k": encode(secret)}))
        arguments = ("--jwks", self.path("k"), "--signature-only")
        token = hs256(secret, '{"alg":"HS256"}', b"foo\xff")
        self.assertEqual(self.assert_valid(self.verify(token, *arguments)),
                         {"verdict": "valid", "payload": encode(b"foo\xff")})
        token = hs256(secret, '{"alg":"HS256"}', b'{"exp":1,"iss":"x"}')
        self.assertEqual(self.assert_valid(self.verify(token, *arguments)),
                         {"verdict": "valid", "claims": {"exp": 1, "iss": "x"}})
        token = hs256(secret, '{"alg":"HS256"}', b"")
        self.assertEqual(self.assert_valid(self.verify(token, *arguments)),
                         {"verdict": "valid", "payload": ""})
        self.assert_rejected(self.verify(token[:-2] + "AA", *arguments), "signature")

    def test_keys_that_cannot_be_trusted_reject(self):
        weak = {"keys": [{"kty": "RSA", "e": "AQAB", "n": encode(b"\xd5" * 128)}]}
        off_curve = {"kty": "EC", "crv": "P-256", "x": encode(b"x" * 32), "y": encode(b"y" * 32)}
        for name, keys in {"weak": weak, "off": off_curve, "empty": {"keys": []},
                           "future": {"keys": [{"kty": "AKP", "pub": "AA"}]}}.items():
            self.write(name, json.dumps(keys))
            done = self.verify("a.b.c", "--jwks", self.path(name))
            self.assert_rejected(done, "key_unusable")
            self.assertNotEqual(done.stderr, b"")

    def test_usage(self):
        self.keygen("a")
        jwks = self.path("a.jwks")
        token = self.mint("a")
        self.assert_usage(self.verify(token), "--jwks")
        self.assert_usage(self.verify(token, "--jwks", jwks, "--trust", "i=" + jwks), "--trust")
        self.assert_usage(self.verify(token, "--trust", jwks), "ISSUER=JWKS_FILE")
        self.assert_usage(self.verify(token, "--jwks", self.path("missing")), "missing")
        self.assert_usage(self.verify(token, "--jwks", self.path("token")), "not JSON")
        self.assert_usage(self.verify(token, "--jwks", self.write("o", "{}")), "keys")
        self.assert_usage(self.verify(token, "--jwks", jwks, "--leeway", "1"), "--leeway")
        self.assert_usage(self.verify(token, "--jwks", jwks, "--leeway", "6m"), "leeway")
        self.assert_usage(self.verify(token, "--jwks", jwks, "--algorithms", "none"), "none")
        self.assert_usage(self.verify(token, "--jwks", jwks, "--max-bytes", "0"), "--max-bytes")
        self.assert_usage(self.verify(token, "--jwks", jwks, "--bogus"), "--bogus")
        for now in ("soon", "1e400", "nan", "1 2"):
            self.assert_usage(self.verify(token, "--jwks", jwks, now=now), "--now")
        self.assert_usage(self.run_warden("verify", "--jwks", jwks, "--token-file",
                                          self.path("missing")), "missing")
        self.assert_usage(self.run_warden("mint"), "--key")
        help_text = self.run_warden("verify", "--help")
        self.assertEqual(help_text.returncode, 0)
        self.assertIn(b"newline at the end makes it malformed", help_text.stdout)

    def test_keygen_protects_files(self):
        self.keygen("a")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("a.jwk")).st_mode), 0o600)
        self.assertNotIn(b'"d"', self.read("a.jwks"))
        before = self.read("a.jwk")
        again = ("keygen", "--kid", "a", "--private-out", self.path("a.jwk"))
        self.assert_usage(self.run_warden(*again), "exists")
        self.assertEqual(self.read("a.jwk"), before)
        # The set exists: nothing is written, not even the other file.
        self.assert_usage(self.run_warden("keygen", "--kid", "a", "--private-out",
                                          self.path("new.jwk"), "--jwks-out",
                                          self.path("a.jwks")), "exists")
        self.assertFalse(os.path.exists(self.path("new.jwk")))
        self.assertEqual(self.run_warden(*again, "--force").returncode, 0)
        self.assertNotEqual(self.read("a.jwk"), before)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("a.jwk")).st_mode), 0o600)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["a.jwk", "a.jwks"])
        self.assert_usage(self.run_warden("keygen", "--algorithm", "HS256", "--kid", "h",
                                          "--private-out", self.path("h"), "--jwks-out",
                                          self.path("h.jwks")), "no public part")

    def test_mint_from_pem(self):
        openssl = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                                  "ec_paramgen_curve:P-256", "-out", self.path("key.pem")],
                                 capture_output=True, check=False)
        self.assertEqual(openssl.returncode, 0, openssl.stderr)
        done = self.run_warden("mint", "--key", self.path("key.pem"), "--kid", "pem", "--typ",
                               "at+jwt", "--expires-in=-5m", "--audience", "a", "--audience", "b",
                               "--not-before-in", "10s", "--now", str(NOW))
        self.assertEqual(done.returncode, 0, done.stderr)
        header, payload, _ = done.stdout.decode().split(".")
        decode = lambda text: json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        self.assertEqual(decode(header), {"alg": "ES256", "kid": "pem", "typ": "at+jwt"})
        self.assertEqual(decode(payload),
                         {"aud": ["a", "b"], "iat": NOW, "nbf": NOW + 10, "exp": NOW - 300})

    def test_mint_shows_no_key(self):
        self.keygen("a")
        key = json.loads(self.read("a.jwk"))
        key["crv"] = "P-384"
        self.write("bad.jwk", json.dumps(key))
        done = self.run_warden("mint", "--key", self.path("bad.jwk"))
        self.assert_usage(done, "bad.jwk")
        self.assertNotIn(key["d"].encode(), done.stderr)


if __name__ == "__main__":
    WARDEN = os.path.abspath(sys.argv.pop(1))
    unittest.main()
