"""Two objects, where they stand and what they are made of, with captions and captions that are nearly right.

The design of PUG: SPAR (Bordes et al. 2023, 'PUG: Photorealistic and Semantically Controllable Synthetic Data for
Representation Learning', section 3.4): scene, position, attribute, relation, in PUG's scalar columns.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pyarrow as pa

from sims.scenes.factors import Discrete, Space, Value

BLANK = "blank"
"""The character that is not there."""

PLAIN = "Default"
"""The texture that an object has by itself."""

COLUMNS = (
    *("world_name", "character_name", "character2_name", "character1_pos", "character2_pos"),
    *("character_texture", "character2_texture"),
)
PLACES = {"left": "on the left", "right": "on the right", "bottom": "at the bottom", "top": "at the top"}


def relation_design(
    worlds: Sequence[str],
    characters: Sequence[str],
    relations: Sequence[tuple[str, str]] = (("left", "right"), ("bottom", "top")),
    attributes: Sequence[tuple[str, str]] = (("Blue", "Red"), ("Grass", "Stone")),
) -> pa.Table:
    """Every pair of characters (either or both may be BLANK) in every world, relation and attribute.

    A row has either a relation, with textures as they are, or an attribute, with the first relation's places. As in
    PUG, what no object shows is varied all the same: with both BLANK, all variants of a world are the same picture.

    Args:
        worlds, characters: names. relations: places of the first and the second. attributes: their textures.

    Returns:
        `len(worlds) x (len(characters) + 1)^2 x (len(relations) + len(attributes))` rows, columns COLUMNS.

    Raises:
        ValueError: no worlds, characters or relations, a name twice, or a character that is called `blank`.
    """
    for what, names in (("worlds", worlds), ("characters", characters), ("relations", relations)):
        if not names:
            raise ValueError(f"there are no {what}: name one at least")
    if BLANK in characters:
        raise ValueError(f"{BLANK!r} stands for no character and is there by itself: leave it out")
    if len(set(relations)) < len(relations) or len(set(attributes)) < len(attributes):
        raise ValueError(f"a relation or an attribute is there twice: leave one out of {relations} and {attributes}")
    if any(PLAIN in pair for pair in attributes):
        raise ValueError(f"{PLAIN!r} is the texture in every relation and no attribute: leave it out of {attributes}")
    variants = [(*pair, PLAIN, PLAIN) for pair in relations] + [(*relations[0], *pair) for pair in attributes]
    there = (*characters, BLANK)
    space = Space(
        (
            Discrete("world_name", tuple(worlds)),
            Discrete("character_name", there),
            Discrete("character2_name", there),
            *(Discrete(name, tuple(dict.fromkeys(v[k] for v in variants))) for k, name in enumerate(COLUMNS[3:])),
        )
    )
    rows = [(*who, *how) for who, how in product(product(worlds, there, there), variants)]
    arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.Table.from_arrays(arrays, schema=space.schema())


def with_captions(table: pa.Table, nouns: Mapping[str, str] | None = None) -> pa.Table:
    """The table with two more columns, `caption` and `hard_negative`.

    A hard negative says the same words of the wrong object: of two different ones the two are exchanged; of a single
    one its place or its texture is the other's. It is null where there is none: nothing to see, or the same twice.

    Args:
        table: columns COLUMNS. nouns: what characters are called in captions; by default their names in small letters.
    """
    captions, negatives = [], []
    for row in table.to_pylist():
        first, second = _phrases(row, nouns or {}, exchanged=False), _phrases(row, nouns or {}, exchanged=True)
        captions.append(_sentence(first, row["world_name"]))
        differ = sorted(first) != sorted(second)
        negatives.append(_sentence(second, row["world_name"]) if first and differ else None)
    return table.append_column("caption", pa.array(captions, pa.string())).append_column(
        "hard_negative", pa.array(negatives, pa.string())
    )


def _phrases(row: Mapping[str, Any], nouns: Mapping[str, str], *, exchanged: bool) -> list[str]:
    """What is said of each object that is there; `exchanged`: with the other's place or texture."""
    who = [row["character_name"], row["character2_name"]]
    places = [row["character1_pos"], row["character2_pos"]]
    textures = [row["character_texture"], row["character2_texture"]]
    if exchanged:
        places, textures = places[::-1], textures[::-1]
    plain = textures[0] == PLAIN == textures[1]
    phrases = []
    for name, place, texture in zip(who, places, textures, strict=True):
        if name == BLANK:
            continue
        noun = nouns.get(name, _small(name))
        how = PLACES.get(place, f"at the {place}") if plain else f"covered in {_small(texture)}"
        phrases.append(f"{_article(noun)} {noun} {how}")
    return phrases


def _sentence(phrases: Sequence[str], world: Value) -> str:
    scene = _small(str(world))
    what = " and ".join(phrases) if phrases else "nothing"
    return f"{what}, in {_article(scene)} {scene} scene"


def _small(name: str) -> str:
    """`EuropeanStreet` as `european street`."""
    spaced = "".join(f" {c}" if c.isupper() and k and not name[k - 1].isupper() else c for k, c in enumerate(name))
    return spaced.replace("_", " ").lower().strip()


def _article(noun: str) -> str:
    """By sound, for the sounds that names of animals and places begin with."""
    return "an" if noun[:1] in "aeiou" and not noun.startswith(("eu", "uni")) else "a"
