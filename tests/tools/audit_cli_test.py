#!/usr/bin/env python3
"""`warden audit verify` and `warden audit tail`, on logs that this file makes by docs/audit.md alone.

    audit_cli_test.py WARDEN
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

WARDEN = sys.argv.pop(1)
KEY = b"k" * 32
NOTHING = "0" * 64


class Chain:
    """Lines of an audit log."""

    def __init__(self, key=None):
        self.key, self.seq, self.last = key, 0, NOTHING

    def line(self, **members):
        self.seq += 1
        members = {"time": "2026-01-31T09:00:00.000000Z", **members}
        text = json.dumps({"seq": self.seq, **members, "prev": self.last}, separators=(",", ":"), ensure_ascii=False)
        hashed = text[:-1].encode("utf-8", "surrogateescape")
        self.last = (hmac.new(self.key, hashed, hashlib.sha256) if self.key else hashlib.sha256(hashed)).hexdigest()
        return hashed + b',"hash":"' + self.last.encode() + b'"}\n'

    def opened(self, cause="created"):
        return self.line(event="opened", cause=cause, chain="hmac-sha256" if self.key else "sha256", schema=1)

    def call(self, **members):
        defaults = {"event": "decision", "decision": "denied", "reason": "permission_denied", "stage": "authorize",
                    "method": "/shop.v1.Orders/Cancel", "principal": "alice", "peer": "spiffe://shop.example/web",
                    "address": "10.0.0.7", "detail": "lacks orders.cancel", "request_id": "id-1"}
        return self.line(**{**defaults, **members})


class AuditCli(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name="audit.log"):
        return os.path.join(self.folder.name, name)

    def write(self, lines, name="audit.log"):
        with open(self.path(name), "wb") as file:
            file.write(b"".join(lines))
        return self.path(name)

    def run_warden(self, *arguments, status=0):
        done = subprocess.run([WARDEN, "audit", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)
        out, err = done.stdout.decode(), done.stderr.decode()
        self.assertEqual(done.returncode, status, f"{arguments}\n{out}{err}")
        return out + err

    def test_verify_accepts_what_the_documentation_describes(self):
        for key in (None, KEY):
            chain = Chain(key)
            first = self.write([chain.opened(), chain.call(), chain.call(dropped=3)], "audit.log.1")
            second = self.write([chain.opened("rotated"), chain.line(event="closed")])
            with open(self.path("key"), "wb") as file:
                file.write(KEY + b"\n")
            options = ["--key-file", self.path("key")] if key else []
            out = self.run_warden("verify", second, first, *options)
            self.assertIn("whole: 5 records in 2 files, 1 to 5, the last of 2026-01-31T09:00:00.000000Z\n", out)
            self.assertIn(f"last hash: {chain.last}\n", out)
            self.assertIn("lost 3 records for want of room", out)
            self.assertIn("--expect-last", out)
            self.assertEqual("make the chain anew" in out, key is None)
            self.run_warden("verify", first, second, "--expect-last", "5", *options)
            out = self.run_warden("verify", first, second, "--expect-last", chain.last, *options)
            self.assertNotIn("--expect-last", out)

    def test_verify_names_the_first_broken_line(self):
        chain = Chain()
        lines = [chain.opened(), chain.call(), chain.call(), chain.call(), chain.line(event="closed")]
        cases = (
            (lines[:2] + [lines[2].replace(b"alice", b"mallo")] + lines[3:], "audit.log:3: was altered"),
            (lines[:2] + lines[3:], "audit.log:3: record 4 follows 2: 1 record between them missing"),
            ([lines[0], lines[2], lines[1]] + lines[3:], "audit.log:2: record 3 follows 1"),
            (lines[1:], "audit.log:1: does not open the file"),
            (lines[:-1] + [lines[-1][:-20]], "audit.log:5: is half-written"),
            ([b"hello\n"], "audit.log:1: is no record of an audit log"),
            ([b"\x1b[2J\n"], "audit.log:1: is no record of an audit log"),
        )
        for changed, expected in cases:
            out = self.run_warden("verify", self.write(changed), status=1)
            self.assertIn("broken: ", out)
            self.assertIn(expected, out)
        path = self.write(lines[:3])
        self.run_warden("verify", path)
        self.assertIn("2 records cut off", self.run_warden("verify", path, "--expect-last", "5", status=1))
        self.assertIn("none has the expected hash",
                      self.run_warden("verify", path, "--expect-last", chain.last, status=1))

    def test_verify_tells_bad_usage_from_a_broken_log(self):
        self.run_warden("verify", self.path("none"), status=2)
        self.run_warden("verify", status=2)
        path = self.write([Chain().opened()])
        self.assertIn("neither a sequence number", self.run_warden("verify", path, "--expect-last", "x", status=2))
        self.assertIn("neither a sequence number", self.run_warden("verify", path, "--expect-last", "0", status=2))
        with open(self.path("short"), "wb") as file:
            file.write(b"short")
        self.assertIn("must have 32", self.run_warden("verify", path, "--key-file", self.path("short"), status=2))

    def test_tail_is_for_people(self):
        chain = Chain()
        path = self.write([chain.opened(), chain.call(trace_id="4bf9", forwarded_by="spiffe://shop.example/edge"),
                           chain.call(decision="allowed", reason="ok", detail="", decided_by="orders.read by role clerk",
                                      dropped=2),
                           chain.call(event="stream_ended", reason="token_expired", stage="stream")])
        self.assertEqual(self.run_warden("tail", path).splitlines(), [
            "2026-01-31T09:00:00.000000Z -- log opened created",
            "2026-01-31T09:00:00.000000Z denied permission_denied /shop.v1.Orders/Cancel by alice via "
            "spiffe://shop.example/web through spiffe://shop.example/edge from 10.0.0.7 at authorize: "
            "lacks orders.cancel [request id-1, trace 4bf9]",
            "2026-01-31T09:00:00.000000Z allowed ok /shop.v1.Orders/Cancel by alice via spiffe://shop.example/web from "
            "10.0.0.7 at authorize (2 records before it were lost) [request id-1]",
            "2026-01-31T09:00:00.000000Z stream_ended denied token_expired /shop.v1.Orders/Cancel by alice via "
            "spiffe://shop.example/web from 10.0.0.7 at stream: lacks orders.cancel [request id-1]",
        ])
        self.assertEqual(len(self.run_warden("tail", path, "-n", "2").splitlines()), 2)
        self.assertEqual(len(self.run_warden("tail", path, "-n", "0").splitlines()), 4)
        as_json = self.run_warden("tail", path, "--json", "-n", "1")
        self.assertEqual(json.loads(as_json)["event"], "stream_ended")
        self.assertTrue(as_json.startswith('{"seq":4,"time"'))

    def test_tail_is_harmless_whatever_the_file_holds(self):
        evil = "\x1b]0;title\x07\u202e\u200b\u0085\n\r"
        chain = Chain()
        path = self.write([chain.call(principal=evil, method=evil, reason=evil), b'"\x1b[2J"\n', b"\xff\x1b\n", b"[1]\n",
                           chain.call(principal=r"back\\slash \x1b")])
        for options in ((), ("--json",)):
            out = self.run_warden("tail", path, *options)
            self.assertEqual([c for c in out if c != "\n" and not " " <= c <= "~"], [], out)
        self.assertIn(r"by \x1b]0;title\x07\u{202e}\u{200b}\u{85}\x0a\x0d via", self.run_warden("tail", path))
        self.assertIn("by back\\\\slash \\x1b via", self.run_warden("tail", path))

    def test_filters(self):
        chain = Chain()
        path = self.write([
            chain.opened(),
            chain.call(request_id="a"),
            chain.call(request_id="b", decision="allowed", reason="ok", method="/shop.v1.Orders/Get"),
            chain.call(request_id="c", principal="bob", time="2020-01-01T00:00:00Z"),
            chain.call(request_id="d", method="/other.v1.S/Get", sampled_one_in=4),
        ])

        def ids(*filters):
            arguments = [word for text in filters for word in ("--filter", text)]
            out = self.run_warden("tail", path, "--json", *arguments)
            return "".join(json.loads(line).get("request_id", "-") for line in out.splitlines())

        self.assertEqual(ids(), "-abcd")
        self.assertEqual(ids("decision=denied"), "acd")
        self.assertEqual(ids("decision=denied method=/shop.v1.Orders/*"), "ac")
        self.assertEqual(ids("decision=denied", "principal=bob"), "c")
        self.assertEqual(ids("decision!=denied"), "-b")
        self.assertEqual(ids("method=*Get"), "bd")
        self.assertEqual(ids("method=/shop*Get"), "b")
        self.assertEqual(ids("principal=*o*"), "c")
        self.assertEqual(ids("sampled_one_in=4"), "d")
        self.assertEqual(ids("seq=3"), "b")
        self.assertEqual(ids("until=2021-01-01T00:00:00Z"), "c")
        self.assertEqual(ids("since=2021-01-01T00:00:00Z decision=*d"), "abd")
        self.assertEqual(ids("api_key=", "principal=alice"), "abd")
        for bad, said in (("decision", "is no NAME=VALUE"), ("desicion=denied", "did you mean `decision`?"),
                          ("since=yesterday", "takes a time"), ("=x", "is no NAME=VALUE")):
            self.assertIn(said, self.run_warden("tail", path, "--filter", bad, status=2))
        self.assertIn("cannot be read", self.run_warden("tail", self.path("none"), status=2))

    def test_follow_goes_on_over_a_rotation(self):
        chain = Chain()
        path = self.write([chain.opened(), chain.call(request_id="first")])
        with subprocess.Popen([WARDEN, "audit", "tail", "--follow", "--filter", "event=decision", path],
                              stdout=subprocess.PIPE, text=True) as tail:
            try:
                self.assertIn("request first", tail.stdout.readline())
                half = chain.call(request_id="second")
                with open(path, "ab") as file:
                    file.write(half[:40])
                    file.flush()
                    time.sleep(0.5)  # so that it is read by halves; right as well if it is not
                    file.write(half[40:])
                self.assertIn("request second", tail.stdout.readline())
                os.rename(path, path + ".1")
                with open(path + ".1", "ab") as file:
                    file.write(chain.call(request_id="third"))
                self.write([chain.opened("reopened"), chain.call(request_id="fourth")])
                self.assertIn("request third", tail.stdout.readline())
                self.assertIn("request fourth", tail.stdout.readline())
            finally:
                tail.kill()


if __name__ == "__main__":
    unittest.main()
