"""What all tests share: caches of their own, and the folder of real floor maps."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@pytest.fixture(scope="session", autouse=True)
def pool_cache(tmp_path_factory):
    """Episode pools of a test run are cached in a folder that goes with it."""
    before = os.environ.get("UMWELT_CACHE")
    os.environ["UMWELT_CACHE"] = str(tmp_path_factory.mktemp("umwelt-cache"))
    yield
    if before is None:
        del os.environ["UMWELT_CACHE"]
    else:
        os.environ["UMWELT_CACHE"] = before


@pytest.fixture(scope="session")
def shared_maps():
    """The folder of real floor maps beside the checkout; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("UMWELT_SHARED_MAPS") or Path(__file__).resolve().parents[2] / "shared" / "maps")
    if not folder.is_dir():
        pytest.skip(f"no real floor maps at {folder}: set UMWELT_SHARED_MAPS to test on them")
    return folder
