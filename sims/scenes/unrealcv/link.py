"""A connection to an UnrealCV server through the official client, whatever its version: `Link.ask`."""

import contextlib
import sys
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any, NoReturn, Self

LOOK_S = 0.2
"""Seconds between looks at whether the client's own thread still reads."""

LAST_WORDS_S = 5.0
"""Seconds that threads may take to end once the connection is closed."""


class UnrealError(OSError):
    """The server refuses a command, does not do what it says, or is gone."""


class Link:
    """One connection; close it, or use it in a `with` block.

    Args:
        address: HOST:PORT, or the path of a Unix socket. token: shown first, if there is one.
        timeout_s: seconds to wait for an answer.

    Raises:
        FileNotFoundError: the package `unrealcv` is not installed. ValueError: an address that is none.
        UnrealError: nobody answers there, or the token is wrong.
    """

    def __init__(self, address: str, token: str = "", timeout_s: float = 600.0):
        self.address, self.timeout_s = address, timeout_s
        endpoint, kind = _endpoint(address)
        with contextlib.redirect_stdout(sys.stderr):
            self.client = _client(_package(), endpoint, kind)
            connected = self.client.connect()
        if not connected:
            raise UnrealError(f"no UnrealCV server answers at {address}: start one, e.g. `umwelt serve scenes`")
        if token:
            try:
                self.do([f"vset /unrealcv/token {token}"], shown="vset /unrealcv/token")
            except UnrealError:
                self.close()
                raise

    def ask(self, commands: Sequence[str], shown: str = "") -> list[str | bytes]:
        """Answers to commands, in order.

        Args:
            shown: what errors show in place of a command.

        Raises:
            UnrealError: one is refused, no answer comes in time, or the connection is lost.
        """
        answers = self._asked(list(commands))
        for command, answer in zip(commands, answers, strict=True):
            if answer is None or (isinstance(answer, str) and answer.startswith("error")):
                raise UnrealError(f"{self.address} refuses {shown or command!r}: {answer}")
        return answers

    def do(self, commands: Sequence[str], shown: str = "") -> None:
        """Commands that answer `ok` and nothing else.

        Raises:
            UnrealError: see `ask`; or another answer.
        """
        for command, answer in zip(commands, self.ask(commands, shown), strict=True):
            if answer != "ok":
                raise UnrealError(f"{self.address} answers {answer!r} to {shown or command!r}: expected ok")

    def text(self, command: str) -> str:
        """The answer to one command, as text.

        Raises:
            UnrealError: see `ask`.
        """
        (answer,) = self.ask([command])
        return answer if isinstance(answer, str) else answer.decode(errors="replace")

    def numbers(self, commands: Sequence[str]) -> list[list[float]]:
        """The numbers that each command answers.

        Raises:
            UnrealError: see `ask`; or an answer that is no numbers.
        """
        answers = self.ask(commands)
        try:
            return [[float(word) for word in answer.split()] for answer in answers]
        except ValueError as error:
            raise UnrealError(f"{self.address} answers no numbers to {commands}: {error}") from error

    def close(self) -> None:
        """Hang up, and end the client's own thread."""
        client = self.client
        with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(OSError):  # the server was quicker
            client.disconnect()
        if client.sock is not None:
            client.sock.close()
            client.sock = None
        client.recv_num_q.put(None)
        client.t.join(LAST_WORDS_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _asked(self, commands: list[str]) -> list[Any]:
        """The client waits for ever for a server that is gone: it asks in a thread that can be left."""
        if not self.client.t.is_alive():
            raise UnrealError(f"{self.address} hung up earlier: connect anew")
        done: SimpleQueue[list[Any] | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                done.put(self.client.request(commands))
            except Exception as error:  # of any kind, by version
                done.put(error)

        asking = threading.Thread(target=ask, name="umwelt-unreal", daemon=True)
        asking.start()
        waited = 0.0
        while asking.is_alive() and waited < self.timeout_s and self.client.t.is_alive():
            asking.join(LOOK_S)
            waited += LOOK_S
        answer = self._given_up(asking, commands) if asking.is_alive() else done.get()
        if isinstance(answer, Exception):
            self.close()
            raise UnrealError(f"the connection to {self.address} is lost: {answer}") from answer
        return answer

    def _given_up(self, asking: threading.Thread, commands: list[str]) -> NoReturn:
        """Nothing came in time: hang up, for what came later would pass for the answer to something else.

        Raises:
            UnrealError: always.
        """
        why = f"did not answer within {self.timeout_s:g} s" if self.client.t.is_alive() else "hung up"
        self.close()
        for _ in commands:
            self.client.recv_data_q.put(None)  # what the client waits for
        asking.join(LAST_WORDS_S)
        raise UnrealError(f"{self.address} {why}; the first of what was asked: {commands[0]}")


def _client(package: Any, endpoint: Any, kind: str) -> Any:
    """An official client that never connects anew: on a server that came back nothing stands as it did."""

    class Once(package.Client):
        def receive(self) -> bytes:
            payload = None if self.sock is None else package.SocketMessage.ReceivePayload(self.sock)
            if payload is None:
                raise ConnectionError("the server hung up")
            return payload

        def receive_loop_queue(self) -> None:
            with contextlib.suppress(Exception):  # who asks sees that the thread has ended
                super().receive_loop_queue()

        def _warn_if_command_maybe_unsupported(self, message: str) -> None:
            """1.3.2 warns of commands that a server does not list; what it then answers is our affair."""

        def _warn_command_capabilities_unavailable(self) -> None:
            """The same, of servers that list none."""

    return Once(endpoint, kind)


def _endpoint(address: str) -> tuple[Any, str]:
    if "/" in address:
        return address, "unix"
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"an address is HOST:PORT or the path of a Unix socket, got {address!r}")
    return (host, int(port)), "inet"


def _package() -> Any:
    try:
        import unrealcv
    except ImportError as error:
        raise FileNotFoundError(
            f"the renderer 'unreal' needs UnrealCV's client ({error}): pip install 'umwelt-sims[unreal]'"
        ) from error
    return unrealcv
