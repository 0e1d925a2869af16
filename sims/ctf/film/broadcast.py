"""One frame of a match's video: score and clock on top, red's views on the left, blue's on the right, the map between.

Everything is laid out for 720 lines and scaled to the height that is asked for.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sims.ctf.events import TEAMS, Event
from sims.ctf.film.draw import BACKGROUND, TEAM_INK, WHITE, Colour, Plan, flag_shape, font, picture, plan
from sims.ctf.state import (
    CAPTURED,
    CARRIED,
    DROPPED,
    HOME,
    PICKED_UP,
    RETURNED,
    STEPS_PER_SECOND,
    TAGGED_CARRIER,
    TAGGED_NONCARRIER,
    Maps,
    State,
)

SMALLEST = 480, 270
"""Pixels below which nobody can read it."""

PANEL: Colour = (23, 28, 37)
TEAM_PANEL: tuple[Colour, Colour] = ((58, 26, 29), (22, 38, 70))
PALE: Colour = (214, 219, 228)
MUTED: Colour = (138, 147, 163)

WIDEST = 1.9
"""Width of a view over its height at most; at least it is 1."""

BANNER_SECONDS = 2.5
"""How long a capture stands over the map."""

_MOST_LINES = 14
Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels


class Layout(NamedTuple):
    """Where everything is, in pixels of a frame."""

    size: tuple[int, int]
    unit: float  # pixels of a 720th of the height
    header: Box
    views: tuple[Box, ...]  # by player; all of one size
    plates: tuple[Box, ...]  # the lines under them
    map: Box
    feed: Box


class Line(NamedTuple):
    """A line of the feed: when, and words each in its colour."""

    step: int
    words: tuple[tuple[str, Colour], ...]
    capture: bool


class Stage(NamedTuple):
    """What is the same in every frame of a video."""

    layout: Layout
    chrome: Image.Image  # the panels and names
    plan: Plan
    mask: Image.Image  # of a view's round corners
    players: tuple[int | str, ...]
    match_steps: int


def layout(width: int, height: int, team_size: int, aspect: float) -> Layout:
    """Where everything goes in a frame of `width` x `height`, for a map `aspect` times as wide as high.

    Raises:
        ValueError: the frame is too small, odd, or not wider than high.
    """
    if width < SMALLEST[0] or height < SMALLEST[1] or width % 2 or height % 2 or width < 1.25 * height:
        raise ValueError(
            f"a video is at least {SMALLEST[0]} x {SMALLEST[1]}, even, and a quarter wider than high, got {width} x "
            f"{height}: choose e.g. 1280 x 720"
        )
    unit = height / 720
    gap, top, plate = round(10 * unit), round(84 * unit), round(30 * unit)
    room = (height - top - gap - (team_size - 1) * gap) // team_size
    view_w = round(min((room - plate) * WIDEST, 0.315 * width))
    view_h = min(room - plate, view_w)
    begin = top + (height - top - gap - team_size * (view_h + plate) - (team_size - 1) * gap) // 2
    rows = [begin + i * (view_h + plate + gap) for i in range(team_size)]
    corners = [(x, y) for x in (gap, width - gap - view_w) for y in rows]
    left, right, most = 2 * gap + view_w, width - 2 * gap - view_w, height - gap - round(150 * unit)
    foot = min(most, top + round((right - left) / aspect))
    return Layout(
        size=(width, height),
        unit=unit,
        header=(0, 0, width, top - gap),
        views=tuple((x, y, x + view_w, y + view_h) for x, y in corners),
        plates=tuple((x, y + view_h, x + view_w, y + view_h + plate) for x, y in corners),
        map=(left, top, right, foot),
        feed=(left, foot + gap, right, height - gap),
    )


def stage(
    maps: Maps, k: int, name: str, players: Sequence[int | str], match_steps: int, width: int, height: int
) -> Stage:
    """What all frames of a match on map `k` share.

    Args:
        name: of the map, to be shown. players: who plays each slot. match_steps: that the clock counts down from.

    Raises:
        ValueError: what `layout` says.
    """
    rows, columns = maps.shape[k]
    places = layout(width, height, len(players) // 2, columns / rows)
    left, top, right, bottom = places.map
    view = places.views[0]
    mask = _round_mask((view[2] - view[0], view[3] - view[1]), round(8 * places.unit), (True, False))
    drawn = plan(maps, k, right - left, bottom - top)
    return Stage(places, _chrome(places, name, players), drawn, mask, tuple(players), match_steps)


def view_size(places: Layout) -> tuple[int, int]:
    """Width and height of a player's view."""
    left, top, right, bottom = places.views[0]
    return right - left, bottom - top


