"""Runs the example's clients, and compares what they got with what they should."""

import copy
import json
import os
import subprocess
import tempfile

TIMEOUT_SECONDS = 20


class Result:
    """What a client printed with --json: the responses, and the status at the end."""

    def __init__(self, exit_code, stdout, stderr):
        self.exit_code = exit_code
        self.responses = []
        self.status = {}
        self.stderr = stderr.strip()
        for line in stdout.splitlines():
            parsed = json.loads(line)
            if "response" in parsed:
                self.responses.append(parsed["response"])
            else:
                self.status = parsed["status"]

    @property
    def code(self):
        return self.status.get("code", "none")

    @property
    def reason(self):
        return self.status.get("reason", "")

    def notes(self):
        """What else a refusal says, for people."""
        for violation in self.status.get("violations", []):
            yield f"{violation['field']}: {violation['description']} [{violation['rule']}]"
        if "retry_after_seconds" in self.status:
            yield f"retry after {self.status['retry_after_seconds']:.1f} s"


class Expected:
    """How a call should end: gRPC code, ErrorInfo reason, and the reason in the operator's metric."""

    def __init__(self, code, reason="", operator=None):
        self.code = code
        self.reason = reason
        self.operator = operator  # None: the call never reaches the server
        self.responses = None
        self.violations = []
        self.retry = None

    def with_responses(self, count):
        changed = copy.deepcopy(self)
        changed.responses = count
        return changed

    def with_violation(self, field, rule):
        changed = copy.deepcopy(self)
        changed.violations.append((field, rule))
        return changed

    def with_retry(self, least, most):
        changed = copy.deepcopy(self)
        changed.retry = (least, most)
        return changed

    def problems_of(self, result, moved):
        """What is not as expected; nothing where all is well."""
        problems = []
        if result.code != self.code:
            said = result.status.get("message") or result.stderr
            problems.append(f"got {result.code}, not {self.code}: {said}")
        if result.reason != self.reason:
            problems.append(f"reason is '{result.reason}', not '{self.reason}'")
        if result.exit_code != (0 if self.code == "OK" else 1):
            problems.append(f"the client's exit code is {result.exit_code}: {result.stderr}")
        if moved != ([self.operator] if self.operator else []):
            problems.append(f"warden_decisions_total moved for {moved}, not for {self.operator}")
        if self.responses is not None and len(result.responses) != self.responses:
            problems.append(f"{len(result.responses)} responses, not {self.responses}")
        if self.reason and not result.status.get("request_id"):
            problems.append("the refusal has no request id")
        return problems + self._violation_problems(result) + self._retry_problems(result)

    def _violation_problems(self, result):
        got = [(v["field"], v["rule"]) for v in result.status.get("violations", [])]
        problems = [f"no violation of {field} by {rule} in {got}" for field, rule in self.violations
                    if not any(field == f and rule in r.upper() for f, r in got)]
        if len(got) != len(self.violations):
            problems.append(f"violations {got}, expected {len(self.violations)}")
        return problems

    def _retry_problems(self, result):
        delay = result.status.get("retry_after_seconds")
        if self.retry is None:
            return []
        least, most = self.retry
        if delay is None or not least <= delay <= most:
            return [f"retry delay is {delay}, not from {least} to {most} seconds"]
        return []


# The handshake fails: no call exists that could be answered or counted.
TLS_REFUSAL = Expected("UNAVAILABLE")


class Clients:
    """The command lines of the two clients."""

    def __init__(self, build, certs, work, target):
        here = os.path.dirname(os.path.abspath(__file__))
        services = os.path.normpath(os.path.join(here, "..", "..", "services"))
        self.certs = certs
        self.work = work
        self.target = target
        self.programs = {
            "c++": [os.path.join(build, "services", "clients", "cpp", "orders_client")],
            "python": ["/usr/bin/python3", os.path.join(services, "clients", "python", "orders_client.py"),
                       "--stubs", os.path.join(build, "gen", "python")],
        }

    def run(self, client, identity, token, arguments):
        command = self.programs[client] + ["--json", "--target", self.target, "--timeout", "10",
                                           "--ca", os.path.join(self.certs, "ca.crt")]
        if identity is not None:
            command += ["--cert", os.path.join(self.certs, identity + ".crt"),
                        "--key", os.path.join(self.certs, identity + ".key")]
        # A token goes through a file: a process's arguments are for everybody to see.
        with tempfile.NamedTemporaryFile("w", dir=self.work) as token_file:
            if token is not None:
                token_file.write(token)
                token_file.flush()
                command += ["--token-file", token_file.name]
            done = subprocess.run(command + arguments, capture_output=True, text=True, check=False,
                                  timeout=TIMEOUT_SECONDS)
        return Result(done.returncode, done.stdout, done.stderr)
