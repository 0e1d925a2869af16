"""The card of a data set: README.md, as Hugging Face reads it, and a sheet of pictures to look at."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from PIL import Image

from sims.core.files import write_atomic
from sims.scenes.datasets.assembling import SETTINGS
from sims.scenes.datasets.plan import Plan
from sims.scenes.datasets.spec import Spec, named_specs
from sims.scenes.datasets.writing import file_path, read_record
from sims.scenes.factors import factors_of

SHEET = "contact_sheet.png"
MOST, ACROSS, SIDE = 48, 8, 112
"""Pictures of the sheet, pictures in a row of it, and pixels of a picture's side."""

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Hugging Face's names for numbers of pictures."""


def write_card(out: Path, spec: Spec, plan: Plan, manifest: Mapping[str, Any]) -> None:
    """Write README.md and the contact sheet of a finished data set.

    Raises:
        OSError: the disk is full, or a picture is gone.
    """
    write_atomic(out / SHEET, contact_sheet(out, plan.table.num_rows))
    made_with = json.loads((out / SETTINGS).read_text())["made_with"]
    write_atomic(out / "README.md", card(spec, plan, manifest, made_with).encode())


def card(spec: Spec, plan: Plan, manifest: Mapping[str, Any], made_with: Mapping[str, str]) -> str:
    """The text of README.md; `made_with`: versions of what had a part in the bytes."""
    parts = [
        f"---\n{yaml.safe_dump(_head(spec, plan), sort_keys=False, allow_unicode=True)}---",
        f"# {spec.title or spec.name}",
        spec.description,
        f"![some of its pictures]({SHEET})",
        f"## Pictures\n\n{_pictures(spec, plan, manifest)}",
        f"## Factors\n\n{_factor_table(plan.table)}",
        f"## Splits\n\n{_splits(plan)}",
        f"## Files\n\n{_files(spec)}",
        f"## How it was made\n\n{_made(spec, made_with)}",
        f"## Licence and credits\n\n{_credits(plan)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(spec: Spec, plan: Plan) -> dict[str, Any]:
    n = plan.table.num_rows
    return {
        "pretty_name": spec.title or spec.name,
        "license": "other",
        "license_name": plan.pack["licence"],
        "tags": ["synthetic", "controllable", "umwelt"],
        "size_categories": [next((name for most, name in SIZES if n < most), "n>1M")],
    }


def _pictures(spec: Spec, plan: Plan, manifest: Mapping[str, Any]) -> str:
    lines = [f"{plan.table.num_rows:,} pictures of {spec.size} x {spec.size} pixels."]
    if manifest["flawed"]:
        lines.append(
            f"{manifest['flawed']:,} of them have flaws (an object out of sight, cut off, hidden, or inside another), "
            "which the column `flaws` of the table names; `open_dataset(path).sound()` leaves them out."
        )
    return " ".join(lines)


def _factor_table(table: pa.Table) -> str:
    lines = ["| factor | values |", "|---|---|"]
    for name in factors_of(table):
        factor = json.loads((table.schema.field(name).metadata or {})[b"factor"])
        if factor["kind"] == "continuous":
            values = f"{factor['low']:g} to {factor['high']:g} {factor['unit']}"
        else:
            values = f"{len(factor['values'])}: " + ", ".join(_cell(value) for value in factor["values"])
        lines.append(f"| `{name}` | {values} |")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def _splits(plan: Plan) -> str:
    if plan.statement is None:
        return "None: all pictures are of one set."
    counts = ", ".join(f"{name}: {n:,}" for name, n in plan.statement["rows"].items())
    return f"{plan.statement['kind'].capitalize()}: {plan.statement['text']} ({counts}). The statement in full:\n\n" + (
        f"```json\n{json.dumps(plan.statement, indent=1)}\n```"
    )


def _files(spec: Spec) -> str:
    kinds = ", ".join(f"`{kind}/`" for kind in spec.annotations) or "none"
    return (
        "`images/<world>/<character>/<row>.png`; annotations: "
        f"{kinds} (likewise). `table.parquet` has a row a picture: factors, split, files with their SHA-256, flaws, "
        "and what was realised: objects with boxes, poses and visible fractions, the camera. `MANIFEST.json` names "
        "units and frames and every file's SHA-256. Read it with `sims.scenes.datasets.reader.open_dataset(path)`."
    )


def _made(spec: Spec, made_with: Mapping[str, str]) -> str:
    source = spec.name if spec.name in named_specs() else f"{spec.name}.toml"
    versions = ", ".join(f"{name} {version}" for name, version in made_with.items())
    return (
        f"`umwelt dataset {source} --out DIR` with {versions}; pack `{spec.pack}`, renderer `{spec.renderer}`, "
        f"{spec.samples} samples a pixel, seed {spec.seed}. What the pictures depend on (SHA-256 {spec.key()}):\n\n"
        f"```json\n{json.dumps(spec.fixed(), indent=1)}\n```"
    )


def _credits(plan: Plan) -> str:
    lines = [f"Objects and worlds: the pack `{plan.pack['name']}`, {plan.pack['licence']}."]
    return "\n".join(lines + [f"- {credit}" for credit in plan.pack["credits"]])


def contact_sheet(out: Path, n: int) -> bytes:
    """A PNG of up to MOST pictures spread over the `n` rows of the data set in `out`."""
    rows = np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(int)).tolist()
    down = -(-len(rows) // ACROSS)
    sheet = Image.new("RGB", (min(len(rows), ACROSS) * SIDE, down * SIDE))
    for k, row in enumerate(rows):
        record = read_record(out, row)
        if record is None:
            raise FileNotFoundError(f"the record of row {row} in {out} is gone: run the same command again")
        with Image.open(out / file_path("image", row, record["factors"])) as picture:
            small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        sheet.paste(small, (k % ACROSS * SIDE, k // ACROSS * SIDE))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()
