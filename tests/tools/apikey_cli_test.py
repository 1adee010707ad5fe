#!/usr/bin/env python3
"""Runs `warden apikey ...` as an operator does: files in, standard output and exit status out."""

import hashlib
import hmac
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

WARDEN = None
HAS_SQLITE = True
NOW = 1_800_000_000
DAY = 86400


class Store(unittest.TestCase):
    STORE = ("--file", "keys.yaml")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.secret = bytes(range(32))
        self.write("hash.secret", self.secret)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    def read(self, name=None):
        with open(self.path(name or self.STORE[1]), "rb") as file:
            return file.read()

    def run_warden(self, verb, *arguments, store=None, stdin=b""):
        store = self.STORE if store is None else store
        return subprocess.run([WARDEN, "apikey", verb, *store, *arguments], input=stdin,
                              cwd=self.folder.name, capture_output=True, timeout=60, check=False)

    def with_secret(self, verb, *arguments, now=NOW, stdin=b""):
        return self.run_warden(verb, "--hash-secret-file", "hash.secret", "--now", str(now),
                               *arguments, stdin=stdin)

    def create(self, key_id, *arguments):
        done = self.with_secret("create", "--id", key_id, "--subject", "shop", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, b"")
        return done.stdout

    def rotate(self, *arguments, now=NOW):
        done = self.with_secret("rotate", *arguments, now=now)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def verdict(self, key, now=NOW):
        done = self.with_secret("verify", "--key-file", "-", now=now, stdin=key)
        verdict = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if verdict["verdict"] == "valid" else 1)
        secret = key.partition(b".")[2].strip()
        if secret:
            self.assertNotIn(secret, done.stdout + done.stderr)
        return verdict.get("reason", "valid")

    def list(self):
        done = self.run_warden("list")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def assert_fails(self, done, status, text):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertIn(text, done.stderr.decode())


