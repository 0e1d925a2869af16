"""The kernel decorator: bounds checks can be switched on, edits are noticed, other users of Numba are left alone."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest

from sims.core import kernels
from sims.core.kernels import kernel, kernel_cache_folder, source_hash


@kernel
def past_the_end(array):
    return array[array.size + 3]


@pytest.mark.kernels
def test_a_planted_out_of_range_index_raises_where_bounds_are_checked():
    """Under `make kernels`, with bounds checks and with the JIT off; compiled as usual it returns garbage."""
    if not (os.environ.get("NUMBA_BOUNDSCHECK") == "1" or os.environ.get("NUMBA_DISABLE_JIT") == "1"):
        pytest.skip("only with NUMBA_BOUNDSCHECK=1 or NUMBA_DISABLE_JIT=1: `make kernels` runs it")
    with pytest.raises(IndexError):
        past_the_end(np.zeros(3))


def test_the_planted_index_raises_in_a_process_with_bounds_checks(tmp_path):
    program = (
        "import numpy as np\nfrom sims.core.seeding import pick\nfrom sims.pointnav.raster import clearance_at\n"
        "clearance_at(np.zeros(4, np.uint16), 0, 2, 0.0, 0.0, 50.0, 50.0)"
    )
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "IndexError" in done.stderr
    assert any(tmp_path.iterdir()), "compiled in the cache folder that was named"


def test_the_cache_folder_depends_on_sources_and_flags(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(kernels, "SIMS", tmp_path)
    folders = []
    for text, flag in (("x = 1\n", ""), ("x = 2\n", ""), ("x = 2\n", "1"), ("x = 1\n", "")):
        (tmp_path / "a.py").write_text(text)
        monkeypatch.setenv("NUMBA_BOUNDSCHECK", flag)
        source_hash.cache_clear()
        kernel_cache_folder.cache_clear()
        folders.append(kernel_cache_folder())
    source_hash.cache_clear()
    kernel_cache_folder.cache_clear()
    assert folders[0] == folders[3]
    assert len(set(folders)) == 3


def test_numbas_own_cache_setting_is_put_back():
    before = numba.config.CACHE_DIR
    kernel(past_the_end.py_func if hasattr(past_the_end, "py_func") else past_the_end)
    assert before == numba.config.CACHE_DIR
    assert str(kernel_cache_folder()) != before
