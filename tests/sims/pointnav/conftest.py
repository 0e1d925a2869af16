"""A stand-in for habitat_sim and a scene for it."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The stand-in, fresh, as the module `habitat_sim`; `fake.calls` tells what was called."""
    spec = importlib.util.spec_from_file_location("habitat_sim", Path(__file__).with_name("fake_habitat_sim.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "habitat_sim", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """A scene's file with its navigation mesh beside it."""
    (tmp_path / "room.glb").write_bytes(b"")
    (tmp_path / "room.navmesh").write_bytes(b"a navigation mesh")
    return tmp_path / "room.glb"