def frame(
    own: Stage, maps: Maps, state: State, match: int, views: Sequence[NDArray[np.uint8]], feed: Sequence[Line]
) -> NDArray[np.uint8]:
    """One frame, `[height, width, 3]` uint8.

    Args:
        own: of the match. maps, state: of its env. match: which it is there. views: what every player sees, of
            `view_size`. feed: what has happened so far; the last lines are shown.
    """
    image = own.chrome.copy()
    for p, (view, box) in enumerate(zip(views, own.layout.views, strict=True)):
        image.paste(Image.fromarray(view), box[:2], own.mask)
        _draw_view_marks(image, own, state, match, p)
        _draw_plate(image, own, state, match, p)
    image.paste(picture(own.plan, maps, state, match), own.layout.map[:2])
    _draw_header(image, own, state, match)
    _draw_feed(image, own, feed)
    last = [line for line in feed if line.capture][-1:]
    if last and int(state.clock[match]) - last[0].step < BANNER_SECONDS * STEPS_PER_SECOND:
        _draw_banner(image, own, last[0].words)
    return np.asarray(image)


def ending(picture: NDArray[np.uint8], own: Stage, score: tuple[int, int]) -> NDArray[np.uint8]:
    """The last frame with who has won written over it."""
    image = Image.fromarray(picture)
    pencil = ImageDraw.Draw(image, "RGBA")
    (width, height), unit = own.layout.size, own.layout.unit
    pencil.rectangle([0, 0, width, height], fill=(*BACKGROUND, 150))
    winner = None if score[0] == score[1] else int(score[1] > score[0])
    words = "DRAW" if winner is None else f"{TEAMS[winner].upper()} WINS"
    band = (0, round(height / 2 - 84 * unit), width, round(height / 2 + 84 * unit))
    pencil.rectangle(band, fill=(*(PANEL if winner is None else TEAM_PANEL[winner]), 240))
    for y in (band[1], band[3]):
        pencil.line([0, y, width, y], fill=PALE if winner is None else TEAM_INK[winner], width=round(4 * unit))
    _write(pencil, (width / 2, height / 2 - 24 * unit), words, 64 * unit, WHITE, "mm", bold=True)
    _write(pencil, (width / 2, height / 2 + 42 * unit), f"{score[0]} : {score[1]}", 40 * unit, PALE, "mm")
    return np.asarray(image)


def lines_of(events: Sequence[Event], state: State, match: int) -> list[Line]:
    """The feed's lines of the step that has just been played: what each player did, not what others did to it."""
    half = state.x.shape[1] // 2
    return [
        Line(event.step, _words(event, events, state, match, half), event.event == CAPTURED)
        for event in events
        if event.event in (CAPTURED, PICKED_UP, RETURNED, TAGGED_CARRIER, TAGGED_NONCARRIER)
    ]


def clock(steps: int) -> str:
    """Steps as m:ss, whole seconds."""
    seconds = steps // STEPS_PER_SECOND
    return f"{seconds // 60}:{seconds % 60:02}"


def label(player: int | str) -> str:
    """Who plays a slot, in words."""
    return f"level {player}" if isinstance(player, int) else player


def _words(
    event: Event, events: Sequence[Event], state: State, match: int, half: int
) -> tuple[tuple[str, Colour], ...]:
    team = int(event.player >= half)
    who, flag = (_name(event.player, half), TEAM_INK[team]), (f"{TEAMS[1 - team]} flag", TEAM_INK[1 - team])
    if event.event == CAPTURED:
        return who, (" captured the ", PALE), flag
    if event.event == PICKED_UP:
        return who, (" picked up the ", PALE), flag
    if event.event == RETURNED:
        return who, (" returned the ", PALE), (f"{TEAMS[team]} flag", TEAM_INK[team])
    victim = _victim(event, events, state, match, half)
    carrying = event.event == TAGGED_CARRIER
    return (
        who,
        (" tagged ", PALE),
        (_name(victim, half), TEAM_INK[1 - team]),
        *(((", who had the ", PALE), (f"{TEAMS[team]} flag", TEAM_INK[team])) if carrying else ()),
    )


