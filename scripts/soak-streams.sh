#!/usr/bin/env bash
# Sends many streams, a third of them with an invalid message, through a guarded server, half of them on each API, and
# fails if one such message was delivered. With a sanitized build it also finds what leaks.
#
#   scripts/soak-streams.sh [BUILD [STREAMS]]    build-asan and 100000 where absent
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build-asan}
streams=${2:-100000}
# Two APIs, and two methods of each.
WARDEN_TEST_STREAMS=$((streams / 4)) \
  exec "$build/tests/e2e/e2e_messages_test" --gtest_filter='*OfManyStreams*'
