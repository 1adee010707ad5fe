"""Signs the requests of a Python client, for methods whose `access` is `signed` (docs/signing.md).

    key = request_signing.load_key("billing-2026.jwk.json")
    interceptor = request_signing.SigningInterceptor(key, authority="orders.shop.example:8443")
    channel = grpc.intercept_channel(grpc.secure_channel(target, credentials), interceptor)

A key is a JWK: {"kty": "oct", "kid": ..., "k": ...} for HMAC-SHA-256, {"kty": "OKP", "crv": "Ed25519", "kid": ...,
"d": ...} for Ed25519, which needs Debian's python3-cryptography.
"""

import base64
import collections
import hashlib
import hmac
import json
import os
import re
import time

import grpc

ENTRY = "x-request-signature"


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Key:
    """A key and its id."""

    def __init__(self, jwk):
        self.id = jwk["kid"]
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", self.id):
            raise ValueError("the key's `kid` has 1 to 64 letters, digits, `.`, `_` and `-`")
        if jwk["kty"] == "oct":
            secret = decode(jwk["k"])
            if len(secret) < 32:
                raise ValueError("the key's secret has fewer than 32 bytes")
            self.sign = lambda text: hmac.new(secret, text, hashlib.sha256).digest()
        elif jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

            self.sign = Ed25519PrivateKey.from_private_bytes(decode(jwk["d"])).sign
        else:
            raise ValueError("the key must be an `oct` or an Ed25519 key")


def load_key(path):
    with open(path, encoding="utf-8") as file:
        return Key(json.load(file))


def signature(key, method, authority, body, created_ms=None, nonce=None):
    """The value of `x-request-signature` for one call; `body` is the serialized request."""
    created_ms = int(time.time() * 1000) if created_ms is None else created_ms
    nonce = encode(os.urandom(16)) if nonce is None else nonce
    parts = ["warden-request-signature-v1", method, authority, key.id, str(created_ms), nonce]
    text = "".join(part + "\n" for part in parts + [hashlib.sha256(body).hexdigest()])
    return f"v1;keyid={key.id};created={created_ms};nonce={nonce};sig={encode(key.sign(text.encode('utf-8')))}"


class _Details(
    collections.namedtuple("_Details", "method timeout metadata credentials wait_for_ready compression"),
    grpc.ClientCallDetails,
):
    pass


class SigningInterceptor(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Signs each unary and server-streaming call. `wants`, where given, says by its path which methods are signed.

    The request is serialized for its digest, and once more by gRPC: it must not be changed in between.
    """

    def __init__(self, key, authority, wants=None):
        self._key = key
        self._authority = authority
        self._wants = wants

    def _signed(self, details, request):
        method = details.method.decode("ascii") if isinstance(details.method, bytes) else details.method
        if self._wants is not None and not self._wants(method):
            return details
        body = request if isinstance(request, bytes) else request.SerializeToString()
        entry = (ENTRY, signature(self._key, method, self._authority, body))
        return _Details(
            details.method,
            details.timeout,
            list(details.metadata or ()) + [entry],
            details.credentials,
            getattr(details, "wait_for_ready", None),
            getattr(details, "compression", None),
        )

    def intercept_unary_unary(self, continuation, client_call_details, request):
        return continuation(self._signed(client_call_details, request), request)

    def intercept_unary_stream(self, continuation, client_call_details, request):
        return continuation(self._signed(client_call_details, request), request)
