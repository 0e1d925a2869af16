"""`umwelt assets`: sources of every kind, a cache that is whole or not there, and errors with their cures."""

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from sims.scenes.assets import archives, debian, getting
from sims.scenes.assets.archives import deb_files, folder_files, put, zip_files, zip_in_deb
from sims.scenes.assets.cache import MANIFEST, cache_folder, check_pack, is_ready, pack_folder, ready_pack
from sims.scenes.assets.command import AssetsSettings, run
from sims.scenes.assets.getting import get_pack
from sims.scenes.assets.packs import GAME_ZIP, PACKS, Recipe, game_files
from sims.scenes.packs import open_pack
from sims.scenes.packs.untrusted import AssetError
from tests.sims.scenes.assets.package_files import deb, zipped

FILES = {"art/a.txt": b"first", "art/b/c.txt": b"second" * 1000, "other/d.txt": b"not this"}
KEPT = {name: data for name, data in FILES.items() if name.startswith("art/")}


def everything(_: str) -> bool:
    return True


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def make(source: Path, out: Path) -> None:
    (out / "models").mkdir()
    for file in sorted(source.rglob("*.txt")):
        (out / "models" / file.name).write_bytes(file.read_bytes().upper())


@pytest.fixture
def recipe(monkeypatch, cache):
    """A pack of letters in place of the animals."""
    mine = Recipe("0ad-data", 1, 1, "letters", "CC0", ("A. Writer",), 1, lambda s: game_files(s, everything), make)
    monkeypatch.setitem(PACKS, "animals", mine)
    return mine


@pytest.fixture
def package(tmp_path) -> Path:
    return deb(tmp_path / "0ad-data_1_all.deb", {f"usr/share/games/0ad/{GAME_ZIP}": zipped(FILES), "usr/x": b"y"})


def test_the_same_files_come_out_of_every_source(tmp_path, package):
    (tmp_path / "public.zip").write_bytes(zipped(FILES, zipfile.ZIP_DEFLATED))
    for name, data in FILES.items():
        put(tmp_path / "unpacked", name, data)
    (tmp_path / "game" / "mods" / "public").mkdir(parents=True)
    (tmp_path / "game" / "mods" / "public" / "public.zip").write_bytes(zipped(FILES))
    for source in (package, tmp_path / "public.zip", tmp_path / "unpacked", tmp_path / "game"):
        assert dict(game_files(source, everything)) == KEPT
        assert dict(game_files(source, lambda name: name == "a.txt")) == {"art/a.txt": b"first"}
    assert dict(zip_files(tmp_path / "public.zip", everything)) == FILES
    assert dict(folder_files(tmp_path / "unpacked", everything)) == FILES
    assert dict(deb_files(package, lambda name: name == "usr/x")) == {"usr/x": b"y"}


