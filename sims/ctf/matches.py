"""Match files: what all players of one match did, from which the match is played again, exactly."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.files import write_atomic
from sims.ctf.actions import FACTORS
from sims.ctf.build import reset
from sims.ctf.env import MAX_TEAM, CaptureTheFlagVectorEnv
from sims.ctf.events import Event, events_in, import_parquet
from sims.ctf.maps.catalogue import FAMILIES, load
from sims.ctf.maps.layout import Map
from sims.ctf.maps.text import draw, parse
from sims.ctf.pool import map_at
from sims.ctf.state import Rules, State

FORMAT = 1
"""Version of the files; a reader takes its own and older ones."""

ENDING = ".match.parquet"

POLICY = "policy"
"""Who plays a slot that no bot does, unless the recorder is told better."""

_KEY = b"umwelt.match"
_COLUMN = "actions"


class MatchFile(NamedTuple):
    """A match: how it began, what everybody did, and where that led.

    Attributes:
        map: its name. map_text: the map itself, if it is drawn as text. map_sha256: of the map's arrays.
        seed, number: of the match: number m is the m-th that its slot began since its reset with the seed.
        team_size, rules: what it is played by. players: who played each slot: a bot's level or kind, or a policy.
        score: red's and blue's captures at the end. state_sha256: `digest` of the last state.
        version: of the package that recorded it.
        actions: int8 `[step, player, 6]`, the factors of `sims.ctf.actions`; fewer than `rules.match_steps` steps if
            the recording stopped before the match did.
    """

    map: str
    map_text: str | None
    map_sha256: str
    seed: int
    number: int
    team_size: int
    rules: Rules
    players: tuple[int | str, ...]
    score: tuple[int, int]
    state_sha256: str
    version: str
    actions: NDArray[np.int8]


class Recorder:
    """Keeps what the players of one match of an env do, and what happens: make it after `reset`, tell it of every step.

    `recorder = Recorder(env); while not recorder.over: env.step(...); recorder.after_step()`, then `recorder.file()`.
    The next match of the slot needs the next recorder.

    Args:
        env: the env. match: which of its matches. players: names for slots that no bot of the env plays.

    Raises:
        ValueError: the match has been going on for some steps, there is no such match or slot, or the map is one that
            text can't show (`sims.ctf.maps.text.draw`).
    """

    def __init__(
        self, env: CaptureTheFlagVectorEnv, match: int = 0, players: Mapping[int, int | str] | None = None
    ) -> None:
        if not 0 <= match < env.n_matches:
            raise ValueError(f"there is no match {match}: the env has matches 0 to {env.n_matches - 1}")
        if env.state.clock[match] > 0:
            raise ValueError(
                f"match {match} is {env.state.clock[match]} steps old: begin to record right after reset()"
            )
        strangers = sorted(set(players or {}) - set(range(env.n_players)))
        if strangers:
            raise ValueError(f"players= names slot {strangers[0]!r}: a match has players 0 to {env.n_players - 1}")
        self.env, self.match = env, match
        self.events: list[Event] = []
        """What has happened so far, to all players."""
        self.over = False
        """Whether the match has ended."""
        told = {p: who if isinstance(who, str) else int(who) for p, who in (players or {}).items()}
        named = {**told, **env.bots}
        self._players = tuple(named.get(p, POLICY) for p in range(env.n_players))
        self._number = int(env.state.match_count[match])
        self._actions: list[NDArray[np.int8]] = []
        self._map = map_at(env.map_names, env.maps, int(env.state.map[match]))
        self._map_text = None if _generated(self._map.name) else draw(self._map)
        self._whole: MatchFile | None = None

    def after_step(self) -> None:
        """Note the step that the env has just played.

        Raises:
            ValueError: the match was over before, or a step was left out, or told of twice.
        """
        if self.over:
            raise ValueError("the match is over: make a new Recorder for the next one")
        env, m = self.env, self.match
        self.over = env.state.match_count[m] != self._number or env.state.clock[m] >= env.rules.match_steps
        state = env.final_state if self.over else env.state  # where autoreset has begun the next, the end is kept aside
        if state.match_count[m] != self._number or state.clock[m] != len(self._actions) + 1:
            raise ValueError("the recorder has missed a step: call after_step() once after every step() of the env")
        self._actions.append(env.actions[m].copy())
        self.events += events_in(env.events[m], state, m)
        if self.over:
            self._whole = self._file(state)

    def file(self) -> MatchFile:
        """The match so far, to be written with `write_match`.

        Raises:
            ValueError: nothing has been played yet, or the env has gone on without the recorder.
        """
        if self._whole is not None:
            return self._whole
        if not self._actions:
            raise ValueError("nothing has been recorded: call after_step() after every step() of the env")
        state, m = self.env.state, self.match
        if state.match_count[m] != self._number or state.clock[m] != len(self._actions):
            raise ValueError("the env has gone on without the recorder: call file() before its next step() or reset()")
        return self._file(state)

    def _file(self, state: State) -> MatchFile:
        env, m = self.env, self.match
        return MatchFile(
            map=self._map.name,
            map_text=self._map_text,
            map_sha256=_map_digest(self._map),
            seed=int(state.seed[m]),
            number=self._number,
            team_size=env.n_players // 2,
            rules=env.rules,
            players=self._players,
            score=(int(state.score[m, 0]), int(state.score[m, 1])),
            state_sha256=digest(state, m),
            version=metadata.version("umwelt-sims"),
            actions=np.stack(self._actions),
        )


def digest(state: State, match: int) -> str:
    """SHA-256 over the arrays of one match's state, less the map's index, which depends on the env's other maps."""
    arrays = {name: array[match] for name, array in state._asdict().items() if name != "map"}
    return _sha256(arrays)