def _victim(event: Event, events: Sequence[Event], state: State, match: int, half: int) -> int:
    """Whom the tag of an event hit: of those tagged in this step, who is nearest to where the beam ended."""
    end = state.beam_to[match, event.player]
    tagged = [
        other
        for other in events
        if other.event == event.event - TAGGED_CARRIER and (other.player >= half) != (event.player >= half)
    ]
    return min(tagged, key=lambda other: (other.x - end[0]) ** 2 + (other.y - end[1]) ** 2).player


def _name(p: int, half: int) -> str:
    return f"{TEAMS[p >= half]} {p % half + 1}"


def _chrome(places: Layout, name: str, players: Sequence[int | str]) -> Image.Image:
    image = Image.new("RGB", places.size, BACKGROUND)
    pencil, unit, half = ImageDraw.Draw(image), places.unit, len(players) // 2
    pencil.rectangle(places.header, fill=PANEL)
    for p, box in enumerate(places.plates):
        team = int(p >= half)
        _paste_round(image, box, round(8 * unit), TEAM_PANEL[team], (False, True))
        side = box[3] - box[1]
        badge = (box[0], box[1], box[0] + side, box[3])
        _paste_round(image, badge, round(8 * unit), TEAM_INK[team], (False, True))
        middle = (box[1] + box[3]) / 2
        _write(pencil, (box[0] + side / 2, middle), str(p % half + 1), 19 * unit, WHITE, "mm", bold=True)
        _write(pencil, (box[0] + side + 10 * unit, middle), label(players[p]), 16 * unit, PALE, "lm")
    _paste_round(image, places.feed, round(8 * unit), PANEL, (True, True))
    width, middle = places.size[0], (places.header[1] + places.header[3]) / 2
    for team in range(2):
        away, anchor = (1 if team else -1), ("l" if team else "r")
        edge = width / 2 + away * 66 * unit
        _paste_round(image, _between(edge, edge + away * 72 * unit, places.header), round(6 * unit), TEAM_INK[team])
        x = edge + away * 92 * unit
        _write(pencil, (x, middle - 11 * unit), TEAMS[team].upper(), 26 * unit, WHITE, anchor + "m", bold=True)
        side = list(dict.fromkeys(label(player) for player in players[team * half : (team + 1) * half]))
        _write(pencil, (x, middle + 17 * unit), ", ".join(side), 16 * unit, MUTED, anchor + "m")
    _write(pencil, (width / 2, places.header[3] - 14 * unit), _shortened(name), 14 * unit, MUTED, "mm")
    return image


def _shortened(name: str) -> str:
    last = name.rpartition("/")[2].removesuffix(".ctf.txt")
    return last if len(last) <= 16 else f"{last[:15]}…"


def _between(x0: float, x1: float, header: Box) -> Box:
    """A box of the header between two x, with a margin above and below."""
    left, right = sorted((round(x0), round(x1)))
    margin = round(0.13 * (header[3] - header[1]))
    return left, header[1] + margin, right, header[3] - margin


def _draw_header(image: Image.Image, own: Stage, state: State, match: int) -> None:
    pencil, places = ImageDraw.Draw(image), own.layout
    unit, middle, centre = places.unit, places.header[3] / 2, places.size[0] / 2
    left = max(0, own.match_steps - int(state.clock[match]))
    _write(pencil, (centre, middle - 8 * unit), clock(left), 38 * unit, WHITE, "mm", bold=True)
    for team in range(2):
        away = 1 if team else -1
        number = str(int(state.score[match, team]))
        _write(pencil, (centre + away * 102 * unit, middle), number, 44 * unit, WHITE, "mm", bold=True)
        edge = places.size[0] - 16 * unit if team else 16 * unit
        words, ink = _flag_words(state, match, team)
        icon = edge + (-1 if team else 0) * 22 * unit
        _draw_flag_icon(image, (round(icon), round(middle - 15 * unit)), round(30 * unit), team)
        _write(pencil, (edge - away * 32 * unit, middle), words, 18 * unit, ink, ("r" if team else "l") + "m")


