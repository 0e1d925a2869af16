"""Reads videos back, for tests."""

import subprocess

import numpy as np
from imageio_ffmpeg import get_ffmpeg_exe


def film_of(path, width, height):
    """The frames of a video, `[n, height, width, 3]` uint8."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, height, width, 3)
