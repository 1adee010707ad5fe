"""Runs a real Prometheus with Warden's rules, sped up so that minutes pass in seconds."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MONITORING = os.path.join(ROOT, "services", "monitoring")
# The windows of rules, and how long a condition must hold, in the time of a demo.
FASTER = ((r"\[5m\]", "[20s]"), (r"\[10m\]", "[40s]"), (r"\[1h\]", "[60s]"), (r"\bfor: \w+", "for: 1s"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def faster(text):
    for pattern, replacement in FASTER:
        text = re.sub(pattern, replacement, text)
    return text


class Prometheus:
    """One server on a free port of the loopback address; a context manager."""

    def __init__(self, work, targets, binary="prometheus"):
        self.port = free_port()
        self.log = os.path.join(work, "prometheus.log")
        folder = os.path.join(work, "prometheus")
        os.makedirs(os.path.join(folder, "rules"))
        for name in ("recording.yml", "alerts.yml"):
            with open(os.path.join(MONITORING, "rules", name), encoding="utf-8") as source:
                text = faster(source.read())
            with open(os.path.join(folder, "rules", name), "w", encoding="utf-8") as target:
                target.write(text)
        with open(os.path.join(MONITORING, "prometheus.yml"), encoding="utf-8") as source:
            config = source.read()
        config = re.sub(r"_interval: \w+", "_interval: 1s", config)
        config = re.sub(r'targets: \[.*\]', f"targets: {json.dumps(targets)}", config)
        with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as target:
            target.write(config)
        self.process = None
        self.command = [shutil.which(binary) or binary, f"--config.file={folder}/prometheus.yml",
                        f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"]

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        try:
            self.wait(lambda: self._get("/-/ready") is not None, "be ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _get(self, path):
        # It is local: no proxy has a say in it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            return error.read() if error.code == 400 else None
        except OSError:
            return None

    def wait(self, condition, what, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if condition():
                return
            time.sleep(0.2)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            tail = log.read()[-2000:]
        raise RuntimeError(f"Prometheus did not {what} within {seconds} s:\n{tail}")

    def query(self, expression):
        """The samples of an expression: (labels, value). RuntimeError where it is refused."""
        answer = self._get("/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        parsed = json.loads(answer) if answer else {}
        if parsed.get("status") != "success":
            raise RuntimeError(f"{expression}: {parsed.get('error', 'no answer')}")
        return [(sample["metric"], float(sample["value"][1])) for sample in parsed["data"]["result"]]

    def firing(self):
        """The names of the alerts that fire."""
        return {labels["alertname"] for labels, _ in self.query('ALERTS{alertstate="firing"}')}
