"""Seeded garbage for the server, and how it takes it."""

import contextlib
import json
import random
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from sims.scenes.unrealcv.commands import TABLE
from sims.scenes.unrealcv.stage import MOST_ACTORS, MOST_CAMERAS
from tests.sims.scenes.unrealcv.doubled import Raw

MAGIC = struct.pack("<I", 0x9E2B83C1)
PATTERNS = [c.pattern for c in TABLE.commands if "vert" not in c.pattern and "/level" not in c.pattern]
PICTURES = re.compile("lit|depth|normal|mask|seg|flow|screenshot|size")


WHOLE = ["lit png", "depth npy", "normal npy", "object_mask bmp", "optical_flow png"]


class Result(NamedTuple):
    frames: int
    malformed: int
    seconds: float
    growth_mb: float
    asked: int
    median_ms: float
    slowest_ms: float
    faults: list


def command(rng):
    pattern = rng.choice(PATTERNS)
    while PICTURES.search(pattern) and rng.random() < 0.995:
        pattern = rng.choice(PATTERNS)
    if PICTURES.search(pattern) and rng.random() < 0.5:
        return f"vget /camera/0/{rng.choice(WHOLE)}"
    values = {
        "str": lambda: rng.choice(
            ["png", "character_1", "Teapot", "", "é", "../x.png", "a" * 300, "lit", "x.npy", "%s"]
        ),
        "uint": lambda: rng.choice(["0", "1", "16", "48", "999999999", "9" * 5000, "\u0663", "-1"]),
        "float": lambda: rng.choice(["0", "-1.5", ".5", "9" * 400, "1e5", "nan", "--1", "100"]),
    }
    return re.sub(r"\[(\w+)]", lambda kind: values[kind[1]](), pattern)


def frame(rng):
    """A frame, and whether the server must hang up over it."""
    payload = f"{rng.randrange(10**6)}:{command(rng)}".encode()
    good = MAGIC + struct.pack("<I", len(payload)) + payload
    kind = rng.random()
    if kind < 0.90:
        return good, False
    if kind < 0.93:  # a few bits turned: it may be anything
        data = bytearray(good)
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
        return bytes(data), None
    return rng.choice(
        [
            struct.pack("<I", rng.randrange(2**32 - 1)) + good[4:],
            MAGIC + struct.pack("<I", 0),
            MAGIC + struct.pack("<I", 2**32 - 1) + payload,
            MAGIC + struct.pack("<I", len(payload) + 2) + b"1:" + b"\xff" + payload[1:],
            MAGIC + struct.pack("<I", 5) + b"hello",
            rng.randbytes(rng.randrange(8, 200)),
        ]
    ), True


def assault(port, n, seed, counts):
    """Send `n` frames, in bursts, split anywhere, on as many connections as it takes."""
    rng, raw, malformed = random.Random(seed), None, 0
    sent = 0
    while sent < n:
        if raw is None:
            raw = socket.create_connection(("127.0.0.1", port))
        burst, ends = bytearray(), False
        for _ in range(min(rng.randrange(1, 60), n - sent)):
            data, bad = frame(rng)
            burst += data
            sent += 1
            if bad is not False:
                malformed += bool(bad)
                ends = True
                break
        with contextlib.suppress(OSError):
            cut = rng.randrange(len(burst))
            raw.sendall(burst[:cut])
            raw.sendall(burst[cut:])
            raw.settimeout(0.0)
            while raw.recv(1 << 18):
                pass
        raw.settimeout(5.0)
        if ends or rng.random() < 0.02:  # also in the middle of answers
            if rng.random() < 0.3:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
            raw = None
    if raw is not None:
        raw.close()
    counts.append((sent, malformed))


def watch(port, stop, slowest):
    """Ask something every 50 ms; whatever goes wrong is an exception in this thread, which fails the test."""
    with Raw(("127.0.0.1", port)) as raw:
        while not stop.wait(0.05):
            began = time.perf_counter()
            assert raw.text("vget /unrealcv/echo here") == "here"
            slowest.append(1e3 * (time.perf_counter() - began))


def fill(port):
    """Have the server hold all that it may, and its libraries loaded, before its memory is first looked at."""
    with Raw(("127.0.0.1", port)) as raw:
        for _ in range(MOST_CAMERAS):
            raw.ask("vset /cameras/spawn")
        for _ in range(MOST_ACTORS):
            raw.ask("vset /objects/spawn_cube")
        for picture in WHOLE:
            assert not raw.ask(f"vget /camera/0/{picture}").startswith(b"error")


def rss_mb(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def fuzz(n, seed, clients=3):
    """Send `n` frames to a server in a process of its own, a tenth of them before its memory is first looked at."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sims.scenes.unrealcv.doubled"], stdout=subprocess.PIPE, text=True
    )
    try:
        port = json.loads(process.stdout.readline())["port"]
        fill(port)
        stop, slowest, counts = threading.Event(), [], []
        watching = threading.Thread(target=watch, args=(port, stop, slowest))
        watching.start()
        began, memory = time.monotonic(), []
        for part, share in enumerate((0.1, 0.9)):
            each = int(n * share) // clients
            team = [
                threading.Thread(target=assault, args=(port, each, seed * 100 + part * 10 + k, counts))
                for k in range(clients)
            ]
            for one in team:
                one.start()
            for one in team:
                one.join()
            time.sleep(0.5)
            memory.append(rss_mb(process.pid))
        seconds = time.monotonic() - began
        stop.set()
        watching.join()
        process.send_signal(signal.SIGTERM)
        said = json.loads(process.stdout.readline())
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    sent, malformed = map(sum, zip(*counts, strict=True))
    return Result(
        sent,
        malformed,
        seconds,
        memory[1] - memory[0],
        len(slowest),
        statistics.median(slowest),
        max(slowest),
        said["faults"],
    )


if __name__ == "__main__":
    print(fuzz(int(sys.argv[1]), 1)._asdict())
