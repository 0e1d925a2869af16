import numpy as np
import pytest

from sims.scenes.unrealcv.mapping import Mapping, Model, commands_of, model_of, read_mapping


def written(tmp_path, text):
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    return path


def test_our_own_is_there():
    mapping = read_mapping()
    assert mapping.address == "127.0.0.1:9000"
    assert commands_of(mapping.level, "Snow", "level") == ["vset /action/game/level Snow"]
    assert commands_of(mapping.texture, "Red", "texture", object="x") == ["vset /object/x/material 0 Red"]
    assert model_of(mapping, "Teapot") == Model(spawn="Teapot")
    np.testing.assert_array_equal(mapping.placed, np.eye(4))


def test_one_for_a_program_of_ones_own(tmp_path):
    text = """
    address = "10.0.0.2:9001"
    camera = 1
    spawn_camera = true
    origin_cm = [100, 0, 50.5]
    hide = ["BP_*"]
    [level]
    Meadow = []
    [models.Teapot]
    object = "SM_Teapot_2"
    scale = 0.25
    turn_deg = [0, 180, 0]
    """
    mapping = read_mapping(written(tmp_path, text))
    assert mapping.placed[:3, 3].tolist() == [0.0, 1.0, 0.505]
    assert commands_of(mapping.level, "Meadow", "level") == []
    assert mapping.models["Teapot"].fitted[0, 0] == pytest.approx(-0.25)
    with pytest.raises(ValueError, match=r"no level 'Snow': add \[level\] Snow"):
        commands_of(mapping.level, "Snow", "level")
    with pytest.raises(ValueError, match=r"no model 'Drum': add \[models.Drum\]"):
        model_of(mapping, "Drum")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [", "is no TOML"),
        ("camra = 1", "there is no key 'camra': did you mean 'camera'"),
        ("camera = 1.5", "camera must be a whole number, got 1.5"),
        ("camera = true", "camera must be a whole number, got True"),
        ("origin_cm = [1, 2]", "origin_cm must be three numbers"),
        ("origin_cm = [1, 2, nan]", "origin_cm must be three numbers"),
        ("hide = [1]", "hide must be a list of text"),
        ("others = 'sky'", "others is 'sky': expected one of ground, nothing"),
        ("tolerance_cm = 0", "tolerances and the timeout must be above 0"),
        ("level = 3", "level must be a table"),
        ("[light]\nRed = 'x'", "light.Red must be a list of text"),
        ("[light]\nRed = ['{color}']", r"light.Red has \{color\}: expected \{value\} and \{object\}"),
        ("[models]\nTeapot = 'x'", "models.Teapot must be a table"),
        ("[models]\nTeapot = {}", "models.Teapot must have one of spawn"),
        ("[models]\nTeapot = {spawn='a', object='b'}", "models.Teapot must have one of spawn"),
        ("[models]\nTeapot = {spawn='a', scale=0}", "models.Teapot.scale must be above 0"),
    ],
)
def test_mistakes(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_mapping(written(tmp_path, text))


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="there is no mapping"):
        read_mapping(tmp_path / "nowhere.toml")
    assert Mapping().camera == 0
