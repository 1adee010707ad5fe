#!/usr/bin/python3
"""That check_layers.py finds what it is for: a bad include planted in a small tree is named."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_layers  # noqa: E402


def problems_of(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return check_layers.check_tree(root)


class GoodTree(unittest.TestCase):
    def test_arrows_that_point_down_pass(self):
        self.assertEqual([], problems_of({
            "proto/warden/v1/a.proto": 'import "google/protobuf/descriptor.proto";\n',
            "proto/orders/v1/o.proto": 'import "warden/v1/a.proto";\n',
            "authz/a.h": '#include <string>\n#include "warden/v1/a.pb.h"\n#include "authz/b.h"\n',
            "interceptors/i.h": '#include "authz/a.h"\n#include "absl/time/clock.h"\n',
            "interceptors/grpc/g.h": '#include <grpcpp/server.h>\n#include "interceptors/i.h"\n',
            "services/s.cc": '#include <grpcpp/server.h>\n#include "orders/v1/o.grpc.pb.h"\n',
            "tools/t.cc": '#include "interceptors/i.h"\n',
            "tests/e.cc": '#include "services/s.h"\n#include <grpcpp/channel.h>\n',
        }))


class PlantedInclude(unittest.TestCase):
    def check(self, path, line, expected):
        found = problems_of({path: "// a comment\n" + line + "\n"})
        self.assertEqual(1, len(found), found)
        self.assertTrue(found[0].startswith(path + ":2: "), found[0])
        self.assertIn(expected, found[0])

    def test_arrows_that_point_back(self):
        for path, header in (
            ("authz/a.h", "interceptors/call.h"),
            ("authz/token/a.cc", "services/orders/order_book.h"),
            ("authz/a.cc", "orders/v1/orders.pb.h"),
            ("authz/a.cc", "tools/warden/commands.h"),
            ("interceptors/a.cc", "services/orders/order_book.h"),
            ("interceptors/rules/a.cc", "orders/v1/orders.pb.h"),
            ("services/a.cc", "tools/warden/commands.h"),
            ("services/a.cc", "tests/e2e/harness.h"),
            ("tools/a.cc", "services/orders/order_book.h"),
        ):
            with self.subTest(path=path, header=header):
                self.check(path, f'#include "{header}"', "must not include " + header)

    def test_grpc_outside_the_gate(self):
        for path in ("authz/a.h", "interceptors/stages/a.h", "interceptors/a.cc", "tools/a.cc"):
            for include in ("<grpcpp/server_context.h>", "<grpc/grpc.h>", '"grpcpp/server.h"'):
                with self.subTest(path=path, include=include):
                    self.check(path, "#  include " + include, "may include gRPC")

    def test_clock_or_socket_in_authz(self):
        for header in ('"absl/time/clock.h"', "<chrono>", "<sys/socket.h>"):
            with self.subTest(header=header):
                self.check("authz/token/a.cc", "#include " + header, "no clock and no socket")

    def test_clock_call_in_authz(self):
        for call in ("absl::Now()", "std::chrono::system_clock::now()", "time(nullptr)"):
            with self.subTest(call=call):
                self.check("authz/token/a.cc", f"auto now = {call};", "no clock of its own")

    def test_include_without_a_path(self):
        self.check("authz/a.cc", '#include "peer.h"', "by its path from the root")

    def test_proto_that_knows_an_example(self):
        self.check("proto/warden/v1/a.proto", 'import "orders/v1/orders.proto";', "must not import")


class LongFiles(unittest.TestCase):
    LINES = "// line\n"

    def test_400_lines_pass_and_401_do_not(self):
        self.assertEqual([], problems_of({"authz/a.cc": self.LINES * 400}))
        self.assertEqual(["authz/a.cc:401: longer than 400 lines; split it by what it does"],
                         problems_of({"authz/a.cc": self.LINES * 401}))

    def test_an_exception_has_a_limit_of_its_own(self):
        exceptions = {check_layers.EXCEPTIONS: "authz/a.cc 500 one table\n"}
        self.assertEqual([], problems_of({"authz/a.cc": self.LINES * 500, **exceptions}))
        self.assertEqual(1, len(problems_of({"authz/a.cc": self.LINES * 501, **exceptions})))

    def test_an_exception_must_be_needed(self):
        exceptions = {check_layers.EXCEPTIONS: "authz/a.cc 500 one table\n"}
        self.assertIn("needs no exception", problems_of({"authz/a.cc": self.LINES, **exceptions})[0])
        self.assertIn("does not exist", problems_of({"authz/b.cc": self.LINES, **exceptions})[0])


class EmptyTree(unittest.TestCase):
    def test_finding_nothing_is_no_success(self):
        self.assertEqual(1, len(problems_of({})))


if __name__ == "__main__":
    unittest.main()
