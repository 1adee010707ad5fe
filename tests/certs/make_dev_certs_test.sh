#!/usr/bin/env bash
# That certs/make-dev-certs.sh makes what it says, keeps what is good, and renews what is not.
set -euo pipefail

script=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/certs/make-dev-certs.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out

fail() { echo "FAILED: $*" >&2; exit 1; }
make_certs() { "$script" --out "$out" --quiet || fail make-dev-certs.sh; }
sums() { (cd "$out" && sha256sum ./*.crt ./*.key ./*.json ./*.kid); }
signed_by() { openssl verify -no_check_time -CAfile "$out/$2.crt" "$out/$1.crt" > /dev/null 2>&1; }
san_of() { openssl x509 -in "$out/$1.crt" -noout -ext subjectAltName; }

make_certs
for name in server web billing ops expired wrong-domain; do
  signed_by "$name" ca || fail "$name is not signed by the CA"
done
signed_by foreign foreign-ca || fail "foreign is not signed by the foreign CA"
signed_by foreign ca && fail "foreign is signed by the CA"
openssl x509 -in "$out/expired.crt" -noout -checkend 0 > /dev/null && fail "expired has not expired"
openssl x509 -in "$out/web.crt" -noout -checkend 86400 > /dev/null || fail "web lasts less than a day"
[[ $(san_of web) == *URI:spiffe://shop.example/ns/shop/sa/web* ]] || fail "web has no SPIFFE ID"
[[ $(san_of wrong-domain) == *URI:spiffe://other.example/* ]] || fail "wrong-domain is in the right one"
for name in DNS:localhost 'IP Address:127.0.0.1' 'IP Address:0:0:0:0:0:0:0:1' URI:spiffe://; do
  [[ $(san_of server) == *"$name"* ]] || fail "server has no $name"
done
for key in "$out"/*.key; do
  [[ $(stat -c %a "$key") == 600 ]] || fail "$key can be read by others"
done
grep -q '"d"' "$out/jwks.json" && fail "the key set holds a private key"
grep -q "$(< "$out/token-signing.kid")" "$out/jwks.json" || fail "the key set has another key id"

first=$(sums)
make_certs
[[ $(sums) == "$first" ]] || fail "a second run changed what was good"

echo broken > "$out/web.crt"        # unreadable
cp "$out/ops.key" "$out/billing.key" # a key that does not fit
make_certs
changed=$({ diff <(echo "$first") <(sums) || true; } | sed -n 's/^> .*\.\///p' | sort | tr '\n' ' ')
[[ $changed == "billing.crt billing.key web.crt web.key " ]] || fail "renewed: $changed"

rm "$out/ca.key" # all that hangs on a new CA is new
make_certs
for name in server web billing ops expired wrong-domain; do
  signed_by "$name" ca || fail "$name is not signed by the new CA"
done
[[ $(sums | grep foreign) == "$(echo "$first" | grep foreign)" ]] || fail "the foreign CA changed"

make_certs & other=$! # at the same time
make_certs
wait "$other" || fail "the other of two runs"
signed_by server ca || fail "two runs at once"
[[ -z $(find "$out" -name '.work*') ]] || fail "temporary files are left"

"$script" --no-such-flag 2> /dev/null && fail "an unknown flag passes"
echo passed
