"""Videos from frames."""

from collections.abc import Iterable
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int = 20) -> None:
    """Write frames `[height, width, 3]` uint8, all of one even size, as H.264 in MP4, which every browser plays.

    Raises:
        ValueError: there are no frames, or their sizes differ or are odd.
    """
    pictures = list(frames)
    shapes = {picture.shape for picture in pictures}
    if len(shapes) != 1:
        raise ValueError(f"a video needs frames of one size, got {len(pictures)} frames of sizes {sorted(shapes)}")
    height, width, _ = shapes.pop()
    if height % 2 or width % 2:
        raise ValueError(f"H.264 needs even sizes, got {width} x {height}: crop or pad the frames")
    iio.imwrite(path, np.stack(pictures), plugin="FFMPEG", fps=fps, codec="libx264", macro_block_size=1)
