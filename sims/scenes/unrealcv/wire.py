"""UnrealCV's frames: `u32 0x9E2B83C1 | u32 length | payload`, little-endian; a request's payload is `id:command`."""

import re
import struct

MAGIC = 0x9E2B83C1
HEADER = struct.Struct("<II")

LONGEST = 1 << 16
"""Bytes of a request's payload: the longest command is far shorter, and no peer may fill the memory."""

_REQUEST = re.compile(r"([0-9]{1,20}):(.*)", re.DOTALL)


class FrameError(ValueError):
    """What a peer sends is no frame, or a frame without a request in it: there is no way to go on with that peer."""


def framed(payload: bytes) -> bytes:
    """The frame of a payload."""
    return HEADER.pack(MAGIC, len(payload)) + payload


class Frames:
    """Payloads out of bytes that arrive in any pieces.

    Args:
        longest: payloads above so many bytes are refused, before any of their bytes are waited for.
    """

    def __init__(self, longest: int = LONGEST):
        self.longest = longest
        self.waiting = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        self.waiting += data

    def next(self) -> bytes | None:
        """The next payload, None while it is not whole.

        Raises:
            FrameError: another number than MAGIC, an empty payload, or one that is too long.
        """
        known = min(len(self.waiting), 4)
        if self.waiting[:known] != HEADER.pack(MAGIC, 0)[:known]:
            raise FrameError(f"a frame begins with {bytes(self.waiting[:known]).hex()}, expected {MAGIC:08x}, reversed")
        if len(self.waiting) < HEADER.size:
            return None
        _, length = HEADER.unpack_from(self.waiting)
        if not 1 <= length <= self.longest:
            raise FrameError(f"a payload of {length} bytes: expected 1 to {self.longest}")
        end = HEADER.size + length
        if len(self.waiting) < end:
            return None
        payload = bytes(self.waiting[HEADER.size : end])
        del self.waiting[:end]
        return payload


def request_of(payload: bytes) -> tuple[str, str]:
    """The number, as it was sent, and the command of a request.

    Raises:
        FrameError: it is not UTF-8, or does not begin with a number and a colon.
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"a request that is not UTF-8: {error}") from error
    match = _REQUEST.fullmatch(text)
    if match is None:
        raise FrameError(f"a request without a number: expected 'number:command', got {text[:40]!r}")
    return match[1], match[2]


def reply(number: str, answer: bytes) -> bytes:
    """The frame that answers the request of that number."""
    return framed(number.encode() + b":" + answer)
