"""One connection: frames in, commands done in order, replies out; a peer that is malformed, slow or dead is dropped.

Text is answered at once. A picture is rendered elsewhere, of what the stage was when its command came, while other
peers are served; each peer has one picture in the making at a time, so that none waits for all of another's.
"""

import asyncio
import hmac
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from sims.scenes.unrealcv.desk import encoded, refusal
from sims.scenes.unrealcv.patterns import Job
from sims.scenes.unrealcv.stage import CommandError
from sims.scenes.unrealcv.wire import FrameError, Frames, framed, reply, request_of

GREETING = b"connected to umwelt"
PATIENCE = 4.0
"""Seconds within which a frame that was begun must be whole, and LEAST_TAKEN bytes of what waits be taken."""

LEAST_TAKEN = 1 << 16
MOST_UNREAD = 1 << 23
"""Bytes of replies that wait for a peer before its commands are no longer done."""

MOST_WAITING = 1 << 20
"""Bytes of commands that wait to be done before no more are read from a peer: it may send that many in one go."""

MOST_ANSWERS = 256
"""Answers of a peer that wait behind a picture before its further commands are."""

TURN = 512
"""Commands of a peer that are done before it is others' turn."""

LONGEST_BATCH = 1024
TRIES = 3
"""Wrong tokens after which a peer is dropped."""


class Host(Protocol):
    """What a peer needs of the server."""

    token: str | None

    def execute(self, text: str) -> bytes | Job:
        """Do a command; errors are answers too."""
        ...

    def later(self, job: Job) -> "asyncio.Future[bytes]":
        """Have a job done in its turn, away from this thread."""
        ...

    def joined(self, peer: "Peer") -> bool:
        """Whether there is room for one more."""
        ...

    def left(self, peer: "Peer", why: str) -> None:
        """It is gone."""
        ...


