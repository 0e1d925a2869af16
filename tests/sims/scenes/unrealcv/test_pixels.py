import io

import numpy as np
import pytest
from PIL import Image

from sims.scenes.unrealcv.pixels import bmp, npy, opaque, png, shown_flow

RGBA = opaque(np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3))


def test_a_bmp_is_32_bits_from_the_top_down():
    data = bmp(RGBA)
    assert data[:2] == b"BM"
    assert len(data) == 54 + 2 * 3 * 4 == int.from_bytes(data[2:6], "little")
    assert int.from_bytes(data[18:22], "little", signed=True) == 3
    assert int.from_bytes(data[22:26], "little", signed=True) == -2
    assert int.from_bytes(data[28:30], "little") == 32
    assert data[54:58] == bytes([2, 1, 0, 255])  # B, G, R, A of the pixel at the top left
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), RGBA[..., :3])


def test_a_png_has_four_channels():
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(RGBA)))), RGBA)


def test_npy_is_float32_in_c_order_with_nothing_behind_it():
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    data = npy(array)
    assert data[:8] == b"\x93NUMPY\x01\x00"
    assert b"'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)" in data
    assert data[-24:] == array.astype("<f4").tobytes("C")
    assert (len(data) - 24) % 64 == 0


def test_no_picture_is_text():
    dark = opaque(np.zeros((4, 4, 3), np.uint8))
    for data in (png(dark), bmp(dark), npy(np.zeros((4, 4)))):
        with pytest.raises(UnicodeDecodeError):
            data.decode()


def test_flow_in_colours():
    flow = np.float32([[[30, 0], [0, 0], [-15, 0], [np.nan, np.nan]]])
    np.testing.assert_array_equal(shown_flow(flow), [[[255, 0, 0], [0, 0, 0], [0, 128, 128], [0, 0, 0]]])
