"""Makes the story's tokens with the `warden` command line: good ones, and ones that must be refused."""

import base64
import json
import os
import subprocess
import time

ISSUER = "https://auth.shop.example"


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def base64url(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


class Mint:
    """Signs with the development keys of certs/make-dev-certs.sh."""

    def __init__(self, warden, certs):
        self.warden = warden
        self.certs = certs

    def _sign(self, key, kid, subject, roles, audience="orders", expires_in="10m"):
        # `=` because a key id may begin with a dash.
        return subprocess.run(
            [self.warden, "token", "mint", "--key", os.path.join(self.certs, key + ".key"),
             "--kid=" + read(os.path.join(self.certs, kid + ".kid")), "--algorithm", "ES256",
             "--issuer", ISSUER, "--subject", subject, "--audience", audience,
             "--expires-in=" + expires_in, "--claim", "roles=" + json.dumps(roles)],
            stdout=subprocess.PIPE, text=True, check=True, timeout=20).stdout.strip()

    def token(self, subject, roles, **options):
        """A genuine token, as far as the options allow."""
        return self._sign("token-signing", "token-signing", subject, roles, **options)

    def forged(self):
        """Says that the server's trusted key signed it, but another did."""
        return self._sign("foreign-token-signing", "token-signing", "customer", ["customer"])

    def foreign(self):
        """Signed by a key that the server does not know, and says so."""
        return self._sign("foreign-token-signing", "foreign-token-signing", "customer", ["customer"])

    def unsigned(self):
        """Claims `alg: none`, with an empty signature (RFC 7519 section 6)."""
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "customer", "aud": "orders", "exp": now + 600, "iat": now,
                  "roles": ["customer"]}
        header = {"alg": "none", "kid": read(os.path.join(self.certs, "token-signing.kid"))}
        return f"{base64url(header)}.{base64url(claims)}."
