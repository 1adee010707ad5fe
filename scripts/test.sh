#!/usr/bin/env bash
# Builds Warden and runs all of its tests, stage by stage; stops at the first stage that fails.
#
#   scripts/test.sh [--stage NAME]... [--no-install]
#
#   format   every C++ file is formatted
#   release  what users build: library, tools and examples with gcc, optimised; the installed package, the benchmarks'
#            smoke runs, monitoring, layers, certificates
#   asan     everything with clang and -Wthread-safety; all other tests under AddressSanitizer and
#            UndefinedBehaviorSanitizer: units and end to end
#
# Only where they are named, or with `--stage all`, since they show little more and take long:
#
#   unit     everything with gcc (preset default), and all tests
#   tidy     clang-tidy finds nothing in the library, the tools and the examples
#   clang    the library builds with clang and -Wthread-safety; not with `all`: asan shows the same
#   demo     scripts/demo.sh; not with `all`
#
# WARDEN_JOBS limits how much runs at once (all cores where unset).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Clones in different folders share compiled objects.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
jobs=${WARDEN_JOBS:-$(nproc)}
stages=()
install=1

while (($#)); do
  case $1 in
    --stage)
      case ${2:-} in
        all) stages+=(format release unit tidy asan) ;;
        format | release | unit | clang | tidy | asan | demo) stages+=("$2") ;;
        *) echo "test: no stage '${2:-}'" >&2; exit 2 ;;
      esac
      shift 2
      ;;
    --no-install) install=0; shift ;;
    -h | --help) sed -n '2,20s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test: unknown argument '$1'" >&2; exit 2 ;;
  esac
done
((${#stages[@]})) || stages=(format release asan)

configure() { # PRESET [ARGUMENT...]: quiet unless it fails
  local log status=0
  log=$(mktemp)
  cmake --preset "$@" > "$log" 2>&1 || status=$?
  ((status == 0)) || cat "$log" >&2
  rm -f "$log"
  return "$status"
}
build() { NINJA_STATUS='[%f/%t] ' cmake --build --preset "$1" --parallel "$jobs"; }

# A test that starves on a busy machine is run a second time; ctest shows both runs.
once_more=(--repeat until-pass:2)

stage_format() { scripts/format.sh --check; }

# The folders of tests that asan leaves out, and those that are always there.
stage_release() {
  configure release -DWARDEN_BUILD_TESTS=ON -DWARDEN_BUILD_EXAMPLES=ON "-DWARDEN_TEST_PARTS=bench;package"
  build release
  ctest --preset release --parallel "$jobs" "${once_more[@]}"
}

stage_unit() {
  configure default -DWARDEN_BUILD_TESTS=ON -DWARDEN_BUILD_EXAMPLES=ON
  build default
  ctest --preset default --parallel "$jobs" "${once_more[@]}"
}

stage_clang() {
  configure thread-safety
  build thread-safety
}

stage_tidy() { WARDEN_JOBS=$jobs scripts/tidy.sh; }

stage_asan() {
  configure asan
  build asan
  # Sanitized programs are slow: what measures time is left to `release`. So is the package, whose consumer is built
  # without sanitizers.
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1 \
    ctest --preset asan --parallel "$jobs" --label-exclude 'bench|package' "${once_more[@]}"
}

stage_demo() { scripts/demo.sh --no-install; }

# What was run so far, shown also when a stage fails.
summary=()
began=0
current=
finish() {
  local status=$?
  [[ -z $current ]] || summary+=("$(printf '%-8s FAILED  %4d s' "$current" "$((SECONDS - began))")")
  if ((${#summary[@]})); then
    printf '\n== summary\n'
    printf '%s\n' "${summary[@]}"
  fi
  ((status == 0)) && echo "test: all stages passed in $SECONDS s"
  return "$status"
}
trap finish EXIT

if ((install)); then
  scripts/packages.sh --test
fi
for current in "${stages[@]}"; do
  printf '\n== stage %s\n' "$current"
  began=$SECONDS
  "stage_$current"
  summary+=("$(printf '%-8s passed  %4d s' "$current" "$((SECONDS - began))")")
done
current=