def _flag_words(state: State, match: int, team: int) -> tuple[str, Colour]:
    """Where a team's flag is."""
    where, half = int(state.flag[match, team]), state.x.shape[1] // 2
    if where == HOME:
        return "at home", MUTED
    if where == DROPPED:
        return f"dropped, back in {int(state.flag_timer[match, team]) // STEPS_PER_SECOND} s", PALE
    return f"with {_name(int(state.carrier[match, team]), half)}", TEAM_INK[1 - team]


def _draw_view_marks(image: Image.Image, own: Stage, state: State, match: int, p: int) -> None:
    """That the player is out, or has the flag, written onto its view."""
    left, top, right, bottom = own.layout.views[p]
    unit, half = own.layout.unit, state.x.shape[1] // 2
    team = int(p >= half)
    if state.respawn[match, p] > 0:
        words = f"TAGGED   {int(state.respawn[match, p]) / STEPS_PER_SECOND:.1f} s"
        _draw_pill(image, ((left + right) / 2, (top + bottom) / 2), words, 19 * unit, TEAM_PANEL[1 - team], "m")
    elif state.flag[match, 1 - team] == CARRIED and state.carrier[match, 1 - team] == p:
        ink = TEAM_INK[1 - team]
        words = f"HAS THE {TEAMS[1 - team].upper()} FLAG"
        _draw_pill(image, ((left + right) / 2, top + 20 * unit), words, 15 * unit, ink, "m")
        width = max(1, round(3 * unit))
        ImageDraw.Draw(image).rounded_rectangle(
            [left, top, right - 1, bottom + round(8 * unit)], round(8 * unit), outline=ink, width=width
        )
        _restore_plate(image, own, p)


def _restore_plate(image: Image.Image, own: Stage, p: int) -> None:
    box = own.layout.plates[p]
    image.paste(own.chrome.crop(box), box[:2])