class Peer(asyncio.Protocol):
    """One connection; see the file's first lines.

    Args:
        host: the server. trusted: whether it need not show the token. now: seconds, ever rising.
    """

    def __init__(self, host: Host, trusted: bool, now: Callable[[], float] = time.monotonic):
        self.host, self.trusted, self.now = host, trusted, now
        self.frames = Frames()
        self.transport: asyncio.Transport | None = None
        self._answers: deque[tuple[str, bytes | Job]] = deque()
        self._running: asyncio.Future[bytes] | None = None
        self._batch: list[tuple[str, str]] = []
        self._batch_left = self._batch_bytes = 0
        self._full = False
        self._reading = True
        self._due = False  # whether it goes on in the loop's next turn
        self._begun: float | None = None  # when the frame that is not whole yet began
        self._sent = 0
        self._taken = (self.now(), 0)  # when LEAST_TAKEN bytes were last taken, and how many had been then
        self._wrong = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or hang up where there are too many already."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=MOST_UNREAD)
        _keep_alive(transport)
        if self.host.joined(self):
            self._send(framed(GREETING))
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was to be answered."""
        self.transport = None
        self._answers.clear()
        if self._running is not None:
            self._running.cancel()
        self.host.left(self, "it went" if exc is None else str(exc))

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        self.frames.feed(data)
        self._go_on()

    def pause_writing(self) -> None:
        """MOST_UNREAD bytes wait: do nothing more for this peer."""
        self._full = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._full = False
        self._go_on()

    def drop(self, why: str) -> None:
        """Hang up at once."""
        if self.transport is not None:
            transport, self.transport = self.transport, None
            transport.abort()
            self.host.left(self, why)

    def overdue(self) -> str | None:
        """What this peer is to be dropped for, if anything; asked twice a second."""
        if self.transport is None:
            return None
        now, unread = self.now(), self.transport.get_write_buffer_size()
        taken = self._sent - unread
        if unread == 0 or taken - self._taken[1] >= LEAST_TAKEN:
            self._taken = now, taken
        elif now - self._taken[0] > PATIENCE:
            return f"it left {unread} bytes unread for {PATIENCE:g} s"
        if self._begun is not None and now - self._begun > PATIENCE:
            return f"a frame was not whole after {PATIENCE:g} s"
        return None

    def _go_on(self) -> None:
        """Answer and do whatever can be; then see that no more is read than can wait."""
        try:
            self._answer()
            for _ in range(TURN):
                if self._blocked() or (payload := self.frames.next()) is None:
                    break
                self._begun = None
                self._take(*request_of(payload))
                self._answer()
            else:
                self._soon()
        except FrameError as error:
            self.drop(str(error))
        if self._gone():
            return
        partial = bool(self.frames.waiting) and not self._blocked()
        if not partial or self._begun is None:
            self._begun = self.now() if partial else None
        self._read_on(len(self.frames.waiting) < MOST_WAITING)

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._in_turn)

    def _in_turn(self) -> None:
        self._due = False
        if not self._gone():
            self._go_on()

    def _blocked(self) -> bool:
        return self._gone() or self._full or len(self._answers) >= MOST_ANSWERS

    def _gone(self) -> bool:
        return self.transport is None or self.transport.is_closing()

    def _read_on(self, wanted: bool) -> None:
        assert self.transport is not None
        if wanted != self._reading:
            self._reading = wanted
            (self.transport.resume_reading if wanted else self.transport.pause_reading)()

    def _take(self, number: str, command: str) -> None:
        """Do a command, or keep it until its batch is whole."""
        if command.startswith("vbatch"):
            self._answers.append((number, self._start_batch(command)))
        elif self._batch_left:
            self._batch.append((number, command))
            self._batch_left -= 1
            self._batch_bytes += len(command)
            if self._batch_bytes > MOST_WAITING:
                raise FrameError(f"a batch of more than {MOST_WAITING} bytes")
            if self._batch_left == 0:
                batch, self._batch = self._batch, []
                self._answers += [(one, self._do(text)) for one, text in batch]
        else:
            self._answers.append((number, self._do(command)))

    def _do(self, command: str) -> bytes | Job:
        if self.trusted:
            return self.host.execute(command)
        given = command.removeprefix("vset /unrealcv/token ")
        assert self.host.token is not None
        if given == command:
            return refusal(CommandError("this server wants its token first: vset /unrealcv/token TOKEN"))
        if hmac.compare_digest(given.encode(), self.host.token.encode()):
            self.trusted = True
            return encoded("")  # type: ignore[return-value]
        self._wrong += 1
        if self._wrong >= TRIES:
            raise FrameError(f"{TRIES} wrong tokens")
        return refusal(CommandError("that is not the token"))

    def _start_batch(self, command: str) -> bytes:
        count = command.removeprefix("vbatch").strip()
        if not count.isascii() or not count.isdigit() or len(count) > 9 or self._batch_left:
            return refusal(CommandError(f"vbatch wants the number of commands that follow, got {count[:40]!r}"))
        if not 1 <= int(count) <= LONGEST_BATCH:
            return refusal(CommandError(f"a batch has 1 to {LONGEST_BATCH} commands, got {count}"))
        self._batch_left, self._batch_bytes = int(count), 0
        return b"ok"

    def _answer(self) -> None:
        """Send the answers that are there, up to a picture that is still in the making."""
        while self._answers and self._running is None and not self._full and not self._gone():
            number, answer = self._answers.popleft()
            if isinstance(answer, bytes):
                self._send(reply(number, answer))
            else:
                self._running = self.host.later(answer)
                self._running.add_done_callback(lambda done, number=number: self._made(number, done))

    def _made(self, number: str, done: "asyncio.Future[bytes]") -> None:
        self._running = None
        if self._gone() or done.cancelled():
            return
        self._send(reply(number, done.result()))
        self._go_on()

    def _send(self, frame: bytes) -> None:
        assert self.transport is not None
        if self.transport.get_write_buffer_size() == 0:
            self._taken = self.now(), self._sent
        self._sent += len(frame)
        self.transport.write(frame)


def _keep_alive(transport: asyncio.Transport) -> None:
    """Have the system notice within 5 s that the other machine is gone."""
    own = transport.get_extra_info("socket")
    if own is not None and own.family in (socket.AF_INET, socket.AF_INET6):
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 2), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
