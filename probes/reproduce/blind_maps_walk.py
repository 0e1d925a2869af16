"""One walk, step by step: a film of the map as it is decoded beside the true one, and units that fire at collisions."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from agents.evaluate import env_for
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.ppo import precision_of_cpu
from probes.collisions import after_collision, decode_collisions
from probes.decoding import MapFit
from probes.fitting import fit
from probes.grid import CELL, CELLS, masks_along
from probes.map_decoder import MapDecoder, focal_loss
from probes.maps import best_threshold
from probes.record import record as recorded
from probes.records import Record, unit_names, units
from probes.splits import split_by_layout
from sims.core.video import write_video

FILM, SIDE, BAND, FRAMES = "walk.mp4", 560, 36, 260
"""The film's name, the pixels of each of its two maps, those above them, and at most so many frames."""

TRIED = 16
"""Walks among which one is chosen that is long and arrives."""

LONGEST = 600
"""Steps of a walk that is shown, if there is one."""

SHOWN_UNITS = 3
WALL, FLOOR, UNSEEN, PATH, AGENT, TOUCH = (
    (58, 66, 80),
    (255, 255, 255),
    (214, 218, 224),
    (224, 123, 0),
    (31, 111, 180),
    (214, 39, 40),
)


def draw_walk(
    agent: BlindAgent, record: Record, home: Path, *, max_steps: int, fitted: MapFit, seed: int = 0
) -> dict[str, Any]:
    """Fit a decoder to `record`, walk on a test layout, and write the film into `home`.

    Returns:
        As JSON: `layout`, `film` (its name), and of every step `path` (start frame, metres), `collided`, and the
        standardised activity of the heaviest collision `units`.

    Raises:
        ValueError: as `probes.maps.decode_maps` and `probes.collisions.decode_collisions`.
    """
    split = split_by_layout(record.layout_numbers(), seed)
    decoder, threshold = _decoder(record, fitted, seed)
    walk, e = _walk(agent, sorted({record.layouts[e] for e in split.test}), max_steps, seed)
    steps = np.arange(walk.episodes["steps"][e]) + walk.episodes["first"][e]
    states = torch.from_numpy(units(walk.states, steps))
    with torch.no_grad():
        belief = torch.cat([decoder(part).softmax(1)[:, 1] for part in states.split(64)]).numpy()
    path, touched = walk.path(e), after_collision(walk)[steps]
    mask = masks_along(path, np.arange(len(path)))
    write_video(home / FILM, _frames(belief, walk.free[e], mask, path, touched, threshold))
    found = decode_collisions(record, seed=seed)
    return {
        "layout": walk.layouts[e],
        "film": FILM,
        "path": np.round(path, 2).tolist(),
        "collided": touched.tolist(),
        "units": _activity(record, found.units[:SHOWN_UNITS], found.weights, states.numpy()),
    }


class _Rows(NamedTuple):
    states: Tensor
    free: Tensor
    mask: Tensor