class ApiKeyCliTest(Store):
    def test_a_key_from_its_making_to_its_end(self):
        key = self.create("billing", "--scope", "orders.read", "--scope", "orders.write",
                          "--description", "nightly export", "--expires-in", "90d")
        self.assertRegex(key, rb"^wk_billing\.[A-Za-z0-9_-]{43}$")
        self.assertEqual(self.verdict(key), "valid")
        self.assertEqual(self.verdict(key + b"\n"), "valid")
        self.assertEqual(self.verdict(key, NOW + 90 * DAY - 1), "valid")
        self.assertEqual(self.verdict(key, NOW + 90 * DAY), "expired")
        self.assertEqual(self.list(), [{
            "id": "billing", "subject": "shop", "description": "nightly export",
            "scopes": ["orders.read", "orders.write"], "disabled": False,
            "expires": "2027-04-15T08:00:00Z", "secrets": [{"created": "2027-01-15T08:00:00Z"}]}])
        self.assertEqual(self.run_warden("disable", "billing").returncode, 0)
        self.assertEqual(self.verdict(key), "disabled")
        self.assertTrue(self.list()[0]["disabled"])
        self.assertEqual(self.run_warden("enable", "billing").returncode, 0)
        self.assertEqual(self.verdict(key), "valid")
        self.assertEqual(self.run_warden("delete", "billing").returncode, 0)
        self.assertEqual(self.verdict(key), "unknown")
        self.assertEqual(self.list(), [])

    def test_rotation_overlaps(self):
        old = self.create("billing")
        fresh = self.rotate("billing", "--overlap", "12h", "--expires-in", "30d")
        self.assertNotEqual(old, fresh)
        end = NOW + DAY // 2
        self.assertEqual([self.verdict(old, end - 1), self.verdict(old, end)],
                         ["valid", "expired"])
        self.assertEqual([self.verdict(fresh, end), self.verdict(fresh, NOW + 30 * DAY)],
                         ["valid", "expired"])
        last = self.rotate("billing", "--overlap", "0s", now=end)
        self.assertEqual([self.verdict(key, end) for key in (old, fresh, last)],
                         ["unknown", "unknown", "valid"])
        self.assertEqual(len(self.list()[0]["secrets"]), 1)

    def test_what_is_wrong_with_a_key(self):
        key = self.create("billing", "--not-before-in", "1h")
        other = self.create("other")
        self.assertEqual(self.verdict(key), "not_yet_valid")
        self.assertEqual(self.verdict(b"wk_billing" + other[other.index(b"."):]), "unknown")
        for text in (b"", other[:-1], other + b"A", b"Bearer " + other, other + b"\n\n",
                     b"x" * 5000):
            self.assertEqual(self.verdict(text), "malformed")

    def test_the_store_holds_only_a_keyed_hash(self):
        key = self.create("billing")
        listed = self.run_warden("list").stdout
        for content in (self.read(), listed):
            self.assertNotIn(key.partition(b".")[2], content)
        digest = hmac.new(self.secret, key, hashlib.sha256).hexdigest().encode()
        self.assertIn(b"hmac-sha256:" + digest, self.read())
        self.assertNotIn(digest, listed)
        self.write("hash.secret", bytes(32))
        self.assertEqual(self.verdict(key), "unknown")

    def test_an_id_is_made_where_none_is_given(self):
        done = self.with_secret("create", "--subject", "shop")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([key["id"] for key in self.list()],
                         [re.match(r"wk_([a-z0-9]{16})\.", done.stdout.decode())[1]])

    def test_mode(self):
        self.create("billing")
        mode = lambda: stat.S_IMODE(os.stat(self.path(self.STORE[1])).st_mode)
        self.assertEqual(mode(), 0o600)
        os.chmod(self.path(self.STORE[1]), 0o640)
        self.create("other")
        self.assertEqual(mode(), 0o640)

    def test_nobody_loses_anothers_change(self):
        def work(number):
            self.create(f"key-{number}")
        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([key["id"] for key in self.list()], [f"key-{n}" for n in range(6)])

    def test_errors_leave_the_store_alone(self):
        self.create("billing")
        before = self.read()
        for verb in ("disable", "enable", "delete"):
            self.assert_fails(self.run_warden(verb, "nobody"), 1, "nobody")
        self.assert_fails(self.with_secret("rotate", "nobody"), 1, "nobody")
        self.assert_fails(self.with_secret("create", "--id", "billing", "--subject", "x"), 1,
                          "already")
        for arguments in (("--id", "Bad", "--subject", "x"), ("--subject", ""),
                          ("--subject", "x", "--scope", "Bad Scope"),
                          ("--subject", "x", "--expires-in", "soon"),
                          ("--subject", "x", "--expires-in", "1h", "--not-before-in", "2h")):
            done = self.with_secret("create", *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stdout, b"")
        self.assert_fails(self.with_secret("rotate", "billing", "--overlap", "1"), 2, "--overlap")
        self.write("short.secret", bytes(31))
        self.assert_fails(self.run_warden("create", "--subject", "x", "--hash-secret-file",
                                          "short.secret"), 2, "32")
        self.assertEqual(self.read(), before)

    def test_usage(self):
        self.assert_fails(self.run_warden("list", store=()), 2, "--file")
        self.assert_fails(self.run_warden("list", store=("--file", "a", "--sqlite", "b")), 2,
                          "--sqlite")
        self.assert_fails(self.run_warden("list"), 2, self.STORE[1])
        self.assert_fails(self.run_warden("disable", "billing"), 2, self.STORE[1])
        self.assert_fails(self.run_warden("create", "--subject", "x"), 2, "--hash-secret-file")
        for verb in ("create", "list", "rotate", "disable", "enable", "delete", "verify"):
            done = self.run_warden(verb, "--help", store=())
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"Exit status", done.stdout)


class SqliteCliTest(ApiKeyCliTest):
    STORE = ("--sqlite", "keys.db")

    def setUp(self):
        if not HAS_SQLITE:
            self.skipTest("built without SQLite")
        super().setUp()


class YamlFileTest(Store):
    """What is only so with files."""

    def test_a_file_that_is_wrong_is_not_rewritten(self):
        wrong = "keys:\n  billing: {subject: s}\n"
        self.write("keys.yaml", wrong)
        self.assert_fails(self.run_warden("disable", "billing"), 2, "keys.yaml:2")
        self.assert_fails(self.run_warden("list"), 2, "keys.yaml:2")
        self.assertEqual(self.read(), wrong.encode())

    def test_a_link_stays_one(self):
        os.mkdir(self.path("real"))
        self.create("billing")
        os.rename(self.path("keys.yaml"), self.path("real/keys.yaml"))
        os.symlink("real/keys.yaml", self.path("keys.yaml"))
        self.create("other")
        self.assertTrue(os.path.islink(self.path("keys.yaml")))
        self.assertEqual(len(self.list()), 2)
        self.assertEqual(os.listdir(self.path("real")), ["keys.yaml"])


if __name__ == "__main__":
    WARDEN = os.path.abspath(sys.argv.pop(1))
    HAS_SQLITE = sys.argv.pop(1) == "1"
    unittest.main()
