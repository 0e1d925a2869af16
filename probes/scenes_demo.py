"""The command `umwelt demo scenes`: pictures of the `basic` pack with all that is known of them, on one page."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from probes.report import Picture, Section, Table, figure_picture, write_page
from sims.core.bench import machine
from sims.scenes.flow import optical_flow
from sims.scenes.relations import BLANK, with_captions
from sims.scenes.rendered import Rendered
from sims.scenes.scene import Renderer, Scene

LEAD = (
    "Scenes in which every factor is set by name, as in PUG (Bordes et al. 2023), rendered by Blender's Cycles on this "
    "machine's processor. The same row of factors gives the same bytes, and every picture comes with all that is known "
    "of it."
)
Look = Callable[[Mapping[str, Any]], Rendered]

SHEET = 12
"""Objects, and worlds, that the page shows; `objects` and `worlds` ask for more."""


@dataclass(frozen=True)
class ScenesDemoSettings:
    """What `umwelt demo scenes` renders."""

    name: Annotated[Literal["scenes"], tyro.conf.Positional] = "scenes"
    """Which demo."""
    pack: str = "basic"
    """`basic`, or a folder of GLB, glTF or OBJ files."""
    out: Path = Path("demo")
    """The folder that the page is written into, as `scenes.html`."""
    size: int = 224
    """Pixels a side."""
    samples: int = 16
    """Rays a pixel."""
    objects: int = SHEET
    """How many of the pack's objects to show."""
    worlds: int = SHEET
    """How many of the pack's worlds to show."""


def run(settings: ScenesDemoSettings, renderer: str | Renderer = "cycles") -> None:
    """Render, and write the page.

    Raises:
        FileNotFoundError: there is no Blender; the message says how to get it.
    """
    took: list[float] = []
    size = settings.size
    with Scene(settings.pack, renderer, width=size, height=size, samples=settings.samples) as scene:

        def look(factors: Mapping[str, Any]) -> Rendered:
            began = time.perf_counter()
            seen = scene.render(factors)
            took.append(time.perf_counter() - began)
            sys.stderr.write(f"{len(took)} pictures, {took[-1]:.1f} s\n" if len(took) % 10 == 0 else "")
            return seen

        characters = _spread(scene.pack.characters, settings.objects)
        worlds = _spread(scene.pack.worlds, settings.worlds)
        first, second = characters[0], characters[len(characters) // 2]
        sections = [
            _sheet_section("Objects", "character_name", characters, worlds[0], look),
            _sheet_section("Worlds", "world_name", worlds, first, look),
            _factors_section(first, look),
            _annotations_section(first, second, look),
            _relations_section(scene, first, second, look),
        ]
    foot = f"{len(took)} pictures of {settings.size} pixels, median {np.median(took):.1f} s each; {machine()}."
    path = settings.out / "scenes.html"
    write_page(path, "Scenes whose every factor is set by name", LEAD, sections, foot)
    sys.stdout.write(f"{path}\n")


def _spread(names: tuple[str, ...], n: int) -> list[str]:
    """Up to `n` of the names, evenly over all of them."""
    chosen = np.unique(np.linspace(0, len(names) - 1, max(1, min(n, len(names)))).round().astype(int))
    return [names[k] for k in chosen]


def _sheet_section(title: str, factor: str, values: list[str], other: str, look: Look) -> Section:
    around = {"world_name": other} if factor == "character_name" else {"character_name": other}
    images = [look({**around, factor: value, "camera_yaw": 20.0}).image for value in values]
    caption = f"Only {factor} differs: {', '.join(values)}."
    return Section(title, pictures=[_grid(images, values, 6, caption)], wide=True)


def _factors_section(name: str, look: Look) -> Section:
    rows = {
        "camera_yaw": [0.0, 45.0, 90.0, 180.0, 270.0, 315.0],
        "character_texture": ["Default", "Sky", "Grass", "Asphalt", "Stone", "Gold"],
        "scene_light": ["Default", "Blue", "Green", "Red", "Yellow", "Dim"],
        "character_scale": [0.5, 0.7, 0.85, 1.0, 1.15, 1.3],
    }
    images, titles = [], []
    for factor, values in rows.items():
        images += [look({"character_name": name, factor: value}).image for value in values]
        titles += [f"{factor.removeprefix('character_')} {value}" for value in values]
    caption = f"Each row changes one factor and nothing else ({', '.join(rows)}): what invariance is measured on."
    return Section("One factor at a time", pictures=[_grid(images, titles, 6, caption)], wide=True)


def _annotations_section(first: str, second: str, look: Look) -> Section:
    factors = {
        "character_name": first,
        "character2_name": second,
        "character1_pos": "left",
        "character2_pos": "right",
        "camera_yaw": 25.0,
    }
    seen = look(factors)
    flow = optical_flow(seen, look({**factors, "camera_yaw": 30.0}))
    depth = np.where(np.isfinite(seen.depth), seen.depth, np.nan)
    panels = {
        "image": seen.image,
        "depth, 2 to 12 m": np.clip((depth - 2.0) / 10.0, 0.0, 1.0),
        "normals": (seen.normals + 1.0) / 2.0,
        "instances": seen.instance % 12,
        "albedo": seen.albedo,
        "flow to 5 degrees further, pixels": np.linalg.norm(flow, axis=-1),
    }
    figure = Figure(figsize=(10.5, 7.2), layout="constrained")
    for k, (title, panel) in enumerate(panels.items()):
        axes = figure.add_subplot(2, 3, k + 1)
        axes.imshow(panel, cmap="tab20" if title == "instances" else "viridis", interpolation="nearest")
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
        for thing in seen.objects if k == 0 else ():
            if thing.box is not None:
                left, top, right, bottom = thing.box
                axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, ec="#e07b00", lw=1.5))
    known = [
        [o.name, f"{o.pixels}", f"{o.visible_fraction:.0%}", f"{o.fraction_in_frame:.0%}", str(o.box), str(o.loose_box)]
        for o in seen.objects
    ]
    head = ["object", "pixels", "visible", "in frame", "tight box", "loose box"]
    caption = "One scene of two objects and what is known of it; boxes are of what is visible."
    return Section(
        "Everything that is known of a picture",
        tables=[Table("Its objects (boxes: left, top, right, bottom)", head, known)],
        pictures=[figure_picture(figure, caption, "A picture beside its depth, normals, instances, albedo and flow")],
        wide=True,
    )


