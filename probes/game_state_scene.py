"""What happened in matches, step by step, and seen from each player: what facts of the game are made of."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.state import STEPS_PER_SECOND

Flags = NDArray[np.bool_]
Reals = NDArray[np.float32]


class Scene(NamedTuple):
    """Matches of one length from their first step to their last, `[time, match, ...]`; time t is before step t.

    Attributes:
        position, flag_position: `[..., player | team, 2]` metres, x and y. speed: `[..., player]` metres a second.
        heading: `[..., player]` radians. hit: has taken a hit since it was last brought into play, and ready: can fire,
            `[..., player]`.
        in_play, holds, sees: as `sims.ctf.privileged.Privileged`. flag: `[..., team]`. score: `[..., team]`.
        events: `[..., player, 13]` of the step that led here. stand: `[match, team, 2]` metres, of the flags.
    """

    position: Reals
    speed: Reals
    heading: Reals
    in_play: Flags
    holds: Flags
    hit: Flags
    ready: Flags
    sees: Flags
    flag_position: Reals
    flag: NDArray[np.int8]
    score: NDArray[np.int16]
    events: NDArray[np.uint8]
    stand: Reals


def blank_scene(env: CaptureTheFlagVectorEnv, maps: NDArray[np.int32]) -> Scene:
    """Room for the matches of `env`, on those of its maps: `[match]`."""
    steps, n, players = env.rules.match_steps, env.n_matches, env.n_players

    def room(dtype: type, *tail: int) -> NDArray:
        return np.zeros((steps, n, *tail), dtype)

    return Scene(
        position=room(np.float32, players, 2),
        speed=room(np.float32, players),
        heading=room(np.float32, players),
        in_play=room(np.bool_, players),
        holds=room(np.bool_, players),
        hit=room(np.bool_, players),
        ready=room(np.bool_, players),
        sees=room(np.bool_, players, players),
        flag_position=room(np.float32, 2, 2),
        flag=room(np.int8, 2),
        score=room(np.int16, 2),
        events=room(np.uint8, players, env.events.shape[2]),
        stand=env.maps.stands[maps, :, :2].astype(np.float32),
    )


def note(scene: Scene, step: int, env: CaptureTheFlagVectorEnv) -> None:
    """Write the state of `env` before its step number `step` into `scene`."""
    now = env.privileged()
    scene.position[step], scene.heading[step] = now.position[..., :2], now.heading
    scene.speed[step] = np.linalg.norm(now.velocity[..., :2], axis=-1)
    scene.in_play[step], scene.holds[step], scene.sees[step] = now.in_play, now.holds, now.sees
    scene.hit[step], scene.ready[step] = env.state.hits > 0, (env.state.cooldown == 0) & now.in_play
    scene.flag_position[step], scene.flag[step] = now.flag_position[..., :2], now.flag
    scene.score[step] = now.score
    if step:  # an env that has just begun has no step behind it
        scene.events[step] = env.events


class Sides(NamedTuple):
    """Who is with whom: `mates` and `foes` `[player, other]`, nobody being a mate of itself; `team` `[player]`."""

    mates: Flags
    foes: Flags
    team: NDArray[np.int64]


def sides(n_players: int) -> Sides:
    """Of two teams, red first."""
    team = (np.arange(n_players) >= n_players // 2).astype(np.int64)
    alike = team[:, None] == team
    return Sides(alike & ~np.eye(n_players, dtype=np.bool_), ~alike, team)


def some(flags: Flags) -> Flags:
    """Whether any of the last axis is so."""
    return np.logical_or.reduce(flags, axis=-1)


def any_mate(is_so: Flags) -> Flags:
    """`[time, match, player]` whether it is so of any of the player's team-mates; `is_so` `[time, match, player]`."""
    return _any(is_so, sides(is_so.shape[2]).mates)


def any_foe(is_so: Flags) -> Flags:
    """`[time, match, player]` whether it is so of any of the player's opponents; `is_so` `[time, match, player]`."""
    return _any(is_so, sides(is_so.shape[2]).foes)


def _any(is_so: Flags, whose: Flags) -> Flags:
    return np.stack([some(is_so[:, :, others]) for others in whose], axis=2)


def of_mine(scene: Scene, by_team: NDArray) -> NDArray:
    """`[time, match, player, ...]` what `by_team` `[time, match, team, ...]` says of the player's own team."""
    return by_team[:, :, sides(scene.heading.shape[2]).team]


def of_theirs(scene: Scene, by_team: NDArray) -> NDArray:
    """`[time, match, player, ...]` what `by_team` `[time, match, team, ...]` says of the opponents."""
    return by_team[:, :, 1 - sides(scene.heading.shape[2]).team]


def to_stand(scene: Scene, own: bool) -> Reals:
    """`[time, match, player]` metres from each player to the stand of its own team's flag, or of the opponents'."""
    team = sides(scene.heading.shape[2]).team
    there = scene.stand[:, team if own else 1 - team]
    return np.linalg.norm(scene.position - there, axis=-1)


def to_flag(scene: Scene, own: bool) -> Reals:
    """`[time, match, player]` metres from each player to its own team's flag, wherever it is, or to the opponents'."""
    there = (of_mine if own else of_theirs)(scene, scene.flag_position)
    return np.linalg.norm(scene.position - there, axis=-1)


def between(scene: Scene) -> Reals:
    """`[time, match, player, other]` metres."""
    return np.linalg.norm(scene.position[:, :, :, None] - scene.position[:, :, None], axis=-1)


def faces(scene: Scene, own: bool) -> Flags:
    """`[time, match, player]` whether the stand of the own team, or of the opponents', is within 45 degrees ahead."""
    team = sides(scene.heading.shape[2]).team
    way = scene.stand[:, team if own else 1 - team] - scene.position
    off = np.arctan2(way[..., 1], way[..., 0]) - scene.heading
    return np.abs((off + np.pi) % (2.0 * np.pi) - np.pi) <= np.pi / 4.0


def lately(happened: Flags, seconds: float) -> Flags:
    """`[time, ...]` whether it happened in the last `seconds`, the step that led here being the last of them."""
    total = np.cumsum(happened, axis=0, dtype=np.int32)
    window = round(seconds * STEPS_PER_SECOND)
    before = np.zeros_like(total)
    before[window:] = total[:-window]
    return total > before
