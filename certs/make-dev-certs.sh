#!/usr/bin/env bash
# Makes the certificates and signing keys that development and the demo need. Never for production.
#
#   certs/make-dev-certs.sh [--out DIR] [--force] [--quiet]
#
# Into certs/out, which git ignores:
#   ca.crt ca.key                   the shop's certificate authority
#   foreign-ca.crt foreign-ca.key   an authority nobody here trusts
#   server.crt server.key           localhost, 127.0.0.1, ::1, spiffe://shop.example/ns/shop/sa/orders
#   NAME.crt NAME.key               clients: web billing ops expired wrong-domain foreign
#   token-signing.key .kid          ES256 key for tokens, and the key id it has in jwks.json
#   foreign-token-signing.key .kid  a key that is in no key set the server trusts
#   jwks.json foreign-jwks.json     their public halves (RFC 7517), key ids are RFC 7638 thumbprints
#
# Running it again keeps what is still good and renews what ends within a day or no longer fits its CA.
# Every file appears complete or not at all; keys can be read by their owner only.
set -euo pipefail
umask 077

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$root/out
force=0
quiet=0

usage() { sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

while (($#)); do
  case $1 in
    --out) out=${2:?--out needs a folder}; shift 2 ;;
    --out=*) out=${1#--out=}; shift ;;
    --force) force=1; shift ;;
    --quiet) quiet=1; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "make-dev-certs: unknown argument '$1'" >&2; usage >&2; exit 2 ;;
  esac
done

readonly renew_seconds=86400 ca_days=365 leaf_days=30
readonly trust_domain=shop.example

say() { ((quiet)) || echo "certs: $*"; }

