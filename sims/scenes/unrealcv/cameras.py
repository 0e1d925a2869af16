"""Commands of cameras: where they are, what they are like, and their pictures."""

from dataclasses import replace
from functools import partial

from sims.scenes.unrealcv.deposit import next_name
from sims.scenes.unrealcv.desk import Desk, camera_named, numbers, optics_of, picture
from sims.scenes.unrealcv.patterns import Command, Job
from sims.scenes.unrealcv.stage import CAMERA, CommandError, cameras, spawn

SMALLEST, LARGEST, MOST_PIXELS = 16, 4096, 1 << 22
SOURCES = {"ldr": "lit", "base": "albedo", "normal": "normal"}
"""Of the engine's capture sources those that are here, and the pictures that they are."""

VIEWS = ("lit", "depth", "normal", "object_mask", "base_color")
PHOTOGRAPHS = {"lit": "lit", "normal": "normal", "object_mask": "object_mask", "base_color": "albedo", "depth": "depth"}
"""View modes of the player's window, and the kinds of picture that they are."""

PICTURES = {
    "lit": "lit",
    "depth": "depth",
    "plane_depth": "depth",
    "normal": "normal",
    "object_mask": "object_mask",
    "seg": "object_mask",
    "optical_flow": "optical_flow",
}


def _list(desk: Desk) -> str:
    return " ".join(cameras(desk.stage))


def _spawn(desk: Desk) -> str:
    return spawn(desk.stage, CAMERA)


def _location(desk: Desk, number: int) -> str:
    return numbers(*desk.stage.actors[camera_named(desk, number)].location)


def _rotation(desk: Desk, number: int) -> str:
    return numbers(*desk.stage.actors[camera_named(desk, number)].rotation)


def _pose(desk: Desk, number: int) -> str:
    return f"{_location(desk, number)} {_rotation(desk, number)}"


def _set_location(desk: Desk, number: int, x: float, y: float, z: float) -> str:
    name, actor, _ = optics_of(desk, number)
    desk.stage.actors[name] = replace(actor, location=(x, y, z))
    return ""


def _set_rotation(desk: Desk, number: int, pitch: float, yaw: float, roll: float) -> str:
    name, actor, _ = optics_of(desk, number)
    desk.stage.actors[name] = replace(actor, rotation=(pitch, yaw, roll))
    return ""


def _set_pose(desk: Desk, number: int, *values: float) -> str:
    _set_location(desk, number, *values[:3])
    return _set_rotation(desk, number, *values[3:])


def _fov(desk: Desk, number: int) -> str:
    return numbers(optics_of(desk, number)[2].fov, digits=6)


def _set_fov(desk: Desk, number: int, fov: float) -> str:
    if not 1.0 <= fov <= 170.0:
        raise CommandError(f"the angle of view must be from 1 to 170 degrees, got {fov:g}")
    name, actor, optics = optics_of(desk, number)
    desk.stage.actors[name] = replace(actor, optics=replace(optics, fov=fov))
    return ""


def _size(desk: Desk, number: int) -> str:
    _, _, optics = optics_of(desk, number)
    return f"{optics.width} {optics.height}"


def _set_size(desk: Desk, number: int, width: int, height: int) -> str:
    check_size(width, height)
    name, actor, optics = optics_of(desk, number)
    desk.stage.actors[name] = replace(actor, optics=replace(optics, width=width, height=height))
    return ""


def check_size(width: int, height: int) -> None:
    """Refuse pictures that are too small or too large.

    Raises:
        CommandError: with what is allowed.
    """
    if min(width, height) < SMALLEST or max(width, height) > LARGEST or width * height > MOST_PIXELS:
        raise CommandError(
            f"a picture's sides must be from {SMALLEST} to {LARGEST} pixels and its pixels {MOST_PIXELS:,} at most, "
            f"got {width} x {height}"
        )


def _set_bias(desk: Desk, number: int, stops: float) -> str:
    if not abs(stops) <= 20.0:
        raise CommandError(f"the exposure must be from -20 to 20 stops, got {stops:g}")
    name, actor, optics = optics_of(desk, number)
    desk.stage.actors[name] = replace(actor, optics=replace(optics, bias=stops))
    return ""


def _set_source(desk: Desk, number: int, source: str) -> str:
    if source.lower() not in SOURCES:
        raise CommandError(f"Can not support lit source {source[:40]}, available options are {', '.join(SOURCES)}")
    name, actor, optics = optics_of(desk, number)
    desk.stage.actors[name] = replace(actor, optics=replace(optics, source=SOURCES[source.lower()]))
    return ""


def _set_projection(desk: Desk, number: int, projection: str) -> str:
    camera_named(desk, number)
    if projection.lower() != "perspective":
        raise CommandError(f"Can not support camera mode {projection[:40]}, available options are perspective")
    return ""


