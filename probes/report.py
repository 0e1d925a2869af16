"""One self-contained HTML page: text, tables, figures and videos, nothing loaded from elsewhere."""

import base64
import io
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

from sims.core.files import write_atomic


class Picture(NamedTuple):
    """A figure or video as a `data:` address, with its caption and what it shows for those who can't see it."""

    address: str
    caption: str
    alternative: str
    is_video: bool = False


class Table(NamedTuple):
    """A table: its caption, the column heads and the rows; the first column names the row."""

    caption: str
    head: list[str]
    rows: list[list[str]]


class Section(NamedTuple):
    """A part of the page."""

    title: str
    paragraphs: list[str] = []
    tables: list[Table] = []
    pictures: list[Picture] = []
    wide: bool = False


def figure_picture(figure: Figure, caption: str, alternative: str) -> Picture:
    """A matplotlib figure as a PNG in the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return Picture(_address("image/png", buffer.getvalue()), caption, alternative)


def video_picture(path: Path, caption: str, alternative: str) -> Picture:
    """An MP4 file in the page."""
    return Picture(_address("video/mp4", path.read_bytes()), caption, alternative, is_video=True)


def write_page(path: Path, title: str, lead: str, sections: list[Section], foot: str) -> None:
    """Write the page to `path`, whole or not at all."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((resources.files("probes") / "page.html").read_text(encoding="utf-8"))
    page = template.render(title=title, lead=lead, sections=sections, foot=foot)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, page.encode())


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
