"""Commands by their patterns, as UnrealCV writes them: `vset /camera/[uint]/location [float] [float] [float]`."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sims.scenes.unrealcv.stage import LARGEST_CM, CommandError

Job = Callable[[], bytes]
"""What takes long: done by the one thread that renders, of what was so when the command came."""

Answer = str | bytes | Job
"""Text, bytes, or what will come to bytes."""

KINDS = {"str": "([^ ]*)", "uint": "([0-9]{1,9})", "float": "([-+]?(?:[0-9]+(?:[.][0-9]+)?|[.][0-9]+))"}
"""What the plugin's own take, but that its `uint` may be empty; no exponents, for it knows none either.

Each can be read in one way only: where digits can be shared out in several, six long numbers would take for ever.
"""


class Command(NamedTuple):
    """One command.

    Attributes:
        pattern: its words and what stands for arguments. help: what it does, or why there is no such thing here.
        do: called with the desk and the arguments, as text, int or float; None where it can't be done here.
    """

    pattern: str
    help: str
    do: Callable[..., Answer] | None = None


class Route(NamedTuple):
    """A command, ready to be compared with."""

    expression: re.Pattern[str]
    kinds: tuple[str, ...]
    command: Command


class Table:
    """Commands to look up by the text that a client sends."""

    def __init__(self, commands: Iterable[Command]):
        self.commands = tuple(commands)
        self._routes: dict[tuple[str, str], list[Route]] = {}
        for command in self.commands:
            self._routes.setdefault(_shelf(command.pattern), []).append(_route(command))

    def find(self, text: str) -> tuple[Command, list[Any]]:
        """The command that `text` is, and its arguments.

        Raises:
            CommandError: it is none, or a number of it is out of bounds.
        """
        for route in self._routes.get(_shelf(text), ()):
            match = route.expression.fullmatch(text)
            if match is not None:
                return route.command, [_value(*pair) for pair in zip(route.kinds, match.groups(), strict=True)]
        raise CommandError(f"No handler found for URI '{text}'. Can not find a handler; see vget /unrealcv/help")

    def execute(self, text: str, desk: Any) -> Answer:
        """Do what `text` says at the desk.

        Raises:
            CommandError: it can't be done; the message is for the client.
        """
        command, arguments = self.find(text)
        if command.do is None:
            raise CommandError(f"'{command.pattern}' is not done here: {command.help}")
        return command.do(desk, *arguments)


def _shelf(text: str) -> tuple[str, str]:
    """Where a command lies: its verb, and the first part of its path if it has one."""
    verb, _, rest = text.partition(" ")
    if not rest.startswith("/"):
        return verb, ""
    return verb, rest[1:].partition(" ")[0].partition("/")[0]


def _route(command: Command) -> Route:
    pieces = re.split(r"\[(\w+)\]", command.pattern)
    kinds = tuple(pieces[1::2])
    words = "".join(KINDS[piece] if k % 2 else re.escape(piece) for k, piece in enumerate(pieces))
    return Route(re.compile(words + " *"), kinds, command)


def _value(kind: str, text: str) -> str | int | float:
    if kind == "uint":
        return int(text)
    if kind == "str":
        return text
    number = float(text)
    if not abs(number) <= LARGEST_CM:
        raise CommandError(f"a number must be from {-LARGEST_CM:.0f} to {LARGEST_CM:.0f}, got {text[:40]}")
    return number
