#!/usr/bin/env python3
"""docs/metrics.md and what is exported are the same set: names, types, labels and the values that are listed.

    metrics_docs_test.py --build BUILD

Two ways, since no one server has every feature on: each family's name in the sources is documented and each documented
one is in the sources; and what a real server shows is as documented.
"""

import argparse
import os
import re
import sys
import tempfile
import urllib.request

from dashboard_test import ROOT, start_server

ROW = re.compile(r"^\| `(warden_\w+)` \|([^|]*)\|([^|]*)\|([^|]+)\|$")
# A family's name in the sources, a string of its own.
LITERAL = re.compile(r'"(warden_[a-z0-9_]+)"')
NO_METRICS = {"warden_port"}  # a property of gRPC's connections
TYPES = {"counter", "gauge", "histogram"}


def documented(text):
    """Name -> (type, {label: listed values or None}), and what is wrong with the table."""
    metrics, problems = {}, []
    for line in text.splitlines():
        if line.startswith("| `warden_") and not ROW.match(line):
            problems.append(f"not a row of four columns: {line}")
        if not (row := ROW.match(line)):
            continue
        name, kind, labels, _ = row.groups()
        if name in metrics:
            problems.append(f"{name} is documented twice")
        kind = re.split(r"[ ,]", kind.strip())[0]
        if kind not in TYPES:
            problems.append(f"{name}: no type of Prometheus: {kind}")
        if (kind == "counter") != name.endswith("_total"):
            problems.append(f"{name}: counters, and nothing else, end in _total")
        metrics[name] = (kind, labels_of(labels))
    return metrics, problems


def labels_of(cell):
    """`a` (`x`, `y`), `b` -> {"a": {"x", "y"}, "b": None}."""
    labels = {}
    for label, values in re.findall(r"`(\w+)`(?: \(([^)]*)\))?", cell):
        labels[label] = set(re.findall(r"`([^`]+)`", values)) or None
    return labels


def in_sources():
    names = set()
    for parent, _, files in os.walk(os.path.join(ROOT, "interceptors")):
        for file in files:
            if file.endswith((".cc", ".h")):
                with open(os.path.join(parent, file), encoding="utf-8") as source:
                    names |= set(LITERAL.findall(source.read()))
    return names - NO_METRICS


def exported(text):
    """(name, type, [{label: value}]) of each family."""
    families = {}
    kinds = {}
    for line in text.splitlines():
        if found := re.match(r"# TYPE (\S+) (\S+)", line):
            kinds[found[1]] = found[2]
            families[found[1]] = []
        elif line and not line.startswith("#"):
            found = re.match(r"([a-zA-Z0-9_:]+)(?:\{(.*)\})? \S+$", line)
            name = found[1]
            if name not in kinds:
                name = re.sub(r"_(bucket|sum|count)$", "", name)
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""))
            labels.pop("le", None)
            families[name].append(labels)
    return [(name, kinds[name], samples) for name, samples in families.items()]


def compare(metrics, families):
    problems = []
    for name, kind, samples in families:
        if name.startswith("exposer_"):  # prometheus-cpp's own
            continue
        if name not in metrics:
            problems.append(f"{name} is exported and not documented")
            continue
        documented_kind, labels = metrics[name]
        if kind != documented_kind:
            problems.append(f"{name} is a {kind}, documented as a {documented_kind}")
        for sample in samples:
            if set(sample) != set(labels):
                problems.append(f"{name} has labels {sorted(sample)}, documented {sorted(labels)}")
                break
            for label, value in sample.items():
                if labels[label] is not None and value not in labels[label]:
                    problems.append(f"{name}: {label}=\"{value}\" is not documented")
    return problems


def check_self():
    """That differences are found."""
    metrics, problems = documented("| `warden_a_total` | counter | `b` (`x`, `y`) | what |\n"
                                   "| `warden_c` | gauge, 0 or 1 | | what |\n")
    assert not problems and metrics["warden_a_total"] == ("counter", {"b": {"x", "y"}}), (metrics, problems)
    good = '# TYPE warden_a_total counter\nwarden_a_total{b="x"} 1\n# TYPE warden_c gauge\nwarden_c 1\n'
    assert not compare(metrics, exported(good))
    for bad in (good.replace('"x"', '"z"'), good.replace("b=", "d="), good.replace(" counter", " gauge"),
                good.replace("warden_c", "warden_d"), good.replace("warden_c 1", 'warden_c{b="x"} 1')):
        assert compare(metrics, exported(bad)), bad
    assert documented("| `warden_a` | counter | | what |")[1]
    assert documented("| `warden_a` | gauge | | what |\n" * 2)[1]
    assert documented("| `warden_a` | number | | what |")[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    flags = parser.parse_args()
    check_self()
    with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
        metrics, problems = documented(file.read())
    sources = in_sources()
    problems += [f"{name} is in the sources and not in docs/metrics.md" for name in sorted(sources - set(metrics))]
    problems += [f"{name} is in docs/metrics.md and not in the sources" for name in sorted(set(metrics) - sources)]
    with tempfile.TemporaryDirectory() as work:
        server, _, _, port = start_server(flags.build, work)
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
                families = exported(response.read().decode("utf-8"))
        finally:
            server.terminate()
            server.wait(timeout=30)
    if len(families) < 20:
        problems.append(f"only {len(families)} families are exported")
    problems += compare(metrics, families)
    for problem in problems:
        print(problem)
    print(f"{len(metrics)} metrics documented, {len(families)} exported by the example server")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
