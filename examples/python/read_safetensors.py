"""Reads a policy that `spikegym export RUN --to safetensors` wrote, with nothing but Python's own library.

    python3 read_safetensors.py policy.safetensors

Prints a line an array: name, shape, first value. `read` gives {name: (shape, values)}, values flat, last axis fastest.
"""
import array
import json
import struct
import sys

TYPES = {"F32": "f", "F64": "d", "I32": "i", "U8": "B"}


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        arrays[name] = entry["shape"], array.array(TYPES[entry["dtype"]], data[start:end])
    return arrays


if __name__ == "__main__":
    for name, (shape, values) in sorted(read(sys.argv[1]).items()):
        print(name, shape, values[0])
