#!/usr/bin/env bash
# Installs the Debian 12 packages that Warden builds on. Does nothing where they are all there.
#
#   scripts/packages.sh          what the build and the demo need
#   scripts/packages.sh --test   also what scripts/test.sh needs
#   scripts/packages.sh --monitoring   what the demo needs, and Prometheus
#
# Needs root or sudo, and only where something is missing.
set -euo pipefail

packages=(
  build-essential ca-certificates ccache cmake git mold ninja-build openssl pkg-config python3
  libabsl-dev libbenchmark-dev libcli11-dev libcurl4-openssl-dev libgmock-dev libgrpc++-dev
  libgtest-dev libhiredis-dev libicu-dev libprotobuf-dev libre2-dev libsqlite3-dev libssl-dev libyaml-cpp-dev
  nlohmann-json3-dev prometheus-cpp-dev protobuf-compiler protobuf-compiler-grpc python3-grpcio
  python3-cryptography python3-protobuf
  zlib1g-dev
)
case ${1:-} in
  '') ;;
  --test) packages+=(clang clang-format clang-tidy prometheus redis-server) ;;
  --monitoring) packages+=(prometheus) ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query -W -f '${Status}' "$package" 2> /dev/null) == 'install ok installed' ]] \
    || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "packages: all ${#packages[@]} are installed"
  exit 0
fi

as_root=()
if [[ $(id -u) != 0 ]]; then
  command -v sudo > /dev/null || {
    echo "packages: run as root, or install these yourself: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "packages: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
echo "packages: done"
