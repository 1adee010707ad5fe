#!/usr/bin/env python3
"""The alert rules, each with a history in which it fires and one in which it does not.

Writes a test file for promtool, so that no alert can be left out: every rule of alerts.yml needs an entry here.

    rules_test.py PROMTOOL
"""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
RULES = os.path.join(ROOT, "services", "monitoring", "rules")
BASE = 'job="warden",instance="a:1"'


def decisions(reason, values, method="/orders.v1.OrderService/GetOrder"):
    return f'warden_decisions_total{{{BASE},method="{method}",reason="{reason}"}}', values


def metric(name, values, **labels):
    more = "".join(f',{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{BASE}{more}}}", values


# Alert: (series when it fires, series when it does not, labels of the alert besides alertname and severity, when in
# minutes). A sample a minute. The second history is near the first: what the threshold tells apart.
JOB = {"job": "warden"}
INSTANCE = {"job": "warden", "instance": "a:1"}
CASES = {
    "WardenBruteForce": ([decisions("token_signature", "0+30x20")], [decisions("token_expired", "0+30x20")], JOB, 10),
    "WardenRefusalSpike": ([decisions("permission_denied", "0+6x70 426+600x10")],
                           [decisions("permission_denied", "0+600x80")], JOB, 78),
    "WardenScanning": ([decisions("method_unknown", "0+20x20", method="unknown")],
                       [decisions("method_unknown", "0+1x20", method="unknown")], JOB, 10),
    "WardenCallersBlocked": ([metric("warden_penalty_blocks_total", "0x5 1x20", kind="peer")],
                             [metric("warden_penalty_blocks_total", "3x30", kind="peer")],
                             {**JOB, "kind": "peer"}, 8),
    "WardenCredentialStuffing": ([metric("warden_anomalies_total", "0x5 1x20", kind="credential_stuffing")],
                                 [metric("warden_anomalies_total", "0x5 1x20", kind="refusal_rate")], JOB, 8),
    "WardenMethodScan": ([metric("warden_anomalies_total", "0x5 1x20", kind="scanning")],
                         [metric("warden_anomalies_total", "2x30", kind="scanning")], JOB, 8),
    "WardenTokenInTwoHands": ([metric("warden_anomalies_total", "0x5 1x20", kind="token_from_two_peers")],
                              [metric("warden_anomalies_total", "0x5 1x20", kind="scanning")], JOB, 8),
    "WardenFailuresUntracked": ([metric("warden_failures_untracked_total", "0x5 9x20")],
                                [metric("warden_failures_untracked_total", "9x30")], INSTANCE, 8),
    "WardenBlocksNotShared": ([metric("warden_blocks_sync_age_seconds", "61x30")],
                              [metric("warden_blocks_sync_age_seconds", "59x30")], INSTANCE, 10),
    "WardenInternalErrors": ([decisions("internal", "0x5 1x20")], [decisions("internal", "3x30")], JOB, 8),
    "WardenBreakGlassUsed": ([metric("warden_break_glass_total", "0x5 1x20", method="/a.B/C")],
                             [metric("warden_break_glass_total", "7x30", method="/a.B/C")], JOB, 8),
    "WardenResponseLeak": (
        [metric("warden_responses_total", "0x5 1x20", method="/a.B/C", result="leak", action="detected")],
        [metric("warden_responses_total", "0x5 1x20", method="/a.B/C", result="hidden", action="blocked")],
        {**JOB, "method": "/a.B/C"}, 8),
    "WardenKeySetStale": ([metric("warden_keys_age_seconds", "7000+60x60", issuer="https://i")],
                          [metric("warden_keys_age_seconds", "3600+0x60", issuer="https://i")],
                          {**INSTANCE, "issuer": "https://i"}, 30),
    "WardenKeySetGone": ([metric("warden_keys", "0x30", issuer="https://i")],
                         [metric("warden_keys", "1x30", issuer="https://i")],
                         {**INSTANCE, "issuer": "https://i"}, 10),
    "WardenSignatureStoreDown": ([metric("warden_signature_store_up", "0x30")],
                                 [metric("warden_signature_store_up", "1x30")], INSTANCE, 10),
    "WardenLimitStoreDown": ([metric("warden_limit_store_up", "0x30")],
                             [metric("warden_limit_store_up", "1x30")], INSTANCE, 10),
    "WardenRevocationOutage": ([metric("warden_revocation_outage", "1x30")],
                               [metric("warden_revocation_outage", "0x30")], INSTANCE, 10),
    "WardenRevocationRollback": ([metric("warden_revocation_rollbacks_total", "0x5 1x60")],
                                 [metric("warden_revocation_rollbacks_total", "1x90")], INSTANCE, 20),
    "WardenIntrospectionDown": ([metric("warden_introspection_breaker_open", "1x30")],
                                [metric("warden_introspection_breaker_open", "0x30")], INSTANCE, 10),
    "WardenPolicyReloadFailed": ([metric("warden_reloads_total", "0x5 1x20", file="policy", result="error")],
                                 [metric("warden_reloads_total", "0x5 1x20", file="policy", result="ok")],
                                 {**INSTANCE, "file": "policy", "result": "error"}, 8),
    "WardenReloadFailed": ([metric("warden_reloads_total", "0x5 1x20", file="key_set", result="error")],
                           [metric("warden_reloads_total", "0x5 1x20", file="policy", result="error")],
                           {**INSTANCE, "file": "key_set", "result": "error"}, 8),
    "WardenCertificateExpiring": ([metric("warden_certificate_expiry_timestamp_seconds", f"{6 * 86400}x30")],
                                  [metric("warden_certificate_expiry_timestamp_seconds", f"{9 * 86400}x30")],
                                  INSTANCE, 10),
    "WardenCertificateExpiringNow": ([metric("warden_certificate_expiry_timestamp_seconds", "43200x30")],
                                     [metric("warden_certificate_expiry_timestamp_seconds", f"{6 * 86400}x30")],
                                     INSTANCE, 10),
    "WardenCrlOverdue": ([metric("warden_crl_next_update_timestamp_seconds", "1800x30")],
                         [metric("warden_crl_next_update_timestamp_seconds", "90000x30")], INSTANCE, 10),
    "WardenShadowDifferences": (
        [metric("warden_shadow_differences_total", "0x5 4x60", method="/a.B/C", kind="would_deny")],
        [metric("warden_shadow_differences_total", "4x90", method="/a.B/C", kind="would_deny")],
        {**JOB, "method": "/a.B/C"}, 20),
    "WardenPoliciesDiffer": (
        [metric("warden_policy_info", "1x30", sha256="aa"),
         ('warden_policy_info{job="warden",instance="b:1",sha256="bb"}', "1x30")],
        [metric("warden_policy_info", "1x30", sha256="aa"),
         ('warden_policy_info{job="warden",instance="b:1",sha256="aa"}', "1x30")], JOB, 15),
    "WardenDown": ([metric("up", "0x30")], [metric("up", "1x30")], INSTANCE, 10),
    "WardenNotReady": ([metric("warden_ready", "1 0x30")], [metric("warden_ready", "0 0 1x30")], INSTANCE, 10),
    "WardenDegraded": ([metric("warden_health_check", "0.5x30", check="policy")],
                       [metric("warden_health_check", "0.5x5 1x30", check="policy")],
                       {**INSTANCE, "check": "policy"}, 20),
    "WardenRateLimiterFull": ([metric("warden_rate_limit_shared_decisions_total", "0+5x30")],
                              [metric("warden_rate_limit_shared_decisions_total", "5x30")], INSTANCE, 20),
    "WardenAuditLoss": ([metric("warden_audit_records_total", "0x5 4x20", result="dropped")],
                        [metric("warden_audit_records_total", "0+100x25", result="written"),
                         metric("warden_audit_records_total", "4x25", result="dropped")],
                        {**INSTANCE, "result": "dropped"}, 8),
    "WardenAuditFailing": ([metric("warden_audit_failing", "1x30")], [metric("warden_audit_failing", "0x30")],
                           INSTANCE, 10),
    "WardenRefusalLogLoss": ([metric("warden_refusal_log_dropped_total", "0x5 9x20")],
                             [metric("warden_refusal_log_dropped_total", "9x30")], INSTANCE, 8),
}


def rules():
    """Alert name -> its severity."""
    with open(os.path.join(RULES, "alerts.yml"), encoding="utf-8") as file:
        text = file.read()
    return dict(re.findall(r"- alert: (\w+)\n(?:.*\n)*?\s+labels: \{severity: (\w+)\}", text))


def write_tests(path, severities):
    lines = ["rule_files:", f"  - {RULES}/recording.yml", f"  - {RULES}/alerts.yml", "evaluation_interval: 1m", "tests:"]
    for alert, (fires, quiet, labels, minute) in CASES.items():
        for fired, series in ((True, fires), (False, quiet)):
            lines += [f"  - interval: 1m", f"    name: {alert} {'fires' if fired else 'is quiet'}", "    input_series:"]
            for selector, values in series:
                lines += [f"      - series: '{selector}'", f"        values: '{values}'"]
            # Whether it fires; its texts are looked at below, since promtool wants them word by word.
            query = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
            lines += ["    promql_expr_test:", f"      - expr: '{query}'", f"        eval_time: {minute}m",
                      "        exp_samples:" + ("" if fired else " []")]
            if fired:
                all_labels = {"alertname": alert, "alertstate": "firing", "severity": severities[alert], **labels}
                shown = ",".join(f'{key}="{value}"' for key, value in all_labels.items())
                lines += [f"          - labels: 'ALERTS{{{shown}}}'", "            value: 1"]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return 2 * len(CASES)


def main():
    promtool = sys.argv[1]
    severities = rules()
    missing = set(severities) ^ set(CASES)
    if missing:
        print(f"alerts without a test, or tests without an alert: {sorted(missing)}")
        return 1
    config = os.path.join(ROOT, "services", "monitoring", "prometheus.yml")
    subprocess.run([promtool, "check", "config", config], check=True)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "alerts.test.yml")
        count = write_tests(path, severities)
        result = subprocess.run([promtool, "test", "rules", path], check=False)
    print(f"{count} histories of {len(CASES)} alerts")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main())
