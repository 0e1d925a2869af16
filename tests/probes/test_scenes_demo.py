"""The page of `umwelt demo scenes`, drawn without Blender."""

import re

from probes.scenes_demo import ScenesDemoSettings, run
from tests.sims.scenes.flat import Flat


def test_the_page_shows_objects_worlds_factors_and_annotations(tmp_path, capsys):
    renderer = Flat()
    run(ScenesDemoSettings(out=tmp_path, size=32, objects=3, worlds=2), renderer)
    assert capsys.readouterr().out.strip() == str(tmp_path / "scenes.html")
    page = (tmp_path / "scenes.html").read_text()
    assert renderer.drawn == 3 + 2 + 24 + 2 + 4
    assert page.count("data:image/png") == 5
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"
    for word in (
        "CoffeeMug",
        "GreyStudioEvening",
        "camera_yaw",
        "tight box",
        "a coffee mug on the left",
        "hard negative",
    ):
        assert word in page