def test_sources_of_other_kinds_and_broken_ones_are_refused(tmp_path, package):
    text = tmp_path / "notes.txt"
    text.write_text("!")
    (tmp_path / "empty").mkdir()
    for source, why in ((text, "is no folder, .deb or public.zip"), (tmp_path / "empty", "no public.zip and no art/")):
        with pytest.raises(AssetError, match=why):
            list(game_files(source, everything))
    whole = package.read_bytes()
    for name, data, why in (
        ("foreign", b"PK" + whole, "is no Debian package"),
        ("short", whole[:100], "has no data in it"),
        ("cut", whole[: len(whole) * 2 // 3], "can't be unpacked|cut off"),
    ):
        (tmp_path / f"{name}.deb").write_bytes(data)
        with pytest.raises(AssetError, match=why):
            list(zip_in_deb(tmp_path / f"{name}.deb", GAME_ZIP, everything))
    with pytest.raises(AssetError, match=r"has no none.zip in it"):
        list(zip_in_deb(package, "none.zip", everything))
    for bad, why in (
        (zipped(FILES, zipfile.ZIP_DEFLATED), "is compressed"),
        (zipped(FILES).replace(b"first", b"fIrst"), "is damaged"),
        (zipped(FILES)[:40], "damaged|cut off"),
    ):
        with pytest.raises(AssetError, match=why):
            list(zip_in_deb(deb(tmp_path / "bad.deb", {GAME_ZIP: bad}), GAME_ZIP, everything))
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(AssetError, match="expected a zip"):
        list(zip_files(tmp_path / "bad.zip", everything))


def test_nothing_is_written_outside_and_nothing_large_is_read(tmp_path, monkeypatch):
    for name in ("../up.txt", "/etc/x", "a/../../b", "a\\b", "a\nb"):
        with pytest.raises(AssetError, match="leads out of it"):
            put(tmp_path / "in", name, b"")
    monkeypatch.setattr(archives, "LARGEST", 5999)
    (tmp_path / "x.zip").write_bytes(zipped(FILES))
    with pytest.raises(AssetError, match=r"c.txt has 6000 bytes, expected at most 5999"):
        list(zip_files(tmp_path / "x.zip", everything))


def test_a_pack_is_made_once_and_again_when_it_is_damaged_or_old(recipe, package, monkeypatch):
    assert not is_ready("animals")
    pack = get_pack("animals", package)
    assert sorted(path.name for path in pack.folder.iterdir()) == ["CREDITS.md", MANIFEST, "models"]
    assert (pack.folder / "models" / "a.txt").read_bytes() == b"FIRST"
    assert pack.source["path"] == str(package)
    assert (pack.licence, pack.credits, pack.version) == ("CC0", ("A. Writer",), 1)
    assert "A. Writer" in (pack.folder / "CREDITS.md").read_text()
    assert pack.n_bytes > 6000
    monkeypatch.setattr(getting, "fetched_deb", lambda *_: package)
    assert get_pack("animals") == pack  # as it is
    (pack.folder / "models" / "a.txt").write_bytes(b"?")
    with pytest.raises(ValueError, match=r"a.txt is not what was put there .* run `umwelt assets get animals`"):
        check_pack("animals")
    again = get_pack("animals")
    assert again.source["package"] == "0ad-data"
    (again.folder / "models" / "a.txt").unlink()
    with pytest.raises(ValueError, match=r"a.txt is missing"):
        check_pack("animals")
    monkeypatch.setitem(PACKS, "animals", recipe._replace(version=2))
    assert get_pack("animals").version == 2
    assert not (cache_folder() / "downloads" / "animals").exists()


def test_an_interrupted_run_leaves_nothing_that_counts(recipe, package, monkeypatch, cache):
    def breaks(source: Path, out: Path) -> None:
        make(source, out)
        raise AssetError("the mesh is broken")

    monkeypatch.setitem(PACKS, "animals", recipe._replace(make=breaks))
    with pytest.raises(AssetError, match="the mesh is broken"):
        get_pack("animals", package)
    assert not is_ready("animals")
    (cache / "packs" / ".tmp-left").mkdir()
    monkeypatch.setitem(PACKS, "animals", recipe)
    get_pack("animals", package)
    assert sorted(path.name for path in (cache / "packs").iterdir()) == ["animals", "packs.lock"]


def test_a_package_of_something_else_is_refused(recipe, tmp_path):
    other = deb(tmp_path / "other.deb", {GAME_ZIP: zipped({"music/x.ogg": b"la"})})
    with pytest.raises(AssetError, match="none of the files that this pack is made of: expected 0ad-data's"):
        get_pack("animals", other)
    with pytest.raises(FileNotFoundError, match=r"there is no .*none.deb: name a .deb"):
        get_pack("animals", tmp_path / "none.deb")


def test_too_little_room_is_said_before_the_download(recipe, monkeypatch):
    monkeypatch.setattr(getting, "free_bytes", lambda _: 10)
    with pytest.raises(OSError, match="make room there, or set UMWELT_CACHE"):
        get_pack("animals")


def test_a_manifest_that_can_not_be_used_has_a_cure(cache):
    with pytest.raises(FileNotFoundError, match=r"not in the cache .* run `umwelt assets get animals`"):
        ready_pack("animals")
    with pytest.raises(FileNotFoundError, match="run `umwelt assets get animals`"):
        open_pack("animals")
    pack_folder("animals").mkdir(parents=True)
    for text in ("{", "[]", '{"format": 9}'):
        (pack_folder("animals") / MANIFEST).write_text(text)
        with pytest.raises(ValueError, match=r"can't be used .* run `umwelt assets get animals`"):
            ready_pack("animals")


def fake_apt(folder: Path, package: Path, sha256: str, *, stubborn: bool = False) -> None:
    """Programs called apt-get and apt-cache, which give a package that is there."""
    folder.mkdir(exist_ok=True)
    get = f"""#!/bin/sh
for word in "$@"; do case "$word" in Dir::Cache::Archives=*) out="${{word#*=}}";; esac; done
[ -e "$out/0ad-data_1_all.deb" ] && [ -n "{"x" if stubborn else ""}" ] && exit 0
cp {package} "$out/"
"""
    for name, text in (("apt-get", get), ("apt-cache", f"#!/bin/sh\necho 'SHA256: {sha256}'\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)


def test_apt_get_fetches_and_its_promise_is_checked(recipe, package, tmp_path, monkeypatch):
    from sims.core.files import sha256_of

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    fake_apt(tmp_path / "bin", package, sha256_of(package))
    left = cache_folder() / "downloads" / "animals"
    left.mkdir(parents=True)
    (left / "0ad-data_1_all.deb").write_bytes(b"damaged")  # by an earlier run
    fake_apt(tmp_path / "bin", package, sha256_of(package), stubborn=True)
    assert get_pack("animals").source["file"] == "0ad-data_1_all.deb"
    fake_apt(tmp_path / "bin", package, "0" * 64)
    with pytest.raises(AssetError, match="is not what its archive promises"):
        debian.fetched_deb("0ad-data", left)
    fake_apt(tmp_path / "bin", tmp_path / "nothing", "0" * 64)
    with pytest.raises(OSError, match="apt-get can't download 0ad-data"):
        debian.fetched_deb("0ad-data", left)
    (tmp_path / "bin" / "apt-cache").write_text("#!/bin/sh\n")
    with pytest.raises(OSError, match="apt-get knows no package 0ad-data: run `apt-get update`"):
        debian.fetched_deb("0ad-data", left)


def test_where_there_is_no_apt_get_the_cure_is_told(recipe, monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda _: None)
    with pytest.raises(FileNotFoundError, match=r"no apt-get here.*umwelt assets get NAME --source PATH"):
        get_pack("animals")


def test_the_command_lists_and_gets(recipe, package, capsys):
    run(AssetsSettings("list"))
    assert "not here; a download of 1 MB" in capsys.readouterr().out
    run(AssetsSettings("get", "animals", package, json=True))
    said = json.loads(capsys.readouterr().out)["packs"][0]
    assert (said["name"], said["state"], said["licence"]) == ("animals", "ready", "CC0")
    (pack_folder("animals") / "models" / "a.txt").unlink()
    run(AssetsSettings("list"))
    assert "damaged" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no pack 'animal' to get: did you mean 'animals'"):
        run(AssetsSettings("get", "animal"))
    with pytest.raises(ValueError, match="takes no name"):
        run(AssetsSettings("list", "animals"))
