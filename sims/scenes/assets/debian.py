"""Packages by apt-get: downloaded without being installed, and compared with their hash."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from sims.core.files import sha256_of
from sims.scenes.packs.untrusted import AssetError


def fetched_deb(package: str, folder: Path) -> Path:
    """The newest `.deb` of a package that apt-get knows, in `folder`; one that is there already is used if it is whole.

    An interrupted download goes on where apt-get left it.

    Raises:
        FileNotFoundError: there is no apt-get here. OSError: it does not know the package, or can't fetch it.
        AssetError: what it fetched is not what it promised.
    """
    expected = _promised(package)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "partial").mkdir(exist_ok=True)
    places = ["-o", f"Dir::Cache::Archives={folder}/", "-o", "Debug::NoLocking=1"]  # so that no root is needed
    command = ["apt-get", "install", "--download-only", "--reinstall", "--no-install-recommends", "--yes", *places]
    for _ in range(2):
        subprocess.run([*command, package], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        found = sorted(folder.glob(f"{package}_*.deb"))
        if not found:
            raise OSError(
                f"apt-get can't download {package}: is its archive reachable? Run `apt-get update`, try again"
            )
        if sha256_of(found[-1]) == expected:
            return found[-1]
        for path in found:  # apt-get may take a file of the right length for whole
            path.unlink()
    raise AssetError(
        f"{package} is not what its archive promises (SHA-256 {expected}): run `apt-get update`, try again"
    )


def _promised(package: str) -> str:
    """The SHA-256 of the package that apt-get would download."""
    if shutil.which("apt-get") is None or shutil.which("apt-cache") is None:
        raise FileNotFoundError(
            f"there is no apt-get here, which fetches Debian's {package}: fetch that package on a Debian or Ubuntu "
            "machine with `apt-get download`, or have the game's own files, and name either: "
            "`umwelt assets get NAME --source PATH`"
        )
    done = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", package], capture_output=True, text=True, check=False
    )
    found = re.search(r"^SHA256: ([0-9a-f]{64})$", done.stdout, re.MULTILINE)
    if found is None:
        raise OSError(f"apt-get knows no package {package}: run `apt-get update` (as root), then try again")
    return found[1]
