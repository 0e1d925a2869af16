"""Messages between a renderer and its workers: one JSON document and named arrays, over a socket.

A message is the lengths of its two parts (8 bytes each, little-endian), the document, and the arrays' bytes one after
another; the document's key `arrays` says their names, types and shapes. Knows nothing but NumPy, so that the worker,
whose Python has nothing of ours, can read it too.
"""

import json
import math
import socket
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTHS = struct.Struct("<QQ")
LARGEST = 1 << 32
"""Bytes of a message beyond which its lengths are surely garbage."""


class WireError(RuntimeError):
    """The other side has gone, or sends what is no message."""


def send(to: socket.socket, document: dict[str, Any], arrays: dict[str, NDArray[Any]] | None = None) -> None:
    """Send a document and arrays.

    Raises:
        WireError: the other side has gone. TimeoutError: it does not read.
    """
    whole = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    listed = [[name, array.dtype.str, array.shape] for name, array in whole.items()]
    text = json.dumps({**document, "arrays": listed}).encode()
    try:
        to.sendall(LENGTHS.pack(len(text), sum(array.nbytes for array in whole.values())) + text)
        for array in whole.values():
            to.sendall(array.tobytes())
    except (BrokenPipeError, ConnectionError) as error:
        raise WireError("the other side has gone") from error


def receive(source: socket.socket) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The next message.

    Raises:
        WireError: the other side has gone, or sends what is no message. TimeoutError: it sends nothing for too long.
    """
    n_text, n_bytes = LENGTHS.unpack(_exactly(source, LENGTHS.size))
    if max(n_text, n_bytes) > LARGEST:
        raise WireError(f"a message of {max(n_text, n_bytes)} bytes: what arrives is no message")
    document = json.loads(bytes(_exactly(source, n_text)))
    data, arrays, at = _exactly(source, n_bytes), {}, 0
    for name, kind, shape in document.pop("arrays"):
        count = math.prod(shape)
        arrays[name] = np.frombuffer(data, np.dtype(kind), count, at).reshape(shape)
        at += arrays[name].nbytes
    return document, arrays


def _exactly(source: socket.socket, n: int) -> bytearray:
    data = bytearray(n)
    view, got = memoryview(data), 0
    while got < n:
        try:
            more = source.recv_into(view[got:])
        except ConnectionError as error:
            raise WireError("the other side has gone") from error
        if more == 0:
            raise WireError("the other side has gone")
        got += more
    return data