def write_match(path: Path, match: MatchFile) -> None:
    """Write a match file (`*.match.parquet`), whole or not at all: a row a step, the rest in the schema's metadata.

    Raises:
        ValueError: pyarrow is not installed, or the name has another ending.
        FileNotFoundError: the folder of `path` does not exist.
    """
    parquet = import_parquet()
    import pyarrow as pa

    path = Path(path)
    if not path.name.endswith(ENDING):
        raise ValueError(f"{str(path)!r} isn't a match file's name: call it {path.name.partition('.')[0]}{ENDING}")
    document = {"format": FORMAT, **match._asdict(), "rules": match.rules._asdict()}
    del document[_COLUMN]
    document["sha256"] = _file_digest(document, match.actions)
    flat = pa.array(np.ascontiguousarray(match.actions).reshape(-1), pa.int8())
    rows = pa.FixedSizeListArray.from_arrays(flat, match.actions[0].size)
    table = pa.table({_COLUMN: rows}).replace_schema_metadata({_KEY: json.dumps(document)})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd", compression_level=9)
    write_atomic(path, sink.getvalue())


def read_match(path: Path) -> MatchFile:
    """Read a match file.

    Raises:
        FileNotFoundError: there is none. ValueError: it is damaged, no match file, or of a later format; or pyarrow is
            not installed.
    """
    parquet = import_parquet()
    import pyarrow as pa

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no match file {str(path)!r}: expected *{ENDING}")
    try:
        table = parquet.read_table(io.BytesIO(path.read_bytes()))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(
            f"{str(path)!r} is no Parquet file, or damaged ({_first_line(error)}): record the match anew"
        ) from error
    document = _document(path, table.schema.metadata or {})
    try:
        return _parsed(document, table)
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ValueError(f"{str(path)!r} is damaged ({_first_line(error)}): record the match anew") from error


def replay(match: MatchFile, width: int = 84, height: int = 84) -> Iterator[CaptureTheFlagVectorEnv]:
    """Play a match again, exactly: an env of the match alone, after every step of it.

    It is the same env every time; its `render()` shows what every player sees, `width` x `height`, its `state` is the
    last one after the last step.

    Raises:
        ValueError: the map is not the one that the match was played on, or can't be made.
    """
    env = _begun(match, width=width, height=height, render_mode="rgb_array")
    return _replayed(env, match.actions)


def verify(match: MatchFile) -> None:
    """Play a match again and compare where it ends with where it did.

    Raises:
        ValueError: it ends otherwise, or on another map; the message says what may be the cause.
    """
    env = _begun(match)
    for factors in match.actions:
        env.step(factors)
    score = (int(env.state.score[0, 0]), int(env.state.score[0, 1]))
    if digest(env.state, 0) != match.state_sha256 or score != match.score:
        raise ValueError(f"the match ends otherwise than when it was recorded: {_cause(match)}")


