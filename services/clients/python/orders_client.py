#!/usr/bin/python3
"""A second client of the order service, in Python: that refusals explain themselves in any language.

    orders_client.py --target localhost:8443 --ca ca.crt --cert web.crt --key web.key --token-file token list

Needs Debian's python3-grpcio and python3-protobuf, and the stubs that the build makes in build/gen/python
(elsewhere: --stubs DIR). Exit code 0 for a call that was answered, 1 for one that was refused, 2 for wrong usage.
"""

import argparse
import json
import os
import sys

import grpc


def parse_arguments(argv):
    here = os.path.dirname(os.path.abspath(__file__))
    default_stubs = os.path.join(here, "..", "..", "..", "build", "gen", "python")
    parser = argparse.ArgumentParser(description="A client of the order service")
    parser.add_argument("--target", default="localhost:8443", help="HOST:PORT of the server")
    parser.add_argument("--ca", required=True, help="who may sign the server's certificate, in PEM")
    parser.add_argument("--cert", help="the client's certificate, in PEM")
    parser.add_argument("--key", help="the certificate's private key, in PEM")
    parser.add_argument("--token-file", help="a file with the bearer token to send")
    parser.add_argument("--timeout", type=float, default=10, help="seconds that a call may take")
    parser.add_argument("--stubs", default=default_stubs, help="folder of the generated stubs")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each response, then the status")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="ask whether the shop is open")
    commands.add_parser("whoami", help="ask whom the server takes the caller for")
    commands.add_parser("list", help="list the caller's orders")
    get = commands.add_parser("get", help="show one order")
    get.add_argument("id")
    create = commands.add_parser("create", help="place an order")
    create.add_argument("--sku", default="TEA-0042")
    create.add_argument("--quantity", type=int, default=1)
    create.add_argument("--country", default="GB")
    arguments = parser.parse_args(argv)
    if bool(arguments.cert) != bool(arguments.key):
        parser.error("--cert and --key go together")
    return arguments


def read(path):
    with open(path, "rb") as file:
        return file.read()


def open_channel(arguments):
    credentials = grpc.ssl_channel_credentials(
        root_certificates=read(arguments.ca),
        private_key=read(arguments.key) if arguments.key else None,
        certificate_chain=read(arguments.cert) if arguments.cert else None,
    )
    return grpc.secure_channel(arguments.target, credentials)


def metadata_of(arguments):
    if not arguments.token_file:
        return ()
    return (("authorization", "Bearer " + read(arguments.token_file).decode("ascii").strip()),)


def responses(stub, orders_pb2, arguments):
    """Makes the call, and yields its responses as they come."""
    options = {"timeout": arguments.timeout, "metadata": metadata_of(arguments)}
    if arguments.command == "status":
        yield stub.GetStatus(orders_pb2.GetStatusRequest(), **options)
    elif arguments.command == "whoami":
        yield stub.WhoAmI(orders_pb2.WhoAmIRequest(), **options)
    elif arguments.command == "get":
        yield stub.GetOrder(orders_pb2.GetOrderRequest(id=arguments.id), **options)
    elif arguments.command == "create":
        yield stub.CreateOrder(create_request(orders_pb2, arguments), **options)
    else:
        yield from stub.ListOrders(orders_pb2.ListOrdersRequest(), **options)


def create_request(orders_pb2, arguments):
    return orders_pb2.CreateOrderRequest(
        items=[orders_pb2.Item(sku=arguments.sku, quantity=arguments.quantity, unit_price_cents=1250)],
        ship_to=orders_pb2.Address(
            recipient="The tea kitchen",
            street="1 Example Road",
            city="Exampleton",
            postal_code="EX1 2AB",
            country_code=arguments.country,
        ),
        currency="EUR",
    )


def outcome_of(error, status_pb2, error_details_pb2):
    """What a refusal says about itself: the google.rpc details of its grpc-status-details-bin trailer."""
    outcome = {"code": error.code().name, "message": error.details() or "", "reason": "", "domain": "",
               "request_id": "", "violations": []}
    trailers = dict(error.trailing_metadata() or ())
    outcome["request_id"] = trailers.get("x-request-id", "")
    status = status_pb2.Status()
    try:
        status.ParseFromString(trailers.get("grpc-status-details-bin", b""))
    except ValueError:  # protobuf's DecodeError: a broken trailer is as good as none
        return outcome
    info = error_details_pb2.ErrorInfo()
    retry = error_details_pb2.RetryInfo()
    bad_request = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(info):
            outcome["reason"], outcome["domain"] = info.reason, info.domain
        elif detail.Unpack(retry):
            outcome["retry_after_seconds"] = retry.retry_delay.ToNanoseconds() / 1e9
        elif detail.Unpack(bad_request):
            outcome["violations"] = [
                {"field": violation.field, "rule": violation.reason, "description": violation.description}
                for violation in bad_request.field_violations
            ]
    return outcome


def print_refusal(outcome):
    print(f"refused: {outcome['code']}: {outcome['message']}", file=sys.stderr)
    if outcome["reason"]:
        print(f"  reason:      {outcome['reason']} ({outcome['domain']})", file=sys.stderr)
    for violation in outcome["violations"]:
        print(f"  field:       {violation['field']}: {violation['description']} [{violation['rule']}]",
              file=sys.stderr)
    if "retry_after_seconds" in outcome:
        print(f"  retry after: {outcome['retry_after_seconds']:.1f} s", file=sys.stderr)
    if outcome["request_id"]:
        print(f"  request id:  {outcome['request_id']}", file=sys.stderr)


def main(argv):
    arguments = parse_arguments(argv)
    sys.path.insert(0, os.path.abspath(arguments.stubs))
    # The stubs are where --stubs says, which is known only now.
    try:
        # pylint: disable=import-outside-toplevel
        from google.protobuf import json_format
        from google.rpc import error_details_pb2, status_pb2
        from orders.v1 import orders_pb2, orders_pb2_grpc
    except ImportError as error:
        print(f"orders_client.py: no stubs in {arguments.stubs}: {error}", file=sys.stderr)
        return 2

    outcome = {"code": "OK", "message": "", "reason": "", "domain": "", "request_id": "", "violations": []}
    try:
        with open_channel(arguments) as channel:
            stub = orders_pb2_grpc.OrderServiceStub(channel)
            for response in responses(stub, orders_pb2, arguments):
                shown = json_format.MessageToDict(response, preserving_proto_field_name=True)
                print(json.dumps({"response": shown} if arguments.json else shown), flush=True)
    except OSError as error:
        print(f"orders_client.py: {error}", file=sys.stderr)
        return 2
    except grpc.RpcError as error:
        outcome = outcome_of(error, status_pb2, error_details_pb2)
    if arguments.json:
        print(json.dumps({"status": outcome}), flush=True)
    elif outcome["code"] != "OK":
        print_refusal(outcome)
    return 0 if outcome["code"] == "OK" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
