"""The words of a glTF file, taken from its bytes without believing them: the container, its JSON, and typed access."""

import json
import math
import struct
from typing import Any, NoReturn

from sims.scenes.packs.untrusted import AssetError, Limits

Object = dict[str, Any]

GLB, JSON_CHUNK, BIN_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942
AGAIN = "the file is truncated or damaged; get or export it again"


def container(data: bytes) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk (None if there is none) of a GLB file.

    Raises:
        AssetError: no GLB of version 2, or lengths that are not those of the file.
    """
    if len(data) < 20:
        raise AssetError(f"it has {len(data)} bytes, expected a GLB's header of 20 at least: {AGAIN}")
    magic, version, length = struct.unpack_from("<3I", data)
    if magic != GLB or version != 2:
        raise AssetError(
            f"it begins with {data[:4]!r}, version {version}, expected a GLB (b'glTF') of version 2: {AGAIN}"
        )
    if length != len(data):
        raise AssetError(f"its header says {length} bytes, it has {len(data)}: {AGAIN}")
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != JSON_CHUNK:
        raise AssetError(f"its first chunk is not its JSON: {AGAIN}")
    binary = chunks[1][1] if len(chunks) > 1 and chunks[1][0] == BIN_CHUNK else None
    return chunks[0][1], binary


def _chunks(data: bytes) -> list[tuple[int, bytes]]:
    at, chunks = 12, []
    while at < len(data) and len(chunks) < 2:  # what follows the second is no part of glTF 2.0
        if at + 8 > len(data):
            raise AssetError(f"a chunk's header lies beyond the end of the file: {AGAIN}")
        length, kind = struct.unpack_from("<2I", data, at)
        if at + 8 + length > len(data):
            raise AssetError(f"a chunk says {length} bytes where {len(data) - at - 8} are left: {AGAIN}")
        chunks.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length
    return chunks


def parsed(text: bytes, limits: Limits) -> Object:
    """A glTF file's JSON.

    Raises:
        AssetError: it is none, it holds NaN or infinity, or too many entries.
    """
    entries = text.count(b",") + text.count(b"[") + text.count(b"{")
    if entries > limits.values:  # an entry takes some 60 bytes of memory for 2 of the file
        raise AssetError(
            f"its JSON has {entries} entries, expected at most {limits.values}: export it with fewer nodes"
        )
    try:
        tree = json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except AssetError:
        raise
    except (ValueError, RecursionError) as error:
        raise AssetError(f"its JSON can't be read ({str(error)[:80]}): {AGAIN}") from None
    if not isinstance(tree, dict):
        raise AssetError(f"its JSON is no object: {AGAIN}")
    return tree


def _no_number(word: str) -> NoReturn:
    raise AssetError(f"its JSON holds {word}, expected finite numbers: mend the mesh and export it again")


def entries(thing: Object, key: str) -> list[Object]:
    """The list of objects `thing[key]`; empty if there is none."""
    found = thing.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise AssetError(f"{key} is no list of objects: {AGAIN}")
    return found


def part(thing: Object, *keys: str) -> Object:
    """The object `thing[key][key]...`; empty if there is none."""
    for key in keys:
        thing = thing.get(key, {})
        if not isinstance(thing, dict):
            raise AssetError(f"{key} is no object: {AGAIN}")
    return thing


def pick(things: list[Object], index: object, what: str) -> Object:
    """The entry that `index` stands for.

    Raises:
        AssetError: there is none.
    """
    if type(index) is not int or not 0 <= index < len(things):
        raise AssetError(f"it refers to {what} {index!r}, expected a number below {len(things)}: {AGAIN}")
    return things[index]


def whole(thing: Object, key: str, default: int | None = None, least: int = 0) -> int:
    """The whole number `thing[key]`, at least `least`; without a default it must be there."""
    value = thing.get(key, default)
    if type(value) is not int or value < least:
        raise AssetError(f"{key} is {str(value)[:40]}, expected a whole number, at least {least}: {AGAIN}")
    return value


def indices(thing: Object, key: str) -> list[int]:
    """The list of whole numbers `thing[key]`; empty if there is none."""
    found = thing.get(key, [])
    if not isinstance(found, list) or not all(type(index) is int for index in found):
        raise AssetError(f"{key} is no list of whole numbers: {AGAIN}")
    return found


def numbers(thing: Object, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """As many finite numbers as `default` has: the list `thing[key]`."""
    found = thing.get(key, list(default))
    if not isinstance(found, list) or len(found) != len(default) or not all(map(_finite, found)):
        raise AssetError(f"{key} is {str(found)[:60]}, expected {len(default)} finite numbers: {AGAIN}")
    return tuple(float(number) for number in found)


def number(thing: Object, key: str, default: float) -> float:
    """The finite number `thing[key]`."""
    found = thing.get(key, default)
    if not _finite(found):
        raise AssetError(f"{key} is {str(found)[:40]}, expected a finite number: {AGAIN}")
    return float(found)


def _finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) < 2**63
