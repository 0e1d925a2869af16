"""Videos: frames go in as they come, and the file appears whole or not at all."""

import numpy as np
import pytest

from sims.core.video import write_video
from tests.sims.films import film_of


def frames(n, shape=(36, 64, 3)):
    for k in range(n):
        yield np.full(shape, 40 * k % 256, np.uint8)


def test_frames_of_an_iterator_are_encoded(tmp_path):
    video = write_video(tmp_path / "film.mp4", frames(10), fps=5)
    assert video == (10, 2.0)
    seen = film_of(tmp_path / "film.mp4", 64, 36)
    assert seen.shape == (10, 36, 64, 3)
    assert abs(int(seen[3].mean()) - 120) < 4
    assert b"avc1" in (tmp_path / "film.mp4").read_bytes()  # H.264
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def failing():
    yield from frames(3)
    raise RuntimeError("the match stopped")


@pytest.mark.parametrize(
    ("pictures", "error", "message"),
    [
        ([], ValueError, "got none"),
        (frames(2, (35, 64, 3)), ValueError, "even sizes"),
        ([*frames(1), *frames(1, (64, 36, 3))], ValueError, "at frame 1"),
        (failing(), RuntimeError, "the match stopped"),
    ],
)
def test_what_fails_leaves_the_old_file_and_no_other(tmp_path, pictures, error, message):
    target = tmp_path / "film.mp4"
    target.write_bytes(b"old")
    with pytest.raises(error, match=message):
        write_video(target, pictures)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_video(tmp_path / "nowhere" / "film.mp4", frames(2))
