#!/usr/bin/python3
"""The story that scripts/demo.sh tells: calls to a running order server, good and bad.

Prints one row for each call, then the metrics that the story moved. Exit code 0 only if every call got the status, the
machine-readable reason and the metric that it should.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from calls import Clients, Expected, TLS_REFUSAL  # noqa: E402
from metrics import Metrics  # noqa: E402
from tokens import Mint  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.normpath(os.path.join(HERE, "..", "..", "services", "orders", "sample_import.jsonl"))
COLUMNS = (("who", 24), ("call", 24), ("expected", 20), ("got", 20), ("reason for the client", 21),
           ("for the operator", 19))


class Story:
    """Runs the calls, compares, and prints the rows."""

    def __init__(self, clients, metrics):
        self.clients = clients
        self.metrics = metrics
        self.rows = 0
        self.failures = []
        print("     " + " ".join(name.ljust(width) for name, width in COLUMNS))
        print("     " + " ".join("-" * width for _, width in COLUMNS))

    def call(self, who, what, identity, token, arguments, expected, client="c++"):
        """One row. Returns the responses."""
        before = self.metrics.decisions()
        result = self.clients.run(client, identity, token, arguments)
        moved = self.metrics.wait_for_decision(before, expected.operator)
        problems = expected.problems_of(result, moved)
        self.rows += 1
        shown = (who, what, expected.code, result.code, result.reason or "-", ", ".join(moved) or "-")
        cells = " ".join(text.ljust(width) for text, (_, width) in zip(shown, COLUMNS))
        print(f"{'ok  ' if not problems else 'FAIL'} {cells}".rstrip(), flush=True)
        for note in result.notes():
            print(f"         {note}")
        for problem in problems:
            print(f"         !! {problem}")
            self.failures.append(f"{who}, {what}: {problem}")
        return result.responses


def tell(story, mint):
    """The calls, in order."""
    customer = mint.token("customer", ["customer"])
    second = mint.token("second-customer", ["customer"])
    reader = mint.token("reader", ["reader"])
    ok = Expected("OK", operator="ok")

    # Allowed.
    placed = story.call("web, customer", "create", "web", customer, ["create", "--item", "TEA-0042:2:1250"],
                        ok.with_responses(1))
    order_id = placed[0]["id"] if placed else "none"
    story.call("web, customer", "list (server stream)", "web", customer, ["list"], ok.with_responses(1))
    story.call("web, customer", "watch (server stream)", "web", customer,
               ["watch", "--existing", "--max-events", "1"], ok.with_responses(1))
    story.call("web, customer", "track (bidi stream)", "web", customer, ["track", order_id, order_id],
               ok.with_responses(2))
    story.call("billing, by certificate", "import (client stream)", "billing", None, ["import", SAMPLE],
               ok.with_responses(1))
    story.call("web, certificate only", "status (public)", "web", None, ["status"], ok.with_responses(1))
    # The handler's own rule: the gate lets this one through.
    story.call("web, another customer", "get the first's order", "web", second, ["get", order_id],
               Expected("NOT_FOUND", operator="ok"))

    # Refused by the connection.
    story.call("no certificate", "status (public)", None, None, ["status"], TLS_REFUSAL)
    story.call("foreign CA's certificate", "status (public)", "foreign", None, ["status"], TLS_REFUSAL)
    story.call("expired certificate", "status (public)", "expired", None, ["status"], TLS_REFUSAL)
    story.call("wrong trust domain", "status (public)", "wrong-domain", None, ["status"],
               Expected("UNAUTHENTICATED", "PEER_NOT_ACCEPTED", "peer_not_trusted"))

    # Refused by the token.
    invalid = "CREDENTIALS_INVALID"
    for who, token, expected in (
        ("web, no token", None, Expected("UNAUTHENTICATED", "CREDENTIALS_MISSING", "credentials_missing")),
        ("web, expired token", mint.token("customer", ["customer"], expires_in="-5m"),
         Expected("UNAUTHENTICATED", "CREDENTIALS_EXPIRED", "token_expired")),
        ("web, forged token", mint.forged(), Expected("UNAUTHENTICATED", invalid, "token_signature")),
        ("web, unknown key", mint.foreign(), Expected("UNAUTHENTICATED", invalid, "token_key_unknown")),
        ("web, token for another", mint.token("customer", ["customer"], audience="billing"),
         Expected("UNAUTHENTICATED", invalid, "token_audience")),
        ("web, token with alg none", mint.unsigned(), Expected("UNAUTHENTICATED", invalid, "token_algorithm")),
    ):
        story.call(who, "create", "web", token, ["create"], expected)

    # Refused by role.
    denied = Expected("PERMISSION_DENIED", "PERMISSION_DENIED", "permission_denied")
    story.call("web, reader", "create", "web", reader, ["create"], denied)
    story.call("web, customer", "import (client stream)", "web", customer, ["import", SAMPLE], denied)
    story.call("web, no token", "track (bidi stream)", "web", None, ["track", order_id],
               Expected("UNAUTHENTICATED", "CREDENTIALS_MISSING", "credentials_missing"))

    # Refused by the request.
    broken = Expected("INVALID_ARGUMENT", "REQUEST_INVALID", "request_invalid")
    story.call("web, customer", "get, id is no UUID", "web", customer, ["get", "42"],
               broken.with_violation("id", "UUID"))
    story.call("web, customer", "create, two bad fields", "web", customer,
               ["create", "--item", "TEA-0042:1:100", "--item", "CUP-0007:0:100", "--country", "Britain"],
               broken.with_violation("items[1].quantity", "GTE").with_violation("ship_to.country_code", "PATTERN"))
    story.call("web, customer (Python)", "create, bad sku", "web", customer, ["create", "--sku", "tea"],
               broken.with_violation("items[0].sku", "PATTERN"), client="python")

    # Refused by the limit: three cancels at once, then one every ten seconds.
    story.call("web, customer", "cancel", "web", customer, ["cancel", order_id, "--reason", "too much tea"],
               ok.with_responses(1))
    for _ in range(2):
        story.call("web, customer", "cancel again", "web", customer, ["cancel", order_id],
                   Expected("FAILED_PRECONDITION", operator="ok"))
    story.call("web, customer", "cancel, over the limit", "web", customer, ["cancel", order_id],
               Expected("RESOURCE_EXHAUSTED", "RATE_LIMITED", "rate_limited").with_retry(0.1, 10))
    story.call("web, another customer", "cancel, own limit", "web", second, ["cancel", order_id],
               Expected("NOT_FOUND", operator="ok"))
    story.call("web, customer (Python)", "list (server stream)", "web", customer, ["list"],
               ok.with_responses(1), client="python")


def print_metrics(before, after):
    """The lines that moved, of what an operator looks at: counters, and the histograms' counts."""
    print("\nmetrics that moved:")
    shown = re.compile(r"^warden_.*(_total|_seconds_count)(\{|$)")
    for name in sorted(after):
        difference = after[name] - before.get(name, 0)
        if difference and shown.match(name):
            print(f"  {name}  {before.get(name, 0):g} -> {after[name]:g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--build", "--certs", "--work", "--target", "--metrics"):
        parser.add_argument(flag, required=True)
    flags = parser.parse_args()
    metrics = Metrics(flags.metrics)
    clients = Clients(flags.build, flags.certs, flags.work, flags.target)
    before = metrics.scrape()
    story = Story(clients, metrics)
    tell(story, Mint(os.path.join(flags.build, "tools", "warden"), flags.certs))
    print_metrics(before, metrics.scrape())
    print(f"\n{story.rows} calls, {len(story.failures)} problems")
    for failure in story.failures:
        print(f"  {failure}")
    return 1 if story.failures or story.rows == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
