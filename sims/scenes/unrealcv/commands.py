"""All commands that the server knows: of cameras and objects, and here those of the server, the level and the rest."""

import re
from pathlib import Path

from sims.scenes.unrealcv import cameras, objects
from sims.scenes.unrealcv.cameras import check_size
from sims.scenes.unrealcv.desk import Desk, numbers, optics_of
from sims.scenes.unrealcv.patterns import Command, Table
from sims.scenes.unrealcv.stage import CommandError, open_level, stage_name

VERSION = "1.1.0"
"""Of the commands: 1.0.1's and the list of commands that clients ask for from 1.1.0 on."""


def _status(desk: Desk) -> str:
    _, _, optics = optics_of(desk, 0)
    listening = "Is Listening" if desk.port else "Not Listening"
    return (
        f"{listening}\nClient Connected\n{desk.port}\nConfiguration\n"
        f"Config file: {(desk.files or Path('/nowhere')) / 'unrealcv.ini'}\n"
        f"Port: {desk.port}\nWidth: {optics.width}\nHeight: {optics.height}\nFOV: {optics.fov:.1f}\n"
        "EnableInput: false\nEnableRightEye: false"
    )


def _help(desk: Desk) -> str:
    return "".join(
        f"{command.pattern}\n{command.help if command.do else f'not done here: {command.help}'}\n"
        for command in desk.table.commands
    )


def _commands(desk: Desk) -> str:
    return "\n".join(command.pattern for command in desk.table.commands if command.do)


def _version(desk: Desk) -> str:
    return VERSION


def _echo(desk: Desk, text: str) -> str:
    return text


def _token(desk: Desk, token: str) -> str:
    return ""  # whoever gets here is trusted already


def _scene(desk: Desk) -> str:
    return stage_name(desk.stage.pack)


def _level(desk: Desk) -> str:
    return desk.stage.level


def _set_level(desk: Desk, world: str) -> str:
    open_level(desk.stage, world)
    return ""


def _level_id(desk: Desk) -> str:
    return "PersistentLevel"


def _pause(desk: Desk) -> str:
    desk.stage.paused = True
    return ""


def _resume(desk: Desk) -> str:
    desk.stage.paused = False
    return ""


def _is_paused(desk: Desk) -> str:
    return "true" if desk.stage.paused else "false"


def _eyes(desk: Desk, distance: float) -> str:
    raise CommandError("Not Implemented")


def _player(desk: Desk) -> str:
    return numbers(*optics_of(desk, 0)[1].location)


def _player_turn(desk: Desk) -> str:
    return numbers(*optics_of(desk, 0)[1].rotation)


def _console(desk: Desk, *words: str) -> str:
    """The one command of the engine's console that is understood: `setres 640x480w`, the size of all cameras."""
    size = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})[wf]?", words[1]) if len(words) == 2 else None
    if words[0].lower() != "setres" or size is None:
        raise CommandError(f"there is no console to run {' '.join(words)[:80]!r} in: expected setres WIDTHxHEIGHT")
    width, height = int(size[1]), int(size[2])
    check_size(width, height)
    for number, _ in enumerate(cameras.cameras(desk.stage)):
        desk.table.execute(f"vset /camera/{number}/size {width} {height}", desk)
    return ""


def _call(desk: Desk, actor: str, function: str, *words: str) -> str:
    """The one function that there is: `Light set_light RED GREEN BLUE BRIGHTNESS`, what the world's light is times."""
    if (actor, function) != ("Light", "set_light"):
        raise CommandError(
            f"there is no function {function[:40]!r} of {actor[:40]!r}: expected Light set_light RED GREEN BLUE "
            "BRIGHTNESS; no blueprints run here"
        )
    if len(words) != 4 or not all(re.fullmatch(r"[0-9]{0,4}[.]?[0-9]{1,8}", word) for word in words):
        raise CommandError(f"Light set_light takes four numbers from 0 to 100, got {' '.join(words)[:80]!r}")
    r, g, b, brightness = (float(word) for word in words)
    if max(r, g, b, brightness) > 100.0:
        raise CommandError(f"Light set_light takes four numbers from 0 to 100, got {' '.join(words)[:80]!r}")
    desk.stage.lamp = (r, g, b, brightness)
    return ""


def _words(verb: str, least: int, most: int) -> list[str]:
    return [verb + " [str]" * n for n in range(least, most + 1)]


_NO_PLAYER = "there is no player: set the camera and the objects instead"
_SET_LIGHT = "Light set_light RED GREEN BLUE BRIGHTNESS; nothing else, and nothing is ever evaluated"
_SETRES = "setres WIDTHxHEIGHT; nothing else, and nothing is ever evaluated"

COMMANDS = (
    Command("vget /unrealcv/status", "the server's port and the camera's size", _status),
    Command("vget /unrealcv/version", "the version of the commands", _version),
    Command("vget /unrealcv/help", "all commands and what they do", _help),
    Command("vget /unrealcv/commands", "the commands that are done here", _commands),
    Command("vget /unrealcv/echo [str]", "the same word", _echo),
    Command("vset /unrealcv/token [str]", "show the token of a server that wants one", _token),
    Command("vget /scene/name", "the pack", _scene),
    Command("vget /level/name", "the world", _level),
    Command("vset /action/game/level [str]", "another world, with what the server began with", _set_level),
    Command("vset /action/game/pause", "pause: nothing here moves by itself", _pause),
    Command("vset /action/game/resume", "resume", _resume),
    Command("vget /action/game/is_paused", "true or false", _is_paused),
    Command("vset /action/eyes_distance [float]", "Not Implemented, as upstream", _eyes),
    Command("vset /action/keyboard [str] [float]", _NO_PLAYER),
    Command("vset /action/input/enable", _NO_PLAYER),
    Command("vset /action/input/disable", _NO_PLAYER),
    Command("vget /actor/location", "the older name of camera 0's location", _player),
    Command("vget /actor/rotation", "the older name of camera 0's rotation", _player_turn),
    Command("vget /persistent_level/id", "PersistentLevel", _level_id),
    Command("vget /persistent_level/level_script_actor/id", "levels have no scripts"),
    Command("vcmd [str]", _SETRES, _console),
    *(Command(pattern, _SETRES, _console) for pattern in _words("vrun", 1, 6)),
    *(Command(pattern, _SET_LIGHT, _call) for pattern in _words("vexec", 2, 7)),
    *(Command(pattern, _SET_LIGHT, _call) for pattern in _words("vbp", 2, 11)),
)

TABLE = Table((*COMMANDS, *cameras.COMMANDS, *objects.COMMANDS))