def _set_exposure_method(desk: Desk, number: int, method: str) -> str:
    camera_named(desk, number)
    if method.lower() != "manual":
        raise CommandError(f"Can not support auto exposure mode {method[:40]}, available options are manual")
    return ""


def _take(kind: str, desk: Desk, number: int, name: str) -> Job:
    return picture(desk, camera_named(desk, number), kind, name)


def _take_to_file(kind: str, desk: Desk, number: int) -> Job:
    name = next_name(desk.files, "npy" if kind == "depth" else "png")
    return picture(desk, camera_named(desk, number), kind, name)


def _screenshot(desk: Desk, name: str) -> Job:
    return picture(desk, camera_named(desk, 0), PHOTOGRAPHS[desk.stage.viewmode], name)


def _viewmode(desk: Desk) -> str:
    return desk.stage.viewmode


def _set_viewmode(desk: Desk, mode: str) -> str:
    if mode.lower() not in VIEWS:
        raise CommandError(f"Can not set ViewMode to {mode[:40]}: expected one of {', '.join(VIEWS)}")
    desk.stage.viewmode = mode.lower()
    return ""


_XYZ, _TURN = "[float] [float] [float]", "[float] [float] [float]"
_PATHS = "paths of light are traced, there is nothing of the engine's to choose"
_ADAPTS = "exposure does not adapt, it is set: vset /camera/[uint]/exposure_bias"
_PINHOLE = "the camera is a pinhole that stands still"

COMMANDS = (
    Command("vget /cameras", "names of the cameras; a camera's number is its place", _list),
    Command("vset /cameras/spawn", "a new camera at the origin; its name", _spawn),
    Command("vget /camera/[uint]/location", "x, y, z in cm", _location),
    Command(f"vset /camera/[uint]/location {_XYZ}", "x, y, z in cm", _set_location),
    Command(f"vset /camera/[uint]/moveto {_XYZ}", "as location: nothing stands in a camera's way here", _set_location),
    Command("vget /camera/[uint]/rotation", "pitch, yaw, roll in degrees", _rotation),
    Command(f"vset /camera/[uint]/rotation {_TURN}", "pitch, yaw, roll in degrees", _set_rotation),
    Command("vget /camera/[uint]/pose", "location and rotation", _pose),
    Command(f"vset /camera/[uint]/pose {_XYZ} {_TURN}", "location and rotation", _set_pose),
    Command("vget /camera/[uint]/fov", "horizontal angle of view in degrees", _fov),
    Command("vset /camera/[uint]/fov [float]", "horizontal angle of view in degrees", _set_fov),
    Command("vget /camera/[uint]/horizontal_fieldofview", "the older name of fov", _fov),
    Command("vset /camera/[uint]/horizontal_fieldofview [float]", "the older name of fov", _set_fov),
    Command("vget /camera/[uint]/size", "width and height in pixels", _size),
    Command("vset /camera/[uint]/size [uint] [uint]", "width and height in pixels", _set_size),
    *(
        Command(f"vget /camera/[uint]/{name} [str]", "a picture: png, bmp, npy, or a file's name", partial(_take, kind))
        for name, kind in PICTURES.items()
    ),
    *(
        Command(f"vget /camera/[uint]/{name}", "the older form: into a file, its name", partial(_take_to_file, kind))
        for name, kind in PICTURES.items()
    ),
    Command("vget /camera/[uint]/vis_depth [str]", "depth comes in cm: vget /camera/[uint]/depth npy"),
    Command("vset /camera/[uint]/lit_source [str]", "what lit shows: ldr, base or normal", _set_source),
    Command("vset /camera/[uint]/exposure_bias [float]", "brightness in stops", _set_bias),
    Command("vset /camera/[uint]/exposure_method [str]", "manual, and nothing else", _set_exposure_method),
    Command("vset /camera/[uint]/projection_type [str]", "perspective, and nothing else", _set_projection),
    Command("vset /camera/[uint]/ortho_width [float]", "only perspective is rendered"),
    Command("vset /camera/[uint]/reflection [str]", _PATHS),
    Command("vset /camera/[uint]/illumination [str]", _PATHS),
    Command("vset /camera/[uint]/auto_speed [float] [float]", _ADAPTS),
    Command("vset /camera/[uint]/auto_brightness [float] [float]", _ADAPTS),
    Command("vset /camera/[uint]/physical_exposure [uint]", _ADAPTS),
    Command("vset /camera/[uint]/motion_blur [float] [float] [float] [uint]", _PINHOLE),
    Command("vset /camera/[uint]/focal [float] [float]", _PINHOLE),
    Command("vget /screenshot [str]", "what camera 0 sees, in the view mode", _screenshot),
    Command("vget /viewmode", "the view mode of screenshots", _viewmode),
    Command("vset /viewmode [str]", f"one of {', '.join(VIEWS)}", _set_viewmode),
)
