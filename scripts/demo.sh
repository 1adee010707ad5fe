#!/usr/bin/env bash
# Shows Warden at work: builds it, makes certificates and tokens, starts the example server and runs its clients
# through a story of calls, good and bad. Prints what each call got and which metrics it moved.
#
#   scripts/demo.sh [--api callback|sync|both] [--monitoring] [--no-install]
#
# With --monitoring, Debian's Prometheus scrapes the server, and an alert is shown to fire under attack, and to clear.
#
# Runs from a clean clone on Debian 12. Exit code 0 only if every call ended as it should. Leaves nothing running.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# Clones in different folders share compiled objects.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
build=$root/build
certs=$root/certs/out
apis=(callback sync)
install=1
monitoring=0

while (($#)); do
  case $1 in
    --api)
      case ${2:-} in
        both) ;;
        callback | sync) apis=("$2") ;;
        *) echo "demo: --api is callback, sync or both" >&2; exit 2 ;;
      esac
      shift 2
      ;;
    --monitoring) monitoring=1; shift ;;
    --no-install) install=0; shift ;;
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "demo: unknown argument '$1'" >&2; exit 2 ;;
  esac
done

started=$SECONDS
step() { printf '\n== %s (%d s)\n' "$*" "$((SECONDS - started))"; }

work=$(mktemp -d)
server=
stop_server() {
  [[ -n $server ]] || return 0
  kill -TERM "$server" 2> /dev/null || true
  wait "$server" 2> /dev/null || true
  server=
}
clean_up() {
  stop_server
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# start_server API: sets `server`, `port` and `metrics_port`.
start_server() {
  local log=$work/server-$1.log tries
  : > "$log"  # it is read below, perhaps before the server's process has opened it
  "$build/services/orders/orders_server" --config services/orders/warden.yaml --api "$1" \
    --listen localhost:0 --metrics 127.0.0.1:0 --audit "$work/audit-$1.log" > "$log" 2>&1 &
  server=$!
  for ((tries = 0; tries < 200; ++tries)); do
    port=$(sed -n 's/^listening on port \([0-9]*\).*/\1/p' "$log")
    metrics_port=$(sed -n 's/^metrics on port \([0-9]*\).*/\1/p' "$log")
    [[ -n $port && -n $metrics_port ]] && return 0
    kill -0 "$server" 2> /dev/null || break
    sleep 0.1
  done
  echo "demo: the server did not start:" >&2
  cat "$log" >&2
  return 1
}

if ((install)); then
  step "packages"
  if ((monitoring)); then scripts/packages.sh --monitoring; else scripts/packages.sh; fi
fi

step "build"
cmake --preset default > "$work/configure.log" || { cat "$work/configure.log" >&2; exit 1; }
NINJA_STATUS='[%f/%t] ' cmake --build --preset default \
  --target warden_cli orders_server orders_client orders_python_stubs

step "certificates and keys"
certs/make-dev-certs.sh

failed=0
for api in "${apis[@]}"; do
  step "the story, on gRPC's $api API"
  start_server "$api"
  echo "server on port $port, metrics on port $metrics_port"
  timeout 180 /usr/bin/python3 scripts/demo/story.py --build "$build" --certs "$certs" --work "$work" \
    --target "localhost:$port" --metrics "http://127.0.0.1:$metrics_port/metrics" || failed=1
  stop_server
  echo
  echo "the last refusals in the audit log, and whether it is whole:"
  "$build/tools/warden" audit tail "$work/audit-$api.log" -n 3 --filter decision=denied || failed=1
  "$build/tools/warden" audit verify "$work/audit-$api.log" || failed=1
done

if ((monitoring)); then
  step "an attack, as Prometheus sees it"
  start_server callback
  timeout 300 /usr/bin/python3 scripts/demo/monitoring.py --build "$build" --certs "$certs" --work "$work" \
    --target "localhost:$port" --metrics-address "127.0.0.1:$metrics_port" || failed=1
  stop_server
fi

if ((failed)); then
  echo
  echo "demo: FAILED: a call did not end as expected" >&2
  exit 1
fi
step "demo: every call ended as expected"
