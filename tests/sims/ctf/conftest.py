"""What tests of Capture the Flag share."""

import pytest

from tests.sims.ctf.arena import HALL


@pytest.fixture
def hall(tmp_path) -> str:
    path = tmp_path / "hall.ctf.txt"
    path.write_text(HALL)
    return str(path)
