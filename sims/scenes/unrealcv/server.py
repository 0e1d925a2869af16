"""The server: TCP and a Unix socket, an event loop in a thread of its own, and one thread that renders."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from sims.scenes.unrealcv.desk import Desk, refusal
from sims.scenes.unrealcv.patterns import Job
from sims.scenes.unrealcv.peer import Peer
from sims.scenes.unrealcv.stage import CommandError

MOST_PEERS = 64
LOOK_S = 0.5
"""Seconds between looks at who is overdue."""

LEAST_TOKEN = 16


class Server:
    """Serves a desk to UnrealCV's clients until it is closed; or in a `with` block.

    Everything but rendering happens in one thread, so that a command is whole before another begins.

    Args:
        desk: what is served. host, port: of TCP, port 0 for any that is free, None for no TCP.
        unix: the path of a Unix socket, or None. token: what a peer over TCP must show first (`vset /unrealcv/token
            TOKEN`), 16 characters at least; only a loopback address may do without. say: told who is dropped, and why.

    Raises:
        ValueError: an address that is not loopback, without a token; a token that is too short; nowhere to listen; or
            a Unix socket that another server listens on.
        OSError: the address can't be listened on.
    """

    def __init__(
        self,
        desk: Desk,
        host: str = "127.0.0.1",
        port: int | None = 9000,
        unix: Path | None = None,
        token: str | None = None,
        say: Callable[[str], None] = lambda line: None,
    ):
        check_address(host, port, unix, token)
        self.desk, self.token, self.say = desk, token, say
        self.peers: set[Peer] = set()
        self.faults: list[BaseException] = []  # of ours, each answered with an error
        self.dropped = 0
        self._unix = unix
        self._pool = ThreadPoolExecutor(1, "umwelt-unrealcv-render")
        self._loop = asyncio.new_event_loop()
        self._listening: list[asyncio.Server] = []
        try:
            self._loop.run_until_complete(self._listen(host, port, unix))
        except BaseException:
            self._loop.run_until_complete(self._hang_up())
            self._loop.close()
            raise
        self._thread = threading.Thread(target=self._run, name="umwelt-unrealcv", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port of TCP, 0 without."""
        return self.desk.port

    def close(self) -> None:
        """Hang up on everybody and end the renderer; what it is rendering is waited for."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self.desk.studio.close()
        self._loop.close()
        if self._unix is not None:
            self._unix.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def execute(self, text: str) -> bytes | Job:
        """Do a command; whatever goes wrong is an answer."""
        try:
            return self.desk.execute(text)
        except Exception as error:  # a fault of ours must not end the server
            return self._fault(error)

    def later(self, job: Job) -> "asyncio.Future[bytes]":
        """Have a job done by the thread that renders."""
        return self._loop.run_in_executor(self._pool, self._done, job)

    def joined(self, peer: Peer) -> bool:
        """Whether there is room for one more."""
        if len(self.peers) >= MOST_PEERS:
            return False
        self.peers.add(peer)
        return True

    def left(self, peer: Peer, why: str) -> None:
        """A peer is gone."""
        if peer in self.peers:
            self.peers.discard(peer)
            if why != "it went":
                self.dropped += 1
                self.say(f"dropped a peer: {why}")

    def _done(self, job: Job) -> bytes:
        try:
            return job()
        except CommandError as error:
            return refusal(error)
        except Exception as error:
            return self._fault(error)

    def _fault(self, error: Exception) -> bytes:
        self.faults = [*self.faults[-9:], error]
        self.say(f"a fault of the server's: {error!r}")
        return refusal(CommandError(f"a fault of the server's: {error!r}"))

    async def _listen(self, host: str, port: int | None, unix: Path | None) -> None:
        loop = asyncio.get_running_loop()
        if port is not None:
            try:
                serve = await loop.create_server(partial(Peer, self, self.token is None), host, port)
            except OSError as error:
                raise OSError(
                    f"{host}:{port} can't be listened on ({error.strerror}): give another --port (0 takes one that is "
                    "free), or end what listens there"
                ) from error
            self._listening.append(serve)
            self.desk.port = serve.sockets[0].getsockname()[1]
        if unix is not None:
            self._listening.append(await loop.create_unix_server(partial(Peer, self, True), sock=_unix_socket(unix)))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        watch = self._loop.create_task(self._watch())
        self._loop.run_forever()
        watch.cancel()
        self._loop.run_until_complete(self._hang_up())

    async def _hang_up(self) -> None:
        """Leave nothing open: a connection may be half accepted, and one that is dropped closes a turn later."""
        for listening in self._listening:
            listening.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        for peer in list(self.peers):
            peer.drop("it went")
        await asyncio.sleep(0)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for peer in list(self.peers):
                why = peer.overdue()
                if why is not None:
                    peer.drop(why)


def check_address(host: str, port: int | None, unix: Path | None, token: str | None) -> None:
    """Refuse an address that is open to others without a token.

    Raises:
        ValueError: see `Server`.
    """
    if port is None and unix is None:
        raise ValueError("there is nowhere to listen: give a port, or the path of a Unix socket")
    if token is not None and len(token) < LEAST_TOKEN:
        raise ValueError(f"a token has {LEAST_TOKEN} characters at least, got {len(token)}")
    if port is not None and not 0 <= port < 65536:
        raise ValueError(f"a port is 0 to 65535, got {port}")
    if port is not None and token is None and not _is_loopback(host):
        raise ValueError(f"{host} is open to other machines: give --token-file too, or listen on 127.0.0.1")


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _unix_socket(path: Path) -> socket.socket:
    """A Unix socket at `path` that only this user may use; one that nobody listens on any more is replaced."""
    if path.exists():
        if not path.is_socket():
            raise ValueError(f"{path} is no socket: choose another path")
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise ValueError(f"another server listens on {path}: end it, or choose another path")
        path.unlink()
    own = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        own.bind(str(path))
    except OSError as error:
        own.close()
        raise OSError(
            f"the Unix socket {path} can't be made ({error}): choose a shorter path in a folder of yours"
        ) from error
    finally:
        os.umask(before)
    return own
