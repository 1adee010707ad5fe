#!/usr/bin/python3
"""Shows an attack as Prometheus sees it: an alert fires while somebody tries tokens, and clears when they stop.

Starts a real Prometheus that scrapes the running order server. Exit code 0 only if the alert fired and cleared.
"""

import argparse
import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from calls import Clients  # noqa: E402
from prometheus import Prometheus  # noqa: E402
from tokens import Mint  # noqa: E402

ALERT = "WardenBruteForce"
ATTEMPTS = 240


def attack(clients, token, attempts):
    """Calls with a forged token; how many were refused."""
    def attempt(_):
        return clients.run("c++", "web", token, ["list"]).code == "UNAUTHENTICATED"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return sum(pool.map(attempt, range(attempts)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--build", "--certs", "--work", "--target", "--metrics-address"):
        parser.add_argument(flag, required=True)
    flags = parser.parse_args()
    clients = Clients(flags.build, flags.certs, flags.work, flags.target)
    forged = Mint(os.path.join(flags.build, "tools", "warden"), flags.certs).forged()
    with Prometheus(flags.work, [flags.metrics_address]) as prometheus:
        print(f"Prometheus on http://127.0.0.1:{prometheus.port}, its windows of 5 minutes shortened to 20 seconds")
        prometheus.wait(lambda: prometheus.query("up == 1"), "scrape the server")
        before = prometheus.firing()
        print(f"alerts that fire: {', '.join(sorted(before)) or 'none'}")
        started = time.monotonic()

        def elapsed():
            return f"{time.monotonic() - started:5.1f} s"
        refused = attack(clients, forged, ATTEMPTS)
        print(f"{elapsed()}  {ATTEMPTS} calls with a forged token, {refused} of them refused", flush=True)
        prometheus.wait(lambda: ALERT in prometheus.firing(), f"fire {ALERT}")
        for labels, value in prometheus.query("job:warden_bad_credentials:increase5m"):
            print(f"{elapsed()}  {ALERT} fires: {value:.0f} bad credentials for job {labels['job']}", flush=True)
        prometheus.wait(lambda: ALERT not in prometheus.firing(), f"clear {ALERT}", seconds=120)
        print(f"{elapsed()}  {ALERT} has cleared")
    return 0 if refused == ATTEMPTS and ALERT not in before else 1


if __name__ == "__main__":
    sys.exit(main())
