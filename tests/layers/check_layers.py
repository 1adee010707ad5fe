#!/usr/bin/python3
"""Fails where a layer of Warden knows one above it, or where a file has grown too long.

    proto <- authz <- interceptors <- services        (tools: all but services; tests: anything)

Usage: check_layers.py [ROOT]. Prints every problem as file:line: what is wrong; exit code 1 if there is one.
"""

import os
import re
import sys

LAYERS = ("proto", "authz", "interceptors", "services")  # each may include those before it, and itself
MAX_LINES = 400
EXCEPTIONS = "tests/layers/long_files.txt"

# Generated headers stand in no folder of ours: which layer their proto belongs to.
GENERATED = {"warden": "proto", "google/rpc": "proto", "orders": "services"}
# gRPC is known to the gate and to who serves or calls, and to nobody else.
GRPC_HEADER = re.compile(r"^(grpc|grpcpp|grpc\+\+)/|\.grpc\.pb\.h$")
GRPC_FOLDERS = ("interceptors/grpc/", "services/", "tests/")
# authz decides on what it is given: no clock and no socket of its own.
IMPURE_HEADER = re.compile(r"^(absl/time/clock\.h|chrono|sys/time\.h|sys/socket\.h|netdb\.h)$")
IMPURE_CALL = re.compile(r"\babsl::Now\(|_clock::now\(|\bclock_gettime\(|\btime\((nullptr|NULL|0)\)")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?P<quoted>[^"]+)"|<(?P<angled>[^>]+)>)')
IMPORT = re.compile(r'^\s*import\s+(?:public\s+|weak\s+)?"(?P<path>[^"]+)"')
SOURCE_FOLDERS = ("proto", "authz", "interceptors", "services", "tools", "tests", "certs", "scripts", "cmake")
LONG_FILE_SUFFIXES = (".h", ".cc", ".proto", ".py", ".sh", ".cmake", "CMakeLists.txt")


def layer_of_file(path):
    return path.split("/", 1)[0]


def layer_of_include(target):
    """The layer that an include path belongs to; None for what is not ours."""
    top = target.split("/", 1)[0]
    if top in LAYERS or top in ("tools", "tests"):
        return top
    for prefix, layer in GENERATED.items():
        if target.startswith(prefix + "/"):
            return layer
    return None


def may_include(layer, target):
    if layer == "tests" or layer == target:
        return True
    if layer == "tools":
        return target in ("proto", "authz", "interceptors")
    if layer not in LAYERS or target not in LAYERS:
        return False
    return LAYERS.index(target) < LAYERS.index(layer)


def check_include(path, header, quoted):
    layer = layer_of_file(path)
    target = layer_of_include(header)
    if target is not None and not may_include(layer, target):
        return f"{layer} must not include {header}, which belongs to {target}"
    if GRPC_HEADER.search(header) and not path.startswith(GRPC_FOLDERS):
        return f"only {', '.join(GRPC_FOLDERS)} may include gRPC ({header})"
    if layer == "authz" and IMPURE_HEADER.search(header):
        return f"authz has no clock and no socket of its own ({header})"
    if quoted and "/" not in header and not (layer == "tests" and header.endswith(".pb.h")):
        return f"include {header} by its path from the root"
    return None


def check_import(path, imported):
    """Warden's own protos know nobody; an example's protos may know Warden's."""
    if path.startswith("proto/warden/") and layer_of_include(imported) == "services":
        return f"Warden's protos must not import {imported}"
    return None


def check_file(path, text):
    """Yields (line number, message)."""
    for number, line in enumerate(text.splitlines(), start=1):
        problem = None
        if path.endswith((".h", ".cc")) and (found := INCLUDE.match(line)):
            problem = check_include(path, found["quoted"] or found["angled"], found["quoted"] is not None)
        elif path.startswith("authz/") and IMPURE_CALL.search(line):
            problem = "authz has no clock of its own: take the time as an argument"
        elif path.endswith(".proto") and (found := IMPORT.match(line)):
            problem = check_import(path, found["path"])
        if problem is not None:
            yield number, problem


def read_exceptions(root):
    """Path -> (line number, most lines it may have)."""
    exceptions = {}
    name = os.path.join(root, EXCEPTIONS)
    if not os.path.exists(name):
        return exceptions
    with open(name, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip() and not line.startswith("#"):
                path, limit, _ = line.split(maxsplit=2)  # the third is the reason, which must be there
                exceptions[path] = (number, int(limit))
    return exceptions


def source_files(root):
    for folder in SOURCE_FOLDERS:
        for parent, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(f for f in folders if f not in ("out", "__pycache__"))
            for name in sorted(names):
                if name.endswith(LONG_FILE_SUFFIXES):
                    yield os.path.relpath(os.path.join(parent, name), root)


def check_tree(root):
    """All problems, as texts."""
    problems = []
    exceptions = read_exceptions(root)
    files = list(source_files(root))
    for path in files:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        problems += [f"{path}:{number}: {message}" for number, message in check_file(path, text)]
        lines = len(text.splitlines())
        limit = exceptions.get(path, (0, MAX_LINES))[1]
        if lines > limit:
            problems.append(f"{path}:{lines}: longer than {limit} lines; split it by what it does")
        elif path in exceptions and lines <= MAX_LINES:
            problems.append(f"{EXCEPTIONS}:{exceptions[path][0]}: {path} needs no exception any more")
    for path in sorted(set(exceptions) - set(files)):
        problems.append(f"{EXCEPTIONS}:{exceptions[path][0]}: {path} does not exist")
    if not files:
        problems.append(f"{root}: no source files here")
    return problems


def main(argv):
    root = argv[1] if len(argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    problems = check_tree(os.path.abspath(root))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
