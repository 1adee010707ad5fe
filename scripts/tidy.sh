#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) over Warden's own sources and prints what it finds; fails if that is anything.
#
#   scripts/tidy.sh [PREFIX]...    all sources, or those whose path from the root begins so
#
# Uses, and configures where needed, the build folder of the preset thread-safety, whose compiler is clang.
# WARDEN_JOBS limits how many files are looked at at once (all cores where unset).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in -*) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;; esac
jobs=${WARDEN_JOBS:-$(nproc)}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ # The examples are looked at too; of what is built, only the generated headers matter.
  cmake --preset thread-safety -DWARDEN_BUILD_EXAMPLES=ON &&
    cmake --build --preset thread-safety --parallel "$jobs" --target warden_proto orders_proto
} > "$log" 2>&1 || { cat "$log" >&2; exit 1; }

prefixes=("$@")
((${#prefixes[@]})) || prefixes=(authz interceptors tools services)
files=()
for prefix in "${prefixes[@]}"; do
  mapfile -t -O "${#files[@]}" files < <(
    sed -n "s|^ *\"file\": \"$PWD/\($prefix[^\"]*\)\".*|\1|p" build-clang/compile_commands.json | sort -u)
done
((${#files[@]})) || { echo "tidy: no source begins with: ${prefixes[*]}" >&2; exit 2; }

look() { # FILE: silent where there is nothing to say
  local said
  said=$(clang-tidy --quiet -p build-clang "$1" 2>&1) || { printf '%s\n' "$said"; return 1; }
}
export -f look
printf '%s\0' "${files[@]}" | xargs -0 -P "$jobs" -I{} bash -c 'look "$1"' look {} || exit 1
echo "tidy: ${#files[@]} sources are clean"