command -v openssl > /dev/null || { echo "make-dev-certs: openssl is not installed" >&2; exit 1; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
# Two runs at the same time take turns; the lock ends with the process.
exec 9> "$out/.lock"
flock 9
work=$(mktemp -d "$out/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# ssl COMMAND...: openssl, silent unless it fails.
ssl() { openssl "$@" 2> "$work/openssl.log" || { cat "$work/openssl.log" >&2; return 1; }; }

new_key() { ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

public_of_key() { openssl pkey -in "$1" -pubout 2> /dev/null; }
public_of_certificate() { openssl x509 -in "$1" -noout -pubkey 2> /dev/null; }

pair_fits() { # CERTIFICATE KEY
  [[ -s $1 && -s $2 ]] && [[ "$(public_of_certificate "$1")" == "$(public_of_key "$2")" ]]
}

lasts() { openssl x509 -in "$1" -noout -checkend "$renew_seconds" > /dev/null 2>&1; }

install_pair() { # FROM_CERTIFICATE FROM_KEY NAME: a stop between the two is seen by pair_fits
  chmod 0600 "$2"
  chmod 0644 "$1"
  mv -f "$2" "$out/$3.key"
  mv -f "$1" "$out/$3.crt"
}

make_ca() { # NAME COMMON_NAME
  local name=$1 cn=$2
  if ((!force)) && pair_fits "$out/$name.crt" "$out/$name.key" && lasts "$out/$name.crt"; then
    say "kept     $name"
    return
  fi
  new_key "$work/$name.key"
  ssl req -x509 -new -sha256 -key "$work/$name.key" -days "$ca_days" -subj "/O=Development only/CN=$cn" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
    -addext subjectKeyIdentifier=hash -out "$work/$name.crt"
  install_pair "$work/$name.crt" "$work/$name.key" "$name"
  say "made     $name"
}

# The lines that decide what a certificate says; kept beside it, so that a change here renews it.
profile() { # COMMON_NAME USAGE SAN CA VALIDITY
  printf 'cn=%s\nusage=%s\nsan=%s\nca=%s\nvalidity=%s\n' "$@"
}

leaf_is_good() { # NAME CA VALIDITY PROFILE
  local name=$1 ca=$2 validity=$3
  pair_fits "$out/$name.crt" "$out/$name.key" || return 1
  [[ -f $out/.$name.profile && "$(< "$out/.$name.profile")" == "$4" ]] || return 1
  # no_check_time: for the expired one, whose being expired is its purpose.
  openssl verify -no_check_time -CAfile "$out/$ca.crt" "$out/$name.crt" > /dev/null 2>&1 || return 1
  [[ $validity == expired ]] || lasts "$out/$name.crt"
}

# `openssl ca` is the one command of OpenSSL 3.0 that takes both ends of a validity.
sign() { # NAME CA VALIDITY USAGE SAN
  local name=$1 ca=$2 validity=$3 usage=$4 san=$5 from to
  if [[ $validity == expired ]]; then
    from=20240101000000Z
    to=20240102000000Z
  else
    from=$(date -u -d '1 hour ago' +%Y%m%d%H%M%SZ)
    to=$(date -u -d "$leaf_days days" +%Y%m%d%H%M%SZ)
  fi
  : > "$work/index.txt"
  cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = dev
[dev]
database = $work/index.txt
rand_serial = yes
default_md = sha256
new_certs_dir = $work
policy = any
x509_extensions = leaf
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = $usage
subjectAltName = $san
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CNF
  ssl ca -batch -notext -config "$work/ca.cnf" -cert "$out/$ca.crt" -keyfile "$out/$ca.key" \
    -startdate "$from" -enddate "$to" -in "$work/$name.csr" -out "$work/$name.crt"
}

make_leaf() { # NAME COMMON_NAME USAGE SAN [CA] [VALIDITY]
  local name=$1 cn=$2 usage=$3 san=$4 ca=${5:-ca} validity=${6:-valid} wanted
  wanted=$(profile "$cn" "$usage" "$san" "$ca" "$validity")
  if ((!force)) && leaf_is_good "$name" "$ca" "$validity" "$wanted"; then
    say "kept     $name"
    return
  fi
  new_key "$work/$name.key"
  ssl req -new -sha256 -key "$work/$name.key" -subj "/O=Development only/CN=$cn" -out "$work/$name.csr"
  sign "$name" "$ca" "$validity" "$usage" "$san"
  install_pair "$work/$name.crt" "$work/$name.key" "$name"
  printf '%s\n' "$wanted" > "$work/profile"
  mv -f "$work/profile" "$out/.$name.profile"
  say "made     $name ($san)"
}

client() { # NAME SPIFFE_ID [CA] [VALIDITY]
  make_leaf "$1" "$1.$trust_domain" clientAuth "URI:$2" "${3:-ca}" "${4:-valid}"
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# A P-256 SubjectPublicKeyInfo ends with the point's two coordinates, 32 bytes each.
coordinate() { # KEY_FILE x|y
  local -a cut=(head -c 32)
  [[ $2 == y ]] && cut=(tail -c 32)
  openssl pkey -in "$1" -pubout -outform DER | tail -c 64 | "${cut[@]}" | base64url
}

make_signing_key() { # NAME JWKS_NAME
  local name=$1 jwks=$2 key=$out/$1.key x y kid
  if ((force)) || ! openssl pkey -in "$key" -noout 2> /dev/null; then
    new_key "$work/$name.key"
    mv -f "$work/$name.key" "$key"
    say "made     $name"
  else
    say "kept     $name"
  fi
  chmod 0600 "$key"
  x=$(coordinate "$key" x)
  y=$(coordinate "$key" y)
  kid=$(printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$x" "$y" \
    | openssl dgst -sha256 -binary | base64url)
  printf '{"keys":[{"kty":"EC","crv":"P-256","x":"%s","y":"%s","kid":"%s","alg":"ES256","use":"sig"}]}\n' \
    "$x" "$y" "$kid" > "$work/$jwks"
  printf '%s\n' "$kid" > "$work/$name.kid"
  chmod 0644 "$work/$jwks" "$work/$name.kid"
  mv -f "$work/$name.kid" "$out/$name.kid"
  mv -f "$work/$jwks" "$out/$jwks"
}

make_ca ca "Shop development CA"
make_ca foreign-ca "Foreign development CA"
make_leaf server orders."$trust_domain" serverAuth \
  "DNS:localhost,IP:127.0.0.1,IP:::1,URI:spiffe://$trust_domain/ns/shop/sa/orders"
client web "spiffe://$trust_domain/ns/shop/sa/web"
client billing "spiffe://$trust_domain/ns/shop/sa/billing"
client ops "spiffe://$trust_domain/ns/ops/sa/admin"
client expired "spiffe://$trust_domain/ns/shop/sa/web" ca expired
client wrong-domain "spiffe://other.example/ns/shop/sa/web"
client foreign "spiffe://$trust_domain/ns/shop/sa/web" foreign-ca
make_signing_key token-signing jwks.json
make_signing_key foreign-token-signing foreign-jwks.json
say "ready in $out"
