"""Videos from frames."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from imageio_ffmpeg import write_frames
from numpy.typing import NDArray

from sims.core.files import appearing


class Video(NamedTuple):
    """What was written."""

    frames: int
    seconds: float


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]], fps: int = 20, crf: int = 25) -> Video:
    """Write frames `[height, width, 3]` uint8, all of one even size, as H.264 in MP4, which every browser plays.

    Frames are encoded as they come, one held at a time; the file appears whole when the last is in it.

    Args:
        path: the file; one that is there is replaced. frames: the pictures. fps: of them a second.
        crf: H.264's rate factor, 0 (large and faithful) to 51 (small and blurred).

    Raises:
        ValueError: there are no frames, or their sizes differ or are odd.
        FileNotFoundError: the folder of `path` does not exist.
    """
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise ValueError(f"a video needs frames of one size, got none for {path}")
    height, width, _ = first.shape
    if height % 2 or width % 2:
        raise ValueError(f"H.264 needs even sizes, got {width} x {height}: crop or pad the frames")
    count = 0
    with appearing(Path(path)) as temporary:
        encoder = write_frames(
            str(temporary),
            (width, height),
            fps=fps,
            quality=None,  # type: ignore[arg-type]  # its default is a number, None leaves the choice to us
            codec="libx264",
            macro_block_size=1,
            output_params=["-preset", "veryfast", "-crf", str(crf), "-f", "mp4", "-movflags", "+faststart"],
        )
        encoder.send(None)
        try:
            for frame in chain((first,), rest):
                if frame.shape != first.shape:
                    raise ValueError(
                        f"a video needs frames of one size, got {first.shape} and, at frame {count}, {frame.shape}"
                    )
                encoder.send(np.ascontiguousarray(frame))
                count += 1
        finally:
            encoder.close()
    return Video(count, count / fps)
