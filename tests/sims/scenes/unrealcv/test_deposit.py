import pytest

from sims.scenes.unrealcv.deposit import deposit, form_of, next_name
from sims.scenes.unrealcv.stage import CommandError
from tests.sims.scenes.unrealcv.doubled import open_desk


def test_files_go_into_the_folder_and_nowhere_else(tmp_path):
    folder, outside = tmp_path / "in", tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    outside.mkdir()
    (folder / "door").symlink_to(outside)
    (outside / "kept.png").write_bytes(b"kept")
    (folder / "link.png").symlink_to(outside / "kept.png")
    deposit(folder, "a.png", b"1")
    deposit(folder, "deep/b.png", b"2")
    deposit(folder, str(folder / "c.png"), b"3")
    deposit(folder, "link.png", b"4")  # the link is replaced, what it led to stays
    assert (folder / "a.png").read_bytes() == b"1"
    assert (folder / "deep" / "b.png").read_bytes() == b"2"
    assert (folder / "c.png").read_bytes() == b"3"
    assert (folder / "link.png").read_bytes() == b"4"
    assert not (folder / "link.png").is_symlink()
    assert (outside / "kept.png").read_bytes() == b"kept"
    for name in ("../out/x.png", "door/x.png", str(outside / "x.png"), "deep", "deep/../../out/x.png", "a\0.png", ".."):
        with pytest.raises(CommandError, match="is written"):
            deposit(folder, name, b"no")
    with pytest.raises(CommandError, match="it has no folder"):
        deposit(folder, "nowhere/x.png", b"no")
    with pytest.raises(CommandError, match="no folder for files"):
        deposit(None, "x.png", b"no")
    assert sorted(path.name for path in outside.iterdir()) == ["kept.png"]


def test_kinds_of_files():
    assert [form_of(name) for name in ("png", "a/b.BMP", "x.npy")] == ["png", "bmp", "npy"]
    for name in ("exr", "x.exr", "PNG", "", "x."):
        with pytest.raises(CommandError, match="Invalid filename type"):
            form_of(name)


def test_commands_write_files(tmp_path):
    desk = open_desk(tmp_path)
    assert desk.execute("vget /camera/0/lit test.png")() == b"test.png"
    assert desk.execute("vget /camera/0/depth d.npy")() == b"d.npy"
    assert desk.execute("vget /camera/0/lit")() == b"00000001.png"
    assert next_name(tmp_path, "png") == "00000002.png"
    assert desk.execute("vget /camera/0/lit ../x.png").startswith(b"error no file '../x.png' is written")
    assert open_desk().execute("vget /camera/0/lit").startswith(b"error the command has no file's name")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00000001.png", "d.npy", "test.png"]
