"""A server whose pictures are drawn without Blender, and a client of bare sockets; run as a program it serves."""

import contextlib
import json
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

from sims.scenes.packs import open_pack
from sims.scenes.unrealcv.commands import TABLE
from sims.scenes.unrealcv.desk import Desk
from sims.scenes.unrealcv.server import Server
from sims.scenes.unrealcv.stage import open_stage
from sims.scenes.unrealcv.studio import Studio
from tests.sims.scenes.flat import Flat

SCENE = {"world_name": "Kitchen", "character_name": "Teapot"}


def open_desk(files=None, renderer=Flat, **factors):
    stage = open_stage(open_pack("basic"), {**SCENE, **factors}, 64, 48)
    return Desk(stage, Studio(renderer), TABLE, files)


@contextlib.contextmanager
def open_server(desk=None, **settings):
    with Server(desk or open_desk(), **{"port": 0, **settings}) as server:
        yield server
    assert server.faults == []


class Raw:
    """A connection that says exactly what it is told to."""

    def __init__(self, address, timeout=20.0):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, (str, Path)) else socket.AF_INET)
        self.socket.settimeout(timeout)
        self.socket.connect(str(address) if isinstance(address, Path) else address)
        self.file = self.socket.makefile("rb")
        self.greeting = self.read()
        self.number = 0

    def read(self):
        """The next payload; None where the server has hung up."""
        with contextlib.suppress(ConnectionError):
            header = self.file.read(8)
            if len(header) == 8:
                magic, length = struct.unpack("<II", header)
                assert magic == 0x9E2B83C1
                return self.file.read(length)
        return None

    def send(self, payload, magic=0x9E2B83C1, length=None):
        self.socket.sendall(struct.pack("<II", magic, len(payload) if length is None else length) + payload)

    def ask(self, command):
        self.number += 1
        self.send(f"{self.number}:{command}".encode())
        number, _, body = self.read().partition(b":")
        assert int(number) == self.number
        return body

    def text(self, command):
        return self.ask(command).decode()

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def main():
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with Server(open_desk(), port=0) as server:
        sys.stdout.write(json.dumps({"port": server.port}) + "\n")
        sys.stdout.flush()
        stop.wait()
    sys.stdout.write(json.dumps({"faults": [repr(fault) for fault in server.faults], "dropped": server.dropped}) + "\n")


if __name__ == "__main__":
    main()
