"""Safetensors files as dictionaries of numpy arrays: through the safetensors package where it is installed, through
the few lines below elsewhere (the format is 8 bytes of length, a JSON header, the data)."""
import json
import struct

import numpy

try:
    from safetensors import numpy as package
except ImportError:
    package = None

TYPES = {"F32": numpy.dtype("<f4"), "I64": numpy.dtype("<i8")}


def reader_name():
    return "the safetensors package" if package else "our own reader"


def read_state(path):
    """Tensors by name."""
    return package.load_file(path) if package else read_plain(path)


def read_plain(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header, data, state = json.loads(content[8:8 + length]), content[8 + length:], {}
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            state[name] = numpy.frombuffer(data[begin:end], TYPES[tensor["dtype"]]).reshape(tensor["shape"]).copy()
    return state


def write_state(path, state):
    """`state` holds numpy arrays by name: float32, and int64 for PyTorch's batch counters."""
    if package:
        package.save_file(state, path)
        return
    header, data = {}, b""
    for name, values in state.items():
        (dtype,) = (key for key, kind in TYPES.items() if kind == values.dtype)
        begin, data = len(data), data + values.tobytes()
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
