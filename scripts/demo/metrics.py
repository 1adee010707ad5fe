"""Reads Prometheus metrics."""

import re
import time
import urllib.request

LINE = re.compile(r"^([a-zA-Z_:][^ {]*(?:\{.*\})?) (\S+)$")
REASON = re.compile(r'^warden_decisions_total\{.*reason="([^"]+)"')
PATIENCE_SECONDS = 3


class Metrics:
    """The metrics of one server."""

    def __init__(self, url):
        self.url = url

    def scrape(self):
        """Name with labels -> value."""
        # The metrics port is local: no proxy has a say in it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url, timeout=5) as response:
            text = response.read().decode("utf-8")
        values = {}
        for line in text.splitlines():
            if not line.startswith("#") and (found := LINE.match(line)):
                values[found[1]] = float(found[2])
        return values

    def decisions(self):
        """Reason -> how many calls ended so, over all methods."""
        counts = {}
        for name, value in self.scrape().items():
            if found := REASON.match(name):
                counts[found[1]] = counts.get(found[1], 0) + value
        return counts

    def wait_for_decision(self, before, expected):
        """The reasons that were counted since `before`, each as often as it was."""
        deadline = time.monotonic() + (PATIENCE_SECONDS if expected else 0)
        while True:
            now = self.decisions()
            moved = [reason for reason in sorted(now)
                     for _ in range(int(now[reason] - before.get(reason, 0)))]
            if moved or time.monotonic() >= deadline:
                return moved
            time.sleep(0.02)
