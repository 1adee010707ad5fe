#!/usr/bin/env python3
"""Runs `warden revoke` and `warden revocations` as a user does, on a file and on a real Redis."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

WARDEN = None
WITH_REDIS = True
ISSUER = "https://auth.shop.example"


def run(*arguments):
    done = subprocess.run([WARDEN, *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class Lists:
    """What holds for both kinds of list; self.list names one."""

    def revoke(self, *arguments):
        status, out, err = run("revoke", arguments[0], *self.list, *arguments[1:])
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def entries(self):
        status, out, err = run("revocations", "list", *self.list)
        self.assertEqual((status, err), (0, ""))
        return [json.loads(line) for line in out.splitlines()]

    def test_each_kind(self):
        made = [
            self.revoke("token", "--issuer", ISSUER, "--jti", "t-1", "--reason", "laptop stolen"),
            self.revoke("subject", "--issuer", ISSUER, "--subject", "alice",
                        "--issued-before", "2030-01-31T00:00:00Z", "--expires-in", "24h"),
            self.revoke("certificate", "--sha256", ":".join(["AB"] * 32)),
            self.revoke("key", "--issuer", ISSUER, "--kid", "k-1",
                        "--expires-at", "2090-01-31T00:00:00Z"),
            self.revoke("api-key", "--id", "shop-7"),
        ]
        self.assertEqual([one["kind"] for one in made],
                         ["token", "subject", "certificate", "key", "api_key"])
        self.assertEqual(made[0]["reason"], "laptop stolen")
        self.assertEqual(made[1]["issued_before"], "2030-01-31T00:00:00Z")
        self.assertEqual(made[2]["id"], "ab" * 32)
        self.assertEqual(made[3]["expires_at"], "2090-01-31T00:00:00Z")
        self.assertEqual(sorted(map(str, self.entries())), sorted(map(str, made)))

    def test_lift(self):
        self.revoke("api-key", "--id", "a")
        self.revoke("api-key", "--id", "b")
        self.assertEqual(run("revocations", "lift", "api-key", *self.list, "--id", "a")[0], 0)
        self.assertEqual([one["id"] for one in self.entries()], ["b"])
        self.assertEqual(run("revocations", "lift", "api-key", *self.list, "--id", "a")[0], 1)

    def test_revoking_anew_makes_stronger(self):
        self.revoke("api-key", "--id", "a")
        self.assertNotIn("expires_at", self.revoke("api-key", "--id", "a", "--expires-in", "1h"))
        self.assertEqual(len(self.entries()), 1)

    def test_a_full_list(self):
        self.revoke("api-key", "--id", "a")
        status, out, err = run("revoke", "api-key", *self.list, "--id", "b", "--max-entries", "1")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("full", err)

    def test_bad_usage(self):
        for arguments in (
                ("token", "--jti", "t"),
                ("token", "--issuer", ISSUER),
                ("token", "--issuer", "", "--jti", "t"),
                ("certificate", "--sha256", "abc"),
                ("api-key", "--id", "a\nb"),
                ("api-key", "--id", "a", "--issuer", ISSUER),
                ("api-key", "--id", "a", "--expires-in", "soon"),
                ("api-key", "--id", "a", "--expires-in", "-1h"),
                ("api-key", "--id", "a", "--expires-at", "2001-01-01T00:00:00Z"),
                ("api-key", "--id", "a", "--expires-at", "2090-01-01T00:00:00Z", "--expires-in", "1h"),
                ("subject", "--issuer", ISSUER, "--subject", "a", "--issued-before", "now"),
                ("token", "--issuer", ISSUER, "--jti", "t", "--issued-before", "2030-01-31T00:00:00Z"),
                ("user", "--id", "a")):
            status, out, err = run("revoke", arguments[0], *self.list, *arguments[1:])
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertNotEqual(err, "", arguments)
        self.assertEqual(self.entries(), [])


class FileTest(Lists, unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "revocations.yaml")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("revocations: []\n")
        self.list = ("--file", self.path)

    def test_a_file_is_made(self):
        os.remove(self.path)
        self.assertEqual(run("revocations", "list", *self.list)[0], 2)
        self.revoke("api-key", "--id", "a")
        self.assertEqual(len(self.entries()), 1)

    def test_a_file_that_is_wrong_stays(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("revocation: []\n")
        status, _, err = run("revoke", "api-key", *self.list, "--id", "a")
        self.assertEqual(status, 2)
        self.assertIn("revocations.yaml:1", err)
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "revocation: []\n")

    def test_one_list_is_named(self):
        self.assertEqual(run("revoke", "api-key", "--id", "a")[0], 2)
        self.assertEqual(run("revoke", "api-key", *self.list, "--redis", "localhost:1", "--id", "a")[0], 2)


class RedisTest(Lists, unittest.TestCase):
    def setUp(self):
        if not WITH_REDIS:
            self.skipTest("built without Redis")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.password = os.path.join(folder.name, "password")
        with open(self.password, "w", encoding="utf-8") as file:
            file.write("secret\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder.name,
             "--requirepass", "secret", "--loglevel", "warning"], stdout=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.list = ("--redis", f"127.0.0.1:{port}", "--redis-password-file", self.password)
        deadline = time.monotonic() + 20
        while run("revocations", "list", *self.list)[0] != 0:
            self.assertLess(time.monotonic(), deadline, "redis-server does not answer")
            time.sleep(0.01)

    def test_the_password_is_not_shown(self):
        with open(self.password, "w", encoding="utf-8") as file:
            file.write("hunter2")
        status, out, err = run("revocations", "list", *self.list)
        self.assertEqual((status, out), (2, ""))
        self.assertIn("refused", err)
        self.assertNotIn("hunter2", err)

    def test_prefixes_are_apart(self):
        self.revoke("api-key", "--id", "a")
        self.assertEqual(run("revocations", "list", *self.list, "--redis-key-prefix", "x:")[1], "")


if __name__ == "__main__":
    WARDEN = sys.argv[1]
    WITH_REDIS = sys.argv[2] == "redis"
    unittest.main(argv=sys.argv[:1])
