"""Safetensors files as dictionaries of numpy arrays: through the safetensors package where it is installed, through
the few lines below elsewhere (the format is 8 bytes of length, a JSON header, the data)."""
import json
import struct

import numpy

try:
    from safetensors import numpy as package
except ImportError:
    package = None


def reader_name():
    return "safetensors package" if package else "own reader"


def read_state(path):
    """Float32 tensors by name."""
    return package.load_file(path) if package else read_plain(path)


def read_plain(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    state = {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        if tensor["dtype"] != "F32":
            raise ValueError(f"{path}: {name}: dtype {tensor['dtype']}, expected F32")
        begin, end = tensor["data_offsets"]
        values = numpy.frombuffer(content[8 + length + begin:8 + length + end], "<f4")
        state[name] = values.reshape(tensor["shape"]).copy()
    return state


def write_state(path, state):
    """`state` holds float32 numpy arrays by name."""
    if package:
        package.save_file(state, path)
        return
    header, data = {}, b""
    for name, values in state.items():
        content = numpy.ascontiguousarray(values, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
