"""Makes one signed call to a test server: signing_client.py TARGET FOLDER JWK TOKEN METHOD HEX-OF-REQUEST

Prints the status code's name. FOLDER has ca.crt, client.crt and client.key.
"""

import os
import sys

import grpc

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../services/clients/python"))
import request_signing  # noqa: E402


def main():
    target, folder, jwk, token, method, request = sys.argv[1:]

    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    credentials = grpc.ssl_channel_credentials(read("ca.crt"), read("client.key"), read("client.crt"))
    signing = request_signing.SigningInterceptor(request_signing.load_key(jwk), authority=target)
    with grpc.secure_channel(target, credentials) as channel:
        call = grpc.intercept_channel(channel, signing).unary_unary(
            method, request_serializer=lambda body: body, response_deserializer=lambda body: body
        )
        try:
            call(bytes.fromhex(request), metadata=(("authorization", "Bearer " + token),), timeout=20)
            print("OK")
        except grpc.RpcError as error:
            print(error.code().name)


main()
