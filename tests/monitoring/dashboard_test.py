#!/usr/bin/env python3
"""A real Prometheus scrapes a real server: each query of dashboard and rules is asked, an alert fires and clears.

    dashboard_test.py --build BUILD --prometheus PROMETHEUS
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "scripts", "demo"))
from calls import Clients  # noqa: E402
from metrics import Metrics  # noqa: E402
from monitoring import ALERT, ATTEMPTS, attack  # noqa: E402
from prometheus import MONITORING, Prometheus, faster  # noqa: E402
from tokens import Mint  # noqa: E402

# What is empty on a server without shared revocations, remote keys, streams or a failed reload.
MAY_BE_EMPTY = ("warden_revocation_sync_age_seconds", "warden_streams_ended_total", "warden_shadow_differences_total",
                "warden_observed_refusals_total", "warden_rate_limited_total", "warden_rule_violations_total",
                "warden_reloads_total", "warden_last_reload_success", "ALERTS", "warden_keys_age_seconds",
                "warden_admin_requests_total",
                "warden_blocked_total", "warden_failures_counted_total", "warden_blocks", "warden_delayed_calls",
                "warden_anomalies_total")


def start_server(build, work):
    """The example server with certificates of its own: process, port, metrics port."""
    certs = os.path.join(work, "certs")
    subprocess.run([os.path.join(ROOT, "certs", "make-dev-certs.sh"), "--out", certs, "--quiet"], check=True)
    with open(os.path.join(ROOT, "services", "orders", "warden.yaml"), encoding="utf-8") as source:
        config = source.read().replace("../../certs/out", certs)
    config = config.replace("policy_file: policy.yaml",
                            f"policy_file: {os.path.join(ROOT, 'services', 'orders', 'policy.yaml')}")
    path = os.path.join(work, "warden.yaml")
    with open(path, "w", encoding="utf-8") as target:
        target.write(config)
    log_path = os.path.join(work, "server.log")
    with open(log_path, "wb") as log:
        server = subprocess.Popen(
            [os.path.join(build, "services", "orders", "orders_server"), "--config", path, "--listen", "localhost:0",
             "--metrics", "127.0.0.1:0", "--audit", os.path.join(work, "audit.log")], stdout=log, stderr=log)
    for _ in range(200):
        with open(log_path, encoding="utf-8") as log:
            text = log.read()
        found = [re.search(pattern, text, re.M) for pattern in (r"^listening on port (\d+)", r"^metrics on port (\d+)")]
        if all(found):
            return server, certs, found[0][1], found[1][1]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    server.terminate()
    raise RuntimeError(f"the server did not start:\n{text}")


def expressions():
    """(where, expression) of the dashboard and the rules."""
    with open(os.path.join(MONITORING, "grafana", "warden.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"panel '{panel['title']}'", target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation '{annotation['name']}'", annotation["expr"]
    with open(os.path.join(MONITORING, "rules", "recording.yml"), encoding="utf-8") as file:
        for name in re.findall(r"- record: (\S+)", file.read()):
            yield f"recording rule {name}", name


def ask_all(prometheus):
    """What is wrong with the queries."""
    problems = []
    for where, expression in expressions():
        ready = faster(expression).replace("$job", ".*").replace("$instance", ".*")
        try:
            samples = prometheus.query(ready)
        except RuntimeError as error:
            problems.append(f"{where}: {error}")
            continue
        if not samples and not any(name in expression for name in MAY_BE_EMPTY):
            problems.append(f"{where}: no data: {ready}")
    return problems


def unknown_names(metrics):
    """Names in rules and dashboard that docs/metrics.md does not have, and reasons that no server counts."""
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
        documented = set(re.findall(r"`(warden_\w+)`", file.read()))
    counted = set(metrics.decisions())
    problems = []
    for folder, name in (("rules", "recording.yml"), ("rules", "alerts.yml"), ("grafana", "warden.json")):
        with open(os.path.join(MONITORING, folder, name), encoding="utf-8") as file:
            text = file.read()
        for used in sorted(set(re.findall(r"(?<![:\w])warden_[a-z_]+[a-z](?=[{\[) \"])", text))):
            if re.sub(r"_(bucket|count|sum)$", "", used) not in documented:
                problems.append(f"{name}: docs/metrics.md has no {used}")
        for alternatives in re.findall(r'reason=~"([^"]+)"', text):
            names = [f"{part[0]}{choice}{part[2]}" for piece in split(alternatives)
                     for part in [re.fullmatch(r"(\w*?)(?:\(([^)]*)\))?(\w*)", piece).groups()]
                     for choice in (part[1] or "").split("|")]
            problems += [f"{name}: no server counts reason {reason}" for reason in names if reason not in counted]
    return problems


def split(alternatives):
    """`a|b_(c|d)` -> `a`, `b_(c|d)`."""
    return re.findall(r"\w*\([^)]*\)\w*|\w+", alternatives)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--prometheus", default="prometheus")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        server, certs, port, metrics_port = start_server(flags.build, work)
        try:
            problems = run(flags, work, certs, port, metrics_port)
        finally:
            server.terminate()
            server.wait(timeout=30)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def run(flags, work, certs, port, metrics_port):
    clients = Clients(flags.build, certs, work, f"localhost:{port}")
    mint = Mint(os.path.join(flags.build, "tools", "warden"), certs)
    problems = unknown_names(Metrics(f"http://127.0.0.1:{metrics_port}/metrics"))
    customer = mint.token("customer", ["customer"])
    with Prometheus(work, [f"127.0.0.1:{metrics_port}"], flags.prometheus) as prometheus:
        prometheus.wait(lambda: prometheus.query("up == 1"), "scrape the server")
        if ALERT in prometheus.firing():
            problems.append(f"{ALERT} fires before the attack")
        for _ in range(5):
            if clients.run("c++", "web", customer, ["list"]).code != "OK":
                problems.append("a good call is refused")
        if attack(clients, mint.forged(), ATTEMPTS) != ATTEMPTS:
            problems.append("a forged token was not refused")
        prometheus.wait(lambda: ALERT in prometheus.firing(), f"fire {ALERT}")
        problems += ask_all(prometheus)
        prometheus.wait(lambda: ALERT not in prometheus.firing(), f"clear {ALERT}", seconds=120)
    print(f"{len(list(expressions()))} queries asked, {ALERT} fired and cleared")
    return problems


if __name__ == "__main__":
    sys.exit(main())
