"""Debian packages and zips, written by hand."""

import io
import tarfile
import zipfile
from pathlib import Path


def deb(path: Path, files: dict[str, bytes]) -> Path:
    """A Debian package with these files in it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"x" * 7, "data.tar.xz": stream.getvalue()}
    out = b"!<arch>\n"
    for name, data in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    path.write_bytes(out)
    return path


def zipped(files: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    """A zip with these files in it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()
