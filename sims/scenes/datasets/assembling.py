"""What a finished data set says of itself: its table and its manifest, made of the records of its pictures."""

import io
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sims.core.files import MANIFEST, sha256_of, write_atomic
from sims.scenes.datasets.plan import Plan
from sims.scenes.datasets.spec import Spec
from sims.scenes.datasets.writing import CONVENTIONS

TABLE = "table.parquet"
SETTINGS = "settings.json"
FORMAT = 1
"""Of the folder; a reader refuses one that it does not know."""

NUMBERS = pa.list_(pa.float64())
BOX = pa.list_(pa.int64())
OBJECT = pa.struct(
    [
        ("name", pa.string()),
        ("instance", pa.int64()),
        ("category", pa.int64()),
        ("pose", NUMBERS),
        ("corners", NUMBERS),
        ("box", BOX),
        ("loose_box", BOX),
        ("pixels", pa.int64()),
        ("visible_fraction", pa.float64()),
        ("fraction_in_frame", pa.float64()),
    ]
)
"""One object as `sims.scenes.rendered.Seen` describes it; matrices row by row."""

CAMERA = pa.struct(
    [
        ("pose", NUMBERS),
        ("intrinsics", NUMBERS),
        ("fov_deg", pa.float64()),
        ("width", pa.int64()),
        ("height", pa.int64()),
    ]
)


def assemble(out: Path, spec: Spec, plan: Plan, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write the table and, last, the manifest of a data set whose pictures are all there.

    Args:
        out: the data set's folder, with its settings. records: of all rows, in order.

    Returns:
        The manifest.

    Raises:
        OSError: the disk is full; the pictures stay valid.
    """
    buffer = io.BytesIO()
    pq.write_table(table_of(spec, plan, records), buffer, compression="zstd")
    write_atomic(out / TABLE, buffer.getvalue())
    hashes = {SETTINGS: sha256_of(out / SETTINGS), TABLE: sha256(buffer.getvalue()).hexdigest()}
    hashes |= {file["path"]: file["sha256"] for record in records for file in record["files"].values()}
    manifest = {
        "format": FORMAT,
        "name": spec.name,
        "spec_sha256": spec.key(),
        "images": len(records),
        "flawed": sum(bool(record["flaws"]) for record in records),
        "annotations": list(spec.annotations),
        "shift": plan.statement,
        "pack": plan.pack,
        "conventions": CONVENTIONS,
        "sha256": hashes,
    }
    write_atomic(out / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def table_of(spec: Spec, plan: Plan, records: Sequence[dict[str, Any]]) -> pa.Table:
    """The plan's columns with what came of each row.

    `row`; `file` and `sha256` of the picture and `<kind>_file`, `<kind>_sha256` of annotations, paths relative to the
    data set; `seed` of its samples and `attempts`; `flaws`; `objects` and `camera` as they were realised.
    """
    columns: list[tuple[str, pa.DataType, list[Any]]] = [("row", pa.int64(), [record["row"] for record in records])]
    for kind in ("image", *spec.annotations):
        prefix = "" if kind == "image" else f"{kind}_"
        files = [record["files"][kind] for record in records]
        columns.append((f"{prefix}file", pa.string(), [file["path"] for file in files]))
        columns.append((f"{prefix}sha256", pa.string(), [file["sha256"] for file in files]))
    types = {"seed": pa.int64(), "attempts": pa.int64(), "flaws": pa.list_(pa.string())}
    types |= {"objects": pa.list_(OBJECT), "camera": CAMERA}
    columns += [(name, kind, [record[name] for record in records]) for name, kind in types.items()]
    table = plan.table
    for name, kind, values in columns:
        table = table.append_column(name, pa.array(values, kind))
    about = {"name": spec.name, "shift": plan.statement}
    return table.replace_schema_metadata({"umwelt": json.dumps(about)})