def _draw_plate(image: Image.Image, own: Stage, state: State, match: int, p: int) -> None:
    """A player's captures and tags, at the right of its plate."""
    box, unit, team = own.layout.plates[p], own.layout.unit, int(p >= state.x.shape[1] // 2)
    totals = state.totals[match, p]
    tags = int(totals[TAGGED_CARRIER] + totals[TAGGED_NONCARRIER])
    pencil, middle = ImageDraw.Draw(image), (box[1] + box[3]) / 2
    for x, count, icon in ((box[2] - 14 * unit, tags, None), (box[2] - 74 * unit, int(totals[CAPTURED]), 1 - team)):
        _write(pencil, (x, middle), str(count), 17 * unit, WHITE, "rm", bold=True)
        side = round(18 * unit)
        corner = (round(x - 45 * unit), round(middle - side / 2))
        if icon is None:
            _draw_target_icon(image, corner, side)
        else:
            _draw_flag_icon(image, corner, side, icon)


def _draw_feed(image: Image.Image, own: Stage, feed: Sequence[Line]) -> None:
    left, top, _, bottom = own.layout.feed
    unit, pencil = own.layout.unit, ImageDraw.Draw(image)
    pitch = 23 * unit
    room = max(1, min(_MOST_LINES, int((bottom - top - 12 * unit) / pitch)))
    for i, line in enumerate(reversed(feed[-room:])):
        y = top + 18 * unit + i * pitch
        _write(pencil, (left + 14 * unit, y), clock(own.match_steps - line.step), 15 * unit, MUTED, "lm")
        _write_words(pencil, (left + 58 * unit, y), line.words, 16 * unit, 1.0 if i == 0 else 0.82)


def _draw_banner(image: Image.Image, own: Stage, words: Sequence[tuple[str, Colour]]) -> None:
    left, top, right, _ = own.layout.map
    unit = own.layout.unit
    text = "".join(word for word, _ in words).upper()
    _draw_pill(image, ((left + right) / 2, top + 34 * unit), text, 21 * unit, words[0][1], "m")


def _draw_pill(image: Image.Image, at: tuple[float, float], words: str, size: float, ink: Colour, anchor: str) -> None:
    face = font(max(6, round(size)))
    wide = face.getlength(words) / 2 + 0.9 * size
    box = (round(at[0] - wide), round(at[1] - 0.85 * size), round(at[0] + wide), round(at[1] + 0.85 * size))
    _paste_round(image, box, round(0.45 * size), ink)
    _write(ImageDraw.Draw(image), at, words, size, WHITE, anchor + "m", bold=True)


def _write(
    pencil: ImageDraw.ImageDraw,
    at: tuple[float, float],
    words: str,
    size: float,
    ink: Colour,
    anchor: str,
    bold: bool = False,
) -> None:
    stroke = size / 46 if bold else 0.0
    pencil.text(at, words, fill=ink, font=font(max(6, round(size))), anchor=anchor, stroke_width=stroke)


def _write_words(
    pencil: ImageDraw.ImageDraw,
    at: tuple[float, float],
    words: Sequence[tuple[str, Colour]],
    size: float,
    strength: float,
) -> None:
    """Words one after the other, each in its colour, mixed with the panel's."""
    x, face = at[0], font(max(6, round(size)))
    for word, ink in words:
        faded = tuple(round(strength * a + (1.0 - strength) * b) for a, b in zip(ink, PANEL, strict=True))
        pencil.text((x, at[1]), word, fill=faded, font=face, anchor="lm")
        x += face.getlength(word)


def _paste_round(
    image: Image.Image, box: Box, radius: int, ink: Colour, ends: tuple[bool, bool] = (True, True)
) -> None:
    """A filled box whose upper and lower corners are round or not."""
    image.paste(ink, box, _round_mask((box[2] - box[0], box[3] - box[1]), radius, ends))


@cache
def _round_mask(size: tuple[int, int], radius: int, ends: tuple[bool, bool]) -> Image.Image:
    def draw(pencil: ImageDraw.ImageDraw) -> None:
        corners = (ends[0], ends[0], ends[1], ends[1])
        pencil.rounded_rectangle([0, 0, 4 * size[0] - 1, 4 * size[1] - 1], 4 * radius, fill=255, corners=corners)

    return _smooth(size, "L", draw)


def _smooth(size: tuple[int, int], mode: str, draw: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """A small picture, drawn four times as large and shrunk."""
    large = Image.new(mode, (4 * size[0], 4 * size[1]))
    draw(ImageDraw.Draw(large))
    return large.reduce(4)


def _draw_flag_icon(image: Image.Image, corner: tuple[int, int], side: int, team: int) -> None:
    icon = _flag_icon(side, team)
    image.paste(icon, corner, icon)


@cache
def _flag_icon(side: int, team: int) -> Image.Image:
    def draw(pencil: ImageDraw.ImageDraw) -> None:
        pole, cloth = flag_shape((0.9 * side, 3.9 * side), 3.7 * side)
        pencil.polygon(pole, fill=(*PALE, 255))
        pencil.polygon(cloth, fill=(*TEAM_INK[team], 255))

    return _smooth((side, side), "RGBA", draw)


def _draw_target_icon(image: Image.Image, corner: tuple[int, int], side: int) -> None:
    icon = _target_icon(side)
    image.paste(icon, corner, icon)


@cache
def _target_icon(side: int) -> Image.Image:
    def draw(pencil: ImageDraw.ImageDraw) -> None:
        full, middle, thick = 4 * side, 2 * side, max(1, round(0.4 * side))
        pencil.ellipse(
            [0.6 * side, 0.6 * side, full - 0.6 * side, full - 0.6 * side], outline=(*PALE, 255), width=thick
        )
        for a, b in ((0, 1.4 * side), (full - 1.4 * side, full)):
            pencil.line([a, middle, b, middle], fill=(*PALE, 255), width=thick)
            pencil.line([middle, a, middle, b], fill=(*PALE, 255), width=thick)

    return _smooth((side, side), "RGBA", draw)
