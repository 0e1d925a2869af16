"""Files from elsewhere: what may be read of them, how much, and the one error for all that is refused."""

import base64
import binascii
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

PICTURES = ("PNG", "JPEG", "WEBP", "BMP", "TGA")
MIB = 2**20


class AssetError(ValueError):
    """An asset that is refused; the message says which file, what is wrong, what was expected and the cure."""


@dataclass(frozen=True)
class Limits:
    """How large an asset may be; what is larger is refused before memory is taken for it.

    Args:
        file_bytes: of each file that it consists of.
        decoded_bytes: of all that is unpacked for one asset: buffers, accessors, pictures at 4 bytes a pixel.
        vertices, triangles: after every mesh is placed as often as the scene shows it.
        texture_px: the longest side of a picture. values: entries of its JSON. lines: of a text file.
        depth: of nodes within nodes.
    """

    file_bytes: int = 512 * MIB
    decoded_bytes: int = 2048 * MIB
    vertices: int = 5_000_000
    triangles: int = 10_000_000
    texture_px: int = 8192
    values: int = 2_000_000
    lines: int = 20_000_000
    depth: int = 256


class Reading:
    """One asset while it is read: the folder that it may look into and how much it may still unpack.

    Args:
        file: the asset, in `folder` or below. folder: nothing outside of it is opened, symbolic links included.
    """

    def __init__(self, file: Path, folder: Path, limits: Limits):
        self.file, self.folder, self.limits = file, folder.resolve(), limits
        self._left = limits.decoded_bytes

    def spend(self, n_bytes: int, what: str) -> None:
        """Account for `n_bytes` that are about to be unpacked.

        Raises:
            AssetError: the asset would unpack to more than its limit.
        """
        self._left -= n_bytes
        if self._left < 0:
            raise AssetError(
                f"it unpacks to more than {self.limits.decoded_bytes / MIB:.0f} MiB ({what} is too much): "
                "export it with fewer vertices and smaller textures"
            )

    def content(self) -> bytes:
        """The asset's own bytes."""
        return self._plain(self.file, "it")

    def fetch(self, uri: str, what: str) -> bytes:
        """The bytes that a URI in the asset stands for: its own (`data:`) or a plain file's inside the folder.

        Raises:
            AssetError: any other scheme, an absolute path, `..`, a way out of the folder, a missing or too large file.
        """
        if embedded(uri):
            return self._embedded(uri, what)
        data = self._plain(self.located(uri, what), f"{what} ({_short(uri)})")
        self.spend(len(data), what)
        return data

    def located(self, uri: str, what: str) -> Path:
        """The plain file inside the folder that a URI in the asset stands for, not opened yet.

        Raises:
            AssetError: see `fetch`.
        """
        path = unquote(uri)
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path):
            raise AssetError(
                f"{what} is at {_short(uri)}: only files in the pack's own folder are opened; put it there, or embed it"
            )
        parts = PurePosixPath(path).parts
        if not parts or path.startswith(("/", "~")) or ".." in parts or "\\" in path or not path.isprintable():
            raise AssetError(
                f"{what} is at {_short(uri)}: expected a path without '..', from the asset's folder downwards; "
                "put the file beside the asset and name it so"
            )
        return self._real(self.file.parent / path, f"{what} ({_short(uri)})")

    def picture(self, data: bytes, what: str) -> NDArray[np.uint8]:
        """A picture as `[height, width, 3 or 4]` uint8, row 0 at its top.

        Raises:
            AssetError: no PNG, JPEG, WebP, BMP or TGA, broken, too large, or a decompression bomb.
        """
        from PIL import Image

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(data), formats=PICTURES) as opened:
                    self._measure(opened.size, what)
                    clear = "A" in opened.getbands() or "transparency" in opened.info
                    return np.asarray(opened.convert("RGBA" if clear else "RGB"), np.uint8)
        except AssetError:
            raise
        except Exception as error:  # a broken picture makes Pillow's decoders raise nearly anything
            raise AssetError(
                f"{what} is no picture that can be read ({_short(str(error))}): "
                f"expected one of {', '.join(PICTURES)}; export it again"
            ) from error

    def _measure(self, size: tuple[int, int], what: str) -> None:
        if max(size) > self.limits.texture_px or min(size) < 1:
            raise AssetError(
                f"{what} has {size[0]} x {size[1]} pixels, expected at most {self.limits.texture_px} a side: "
                "export smaller textures"
            )
        self.spend(4 * size[0] * size[1], what)

    def _real(self, path: Path, what: str) -> Path:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            raise AssetError(f"{what} is missing or can't be reached: put it there, or embed it in the asset") from None
        if not real.is_relative_to(self.folder):
            raise AssetError(f"{what} lies outside the pack's folder: copy it inside instead of linking to it")
        if not real.is_file():
            raise AssetError(f"{what} is no plain file: expected one")
        return real

    def _plain(self, path: Path, what: str) -> bytes:
        real = self._real(path, what)
        try:
            with real.open("rb") as stream:
                data = stream.read(self.limits.file_bytes + 1)
        except OSError as error:
            raise AssetError(f"{what} can't be read ({error.strerror}): check its permissions") from None
        if len(data) > self.limits.file_bytes:
            raise AssetError(
                f"{what} is larger than {self.limits.file_bytes / MIB:.0f} MiB: export it with fewer vertices and "
                "smaller textures"
            )
        return data

    def _embedded(self, uri: str, what: str) -> bytes:
        head, comma, body = uri.partition(",")
        if not comma or not head.endswith(";base64"):
            raise AssetError(f"{what} is embedded as {_short(head)}: expected data:...;base64,...; export it as GLB")
        self.spend(len(body) * 3 // 4, what)
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise AssetError(f"{what} is embedded in broken base64: export it again, as GLB") from None


def embedded(uri: str) -> bool:
    """Whether a URI holds its bytes itself."""
    return uri[:5].lower() == "data:"


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
