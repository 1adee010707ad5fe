#!/usr/bin/env bash
# Installs a build into a folder of its own, then configures, builds and runs a project that finds it there.
#
#   package_test.sh SOURCE BUILD CMAKE COMPILER GENERATOR
set -euo pipefail

source=$1 build=$2 cmake=$3 compiler=$4 generator=$5
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
server=
cleanup() {
  [[ -z $server ]] || kill "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "package: $*" >&2; exit 1; }
quietly() { "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }; }
configure() { # BUILD-FOLDER ARGUMENT...
  quietly "$cmake" -S "$here/consumer" -B "$1" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" "${@:2}"
}

# Moved after the installation, so that a path of the build that was written down would show.
quietly "$cmake" --install "$build" --prefix "$work/made"
mv "$work/made" "$work/prefix"
"$work/prefix/bin/warden" --help > /dev/null || fail "the installed command line does not run"
if grep -rlF -e "$build" -e "$source" -e "$work/made" "$work/prefix" --include='*.cmake' --include='*.h'; then
  fail "these installed files name folders of the build"
fi
if grep -rl 'Wconversion\|Werror' "$work/prefix"/lib*/cmake --include='*.cmake'; then
  fail "these pass Warden's warnings on to who links it"
fi

configure "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix"
quietly "$cmake" --build "$work/build"

# Its server answers, and refuses by the rules that its proto states.
quietly "$source/certs/make-dev-certs.sh" --quiet --out "$work/certs"
cp "$here"/consumer/*.yaml "$work/certs"
"$work/build/greeter" "$work/certs/warden.yaml" > "$work/port" 2> "$work/server.log" &
server=$!
for ((i = 0; i < 300; i++)); do
  [[ -s $work/port ]] && break
  kill -0 "$server" 2> /dev/null || break
  sleep 0.1
done
[[ -s $work/port ]] || { cat "$work/server.log" >&2; fail "the server did not start"; }
/usr/bin/python3 "$here/call.py" "$(cat "$work/port")" "$work/certs" \
  || { cat "$work/server.log" >&2; fail "the server answered wrongly"; }

# With a method that is not annotated it does not start, and says which.
status=0
timeout 30 "$work/build/greeter" "$work/certs/warden.yaml" forgotten > "$work/out" 2> "$work/err" || status=$?
[[ $status == 1 ]] || fail "a server with a method without annotation ended with $status"
grep -q 'greeter.v1.Forgotten' "$work/err" || { cat "$work/err" >&2; fail "it does not name the method"; }

# Configuring is enough to show that every target resolves in the project that adds Warden's source tree.
configure "$work/subdirectory" -DWARDEN_SOURCE="$source"
echo "package: installed, found, built and served"