def _decoder(record: Record, fitted: MapFit, seed: int) -> tuple[MapDecoder, float]:
    """A map decoder of the record's states, as `probes.maps` fits it, and the belief from which a cell is free."""
    split = split_by_layout(record.layout_numbers(), seed)
    train, validation = (_rows(record, part, fitted.states_per_episode) for part in split[:2])
    rows = _Rows(*(torch.cat(parts) for parts in zip(train, validation, strict=True)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = MapDecoder(train.states, fitted.dropout)

    def logits(states: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision_of_cpu() == "bfloat16"):
            return decoder(states)

    fit(
        decoder,
        lambda k: focal_loss(logits(rows.states[k]), rows.free[k], rows.mask[k]),
        torch.arange(len(train.states)),
        torch.arange(len(train.states), len(rows.states)),
        epochs=fitted.epochs,
        patience=fitted.patience,
        lr=fitted.lr,
        weight_decay=fitted.weight_decay,
        batch=fitted.batch,
        seed=seed,
    )
    with torch.no_grad():
        belief = torch.cat([decoder(part).softmax(1)[:, 1] for part in validation.states.split(64)]).numpy()
    return decoder, best_threshold(belief, validation.free.numpy(), validation.mask.numpy())


def _rows(record: Record, episodes: NDArray[np.int64], each: int) -> _Rows:
    """At most `each` of the moments of every episode that have states, the last included, with maps and masks."""
    first, count = record.rows()
    states, free, mask = [], [], []
    for e in episodes:
        share = np.arange(1, each + 1) / each
        rows = np.unique(first[e] + np.rint((count[e] - 1) * share).astype(np.int64))
        states.append(units(record.states, rows))
        free.append(np.repeat(record.free[e][None], len(rows), 0))
        mask.append(masks_along(record.path(int(e)), record.at[rows] - record.episodes["first"][e]))
    return _Rows(*(torch.from_numpy(np.concatenate(parts)) for parts in (states, free, mask)))


def _walk(agent: BlindAgent, layouts: list[str], max_steps: int, seed: int) -> tuple[Record, int]:
    """Some walks on these layouts with the memory of every step, and which one is to be shown."""
    env = env_for(layouts, max(TRIED, len(layouts)), TRIED, max_steps, seed)
    policy = RecurrentPolicy(agent, seed=seed)
    walks = recorded(policy, env, TRIED, twin=policy, seed=seed)
    told = walks.episodes
    good = told["path_length"] * np.where(told["success"] > 0, 1.0, 0.1) * np.where(told["steps"] <= LONGEST, 1.0, 0.1)
    return walks, int(good.argmax())


def _activity(
    record: Record, names: tuple[str, ...], weights: NDArray[np.float32], states: NDArray[np.float32]
) -> dict[str, Any]:
    """Activity of some units over a walk, standardised by the record, and turned so that collisions are up."""
    order = [f"{part}[{k}]" for part in unit_names(record.states) for k in range(record.states[part].shape[1])]
    found = {}
    for name, weight in zip(names, weights, strict=False):
        part, _, k = name.partition("[")
        column = record.states[part][:, int(k[:-1])].astype(np.float32)
        values = (states[:, order.index(name)] - column.mean()) / max(float(column.std()), 1e-6)
        found[name] = np.round(values * np.sign(weight), 3).tolist()
    return found


def _frames(
    belief: NDArray[np.float32],
    free: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    path: NDArray[np.float64],
    touched: NDArray[np.bool_],
    threshold: float,
) -> list[NDArray[np.uint8]]:
    """Pictures of the walk: left what is decoded, right what is true, both where it has been."""
    window = _window(mask[-1])
    moments = np.unique(np.linspace(0, len(path) - 1, min(FRAMES, len(path))).round().astype(int))
    spread = max(1e-3, float(np.quantile(np.abs(belief[mask] - threshold), 0.98)))
    frames = []
    for t in moments:
        sure = np.clip(0.5 + (belief[t] - threshold) / (2 * spread), 0, 1)[..., None]
        decoded = np.where(mask[t][..., None], sure * FLOOR + (1 - sure) * WALL, UNSEEN)
        true = np.where(mask[t][..., None], np.where(free[..., None], FLOOR, WALL), UNSEEN)
        sides = [_panel(cells, window, path[: t + 1], touched[: t + 1]) for cells in (decoded, true)]
        sheet = Image.new("RGB", (2 * SIDE + 20, SIDE + BAND), (255, 255, 255))
        for k, (side, title) in enumerate(zip(sides, (f"decoded from the memory at step {t}", "true"), strict=True)):
            sheet.paste(side, (k * (SIDE + 20), BAND))
            ImageDraw.Draw(sheet).text((k * (SIDE + 20) + 8, 8), title, fill=(29, 35, 43), font_size=18)
        frames.append(np.array(sheet))
    return frames


def _window(mask: NDArray[np.bool_]) -> tuple[int, int, int]:
    """First row and column, and size, of a square of cells that holds all that is asked about."""
    i, j = np.nonzero(mask)
    size = int(min(CELLS, max(np.ptp(i), np.ptp(j)) + 5))
    first = [int(np.clip((part.min() + part.max() + 1 - size) // 2, 0, CELLS - size)) for part in (i, j)]
    return first[0], first[1], size


def _panel(
    cells: NDArray[np.floating], window: tuple[int, int, int], path: NDArray[np.float64], touched: NDArray[np.bool_]
) -> Image.Image:
    """One map, forward up, with the path and where it touched."""
    i, j, size = window
    shown = cells[i : i + size, j : j + size][::-1, ::-1].astype(np.uint8)
    image = Image.fromarray(shown).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    scale = SIDE / size
    at = path / CELL + CELLS // 2 - [i, j]
    points = [(float((size - y) * scale), float((size - x) * scale)) for x, y in at]
    pencil = ImageDraw.Draw(image)
    if len(points) > 1:
        pencil.line(points, fill=PATH, width=3, joint="curve")
    for (x, y), touch in zip(points, touched, strict=True):
        if touch:
            pencil.ellipse([x - 2.5, y - 2.5, x + 2.5, y + 2.5], fill=TOUCH)
    x, y = points[-1]
    pencil.ellipse([x - 6, y - 6, x + 6, y + 6], fill=AGENT)
    return image