def _relations_section(scene: Scene, first: str, second: str, look: Look) -> Section:
    variants = [("left", "right", "Default", "Default"), ("bottom", "top", "Default", "Default")]
    variants += [("left", "right", "Blue", "Red"), ("left", "right", "Grass", "Stone")]
    names = ("character1_pos", "character2_pos", "character_texture", "character2_texture")
    rows = [
        {
            "world_name": scene.pack.worlds[0],
            "character_name": first,
            "character2_name": second,
            **dict(zip(names, variant, strict=True)),
        }
        for variant in variants
    ]
    nouns = {name: scene.pack.noun(name) for name in scene.pack.characters} | {BLANK: ""}
    table = with_captions(scene.space.table(rows), nouns).to_pylist()
    images = [look(row).image for row in rows]
    captions = [[row["caption"], row["hard_negative"]] for row in table]
    return Section(
        "Relations and attributes",
        ["The design of PUG: SPAR: each picture with its caption and with one that says the same words wrongly."],
        [Table("From left to right", ["caption", "hard negative"], captions)],
        [_grid(images, [""] * 4, 4, "Left and right, bottom and top, blue and red, grass and stone.")],
        wide=True,
    )


def _grid(images: list[NDArray[np.uint8]], titles: list[str], columns: int, caption: str) -> Picture:
    """Pictures side by side, in rows of `columns`."""
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(1.75 * columns, 1.95 * rows), layout="constrained")
    for k, (image, title) in enumerate(zip(images, titles, strict=True)):
        axes = figure.add_subplot(rows, columns, k + 1)
        axes.imshow(image)
        axes.set_title(title, fontsize=8)
        axes.set_axis_off()
    return figure_picture(figure, caption, caption)
