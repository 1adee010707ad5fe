#!/usr/bin/env bash
# Formats every C++ file of the repository, or with --check fails and names those that are not formatted.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -d '' files < <(git ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h')
case ${1:-} in
  --check) clang-format --dry-run --Werror "${files[@]}" && echo "format: ${#files[@]} files are formatted" ;;
  '') clang-format -i "${files[@]}" ;;
  *) sed -n '2s/^# //p' "$0"; exit 2 ;;
esac
