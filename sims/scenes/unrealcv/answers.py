"""What is said to an UnrealCV server and what it answers: plain numbers, colours, pictures, depth."""

import io
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.scenes.unrealcv.link import UnrealError


def plain(values: Sequence[float] | NDArray[np.float64]) -> str:
    """Numbers without exponents, which UnrealCV's parser does not know."""
    return " ".join(f"{float(value):.6f}" for value in values)


def color_of(name: str, answer: str) -> tuple[int, int, int]:
    """Red, green and blue of an actor's colour in masks.

    Raises:
        UnrealError: the answer is none.
    """
    channels = dict(pair.split("=") for pair in answer.strip("()").split(",") if pair.count("=") == 1)
    try:
        return int(channels["R"]), int(channels["G"]), int(channels["B"])
    except (KeyError, ValueError) as error:
        raise UnrealError(f"the colour of {name} is {answer!r}: expected (R=..,G=..,B=..,A=..)") from error


def picture_of(command: str, answer: str | bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """`[H, W, 3]` of a PNG.

    Raises:
        UnrealError: it is no picture, or one of another size.
    """
    return _sized(command, size, lambda: np.asarray(Image.open(io.BytesIO(_bytes(answer))).convert("RGB")))


def depth_of(command: str, answer: str | bytes, size: tuple[int, int]) -> NDArray[np.float32]:
    """`[H, W]`, centimetres.

    Raises:
        UnrealError: it is no picture, or one of another size.
    """
    return _sized(command, size, lambda: np.squeeze(np.load(io.BytesIO(_bytes(answer)), allow_pickle=False)))


def _bytes(answer: str | bytes) -> bytes:
    return answer.encode() if isinstance(answer, str) else answer


def _sized(command: str, size: tuple[int, int], read: Callable[[], NDArray]) -> NDArray:
    try:
        pixels = read()
    except (OSError, ValueError) as error:
        raise UnrealError(f"{command!r} was answered with no picture: {error}") from error
    if pixels.shape[:2] != size:
        raise UnrealError(
            f"{command!r} was answered with {pixels.shape[1]} x {pixels.shape[0]} pixels where {size[1]} x {size[0]} "
            "were set: a frame of what was before"
        )
    return pixels