def _begun(match: MatchFile, **seen: Any) -> CaptureTheFlagVectorEnv:
    """An env of the match alone that has just begun it; `seen` says what it renders, by default nothing."""
    map = load(match.map) if match.map_text is None else parse(match.map_text, match.map)
    env = CaptureTheFlagVectorEnv(
        2 * match.team_size,
        maps=map,
        team_size=match.team_size,
        obs="vector",
        **match.rules._asdict(),
        **seen,
    )
    if _map_digest(map_at(env.map_names, env.maps, 0)) != match.map_sha256:
        raise ValueError(f"{match.map!r} is another map today than the one that was played on: {_cause(match)}")
    env._autoreset = False
    env.reset(seed=match.seed)
    env.state.match_count[0] = match.number
    reset(env.maps, env.state, np.zeros(1, np.int64))
    return env


def _replayed(env: CaptureTheFlagVectorEnv, actions: NDArray[np.int8]) -> Iterator[CaptureTheFlagVectorEnv]:
    for factors in actions:
        env.step(factors)
        yield env


def _cause(match: MatchFile) -> str:
    now = metadata.version("umwelt-sims")
    if match.version != now:
        return f"it was recorded with umwelt-sims {match.version} and this is {now}: replay it with that version"
    return "the file was altered, or recorded with other sources of the same version: record the match anew"


def _generated(name: str) -> bool:
    return name.partition(":")[0] in FAMILIES


def _map_digest(map: Map) -> str:
    return _sha256({name: array for name, array in map._asdict().items() if name not in ("name", "family")})


def _sha256(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Over names, types, shapes and values of arrays."""
    total = hashlib.sha256()
    for name, array in arrays.items():
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def _file_digest(document: Mapping[str, Any], actions: NDArray[np.int8]) -> str:
    """Over everything that a file says, so that an altered one is found out before it is played."""
    said = {name: value for name, value in document.items() if name != "sha256"}
    total = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    total.update(np.ascontiguousarray(actions).tobytes())
    return total.hexdigest()


def _document(path: Path, stored: Mapping[bytes, bytes]) -> dict[str, Any]:
    """The document of a file's metadata, of a format that can be read."""
    if _KEY not in stored:
        raise ValueError(f"{str(path)!r} is a Parquet file, but no match file: expected one written by write_match")
    try:
        document = json.loads(stored[_KEY])
        format = int(document["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{str(path)!r} is damaged ({_first_line(error)}): record the match anew") from error
    if format > FORMAT:
        raise ValueError(
            f"{str(path)!r} has format {format}, and this version reads up to {FORMAT}: "
            "pip install --upgrade umwelt-sims"
        )
    return document


def _parsed(document: dict[str, Any], table: Any) -> MatchFile:
    """The match that a document and a table tell of."""
    team_size = int(document["team_size"])
    if not 1 <= team_size <= MAX_TEAM or len(document["players"]) != 2 * team_size:
        raise ValueError(f"team_size {team_size} and {len(document['players'])} players")
    column = table.column(_COLUMN).combine_chunks()
    if column.null_count or column.type.list_size != 2 * team_size * len(FACTORS):
        raise ValueError(f"actions of type {column.type} for {2 * team_size} players")
    values = column.flatten().to_numpy()
    if values.dtype != np.int8:
        raise ValueError(f"actions of type {values.dtype}")
    actions = values.reshape(-1, 2 * team_size, len(FACTORS))
    if _file_digest(document, actions) != document["sha256"]:
        raise ValueError("what it says is not what was written: its SHA-256 differs")
    rules = Rules(**document["rules"])
    if not 1 <= len(actions) <= rules.match_steps or (actions < 0).any() or (actions >= np.array(FACTORS)).any():
        raise ValueError("actions that can't have been played")
    fields = {name: document[name] for name in MatchFile._fields if name != _COLUMN}
    fields |= {"rules": rules, "players": tuple(document["players"]), "score": tuple(document["score"])}
    return MatchFile(**fields, actions=actions)


def _first_line(error: BaseException) -> str:
    return (str(error) or repr(error)).splitlines()[0]
