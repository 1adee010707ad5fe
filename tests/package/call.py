#!/usr/bin/python3
"""Calls the greeter over mutual TLS: call.py PORT CERTIFICATES. Fails where an answer is not the right one."""

import sys

import grpc


def main(port, folder):
    def read(name):
        with open(f"{folder}/{name}", "rb") as file:
            return file.read()

    credentials = grpc.ssl_channel_credentials(read("ca.crt"), read("web.key"), read("web.crt"))
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
        # Bytes in, bytes out: the one field of both messages is a string with number 1.
        greet = channel.unary_unary("/greeter.v1.Greeter/Greet")
        answer = greet(b"\x0a\x03Ada", timeout=10)
        expected = b"hello Ada from spiffe://shop.example/"
        assert answer[2:].startswith(expected), f"{answer!r} does not say {expected!r}"
        try:
            answer = greet(b"", timeout=10)
            raise AssertionError(f"a request that breaks a rule was answered: {answer!r}")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error


main(sys.argv[1], sys.argv[2])
