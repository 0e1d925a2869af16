"""Whether the map in a memory is of use: an agent's final memory, handed to a probe agent that walks a second time.

Wijmans et al. 2023, section 4, and their code: an agent walks from S to T; a probe agent of the same architecture
begins with the agent's memory at the end (before STOP) and walks again, from S to T or back from T to S, facing the way
the agent faced last and told of everything in the frame of the first start. It learns by PPO what to make of the
memory, and is set against probes that begin with zeros and with the memory of an agent that never learned, walked along
the same path. First trips that failed are left out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from torch import Tensor

from agents.evaluate import Episodes
from agents.fused import Fragments, cut
from agents.nets import BlindAgent, Memory, Precision
from agents.policy import STARTED
from agents.senses import GPS
from probes.behaviour import Trips, compare_trips
from probes.measures import Score, score_of
from probes.records import Record
from sims.pointnav.env import Observation, PointNavVectorEnv
from sims.pointnav.episodes import Episode, write_episodes
from sims.pointnav.frames import to_habitat
from sims.pointnav.spaces import flat_space
from sims.pointnav.state import N_HEADINGS, SUCCESS_DISTANCE, State
from sims.pointnav.view import N_OBS, observe_all

Direction = Literal["s-to-t", "t-to-s"]
Begin = Literal["trained", "untrained", "zero", "shuffled"]
"""Whose memory a probe begins with; `shuffled` is the trained agent's of another trip."""

SHORTEST = 1.0
"""Metres of a first trip below which there is nothing to remember."""


class FirstTrips(NamedTuple):
    """First trips that succeeded, `[trip]`.

    Attributes:
        episodes: of the record. layouts: their names. start, end: `[trip, 3]` world x, y (metres), heading (radians).
        turn: headings between the last and the first, counter-clockwise, of N_HEADINGS. paths: world `[step, 2]`.
    """

    episodes: NDArray[np.int64]
    layouts: list[str]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    turn: NDArray[np.int32]
    paths: list[NDArray[np.float64]]


def first_trips(record: Record, episodes: NDArray[np.int64]) -> FirstTrips:
    """Those of `episodes` of `record` that succeeded and walked SHORTEST metres at least.

    Raises:
        ValueError: there is none.
    """
    told = record.episodes
    good = episodes[(told["success"][episodes] > 0) & (told["path_length"][episodes] >= SHORTEST)]
    if len(good) == 0:
        raise ValueError(
            f"none of {len(episodes)} first trips succeeded: record an agent that arrives, or more episodes"
        )
    first, last = told["first"][good], told["first"][good] + told["steps"][good] - 1
    turn = np.rint(record.steps["pose_start"][last, 2] * N_HEADINGS / (2 * np.pi)).astype(np.int32) % N_HEADINGS
    pose = record.steps["pose_world"]
    paths = [pose[record.slice_of(int(e)), :2] for e in good]
    return FirstTrips(good, [record.layouts[e] for e in good], pose[first], pose[last], turn.astype(np.int32), paths)


def final_memories(record: Record, trips: FirstTrips, begin: Begin, seed: int = 0) -> tuple[Tensor, Tensor]:
    """What a probe of each trip begins with: h and c `[layer, trip, hidden]` float32."""
    first, count = record.rows()
    rows = (first + count - 1)[trips.episodes]
    if begin == "shuffled":
        rows = np.roll(rows[np.random.default_rng(seed).permutation(len(rows))], 1)
    states = record.untrained if begin == "untrained" else record.states
    layers = range(len(states) // 2)
    h, c = (torch.from_numpy(np.stack([states[f"{part}.{k}"][rows] for k in layers])).float() for part in "hc")
    return (h * 0.0, c * 0.0) if begin == "zero" else (h, c)


class SecondTrips(PointNavVectorEnv):
    """Envs in which every episode is a second trip; the observation has a 13th column, which trip it is.

    Args:
        num_envs: how many. trips: the first ones, whose order is that of the env's episodes. direction: `s-to-t` again,
            or back. file: where the episodes are written to (Habitat's `.json.gz`); over what is there.
        settings: as `PointNavVectorEnv`'s, less the layouts and episodes.
    """

    def __init__(self, num_envs: int, trips: FirstTrips, direction: Direction, file: Path, **settings: Any) -> None:
        write_episodes(file, _episodes(trips, direction))
        super().__init__(num_envs, episodes=file, **settings)
        self.trips = trips
        flat = flat_space()
        low, high = np.append(flat.low, 0.0), np.append(flat.high, 2.0**24)
        self.single_observation_space = spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """As the env's own; all that begin are turned as the first trip ended."""
        obs, infos = super().reset(seed=seed, options=options)
        return self._turned(obs, np.flatnonzero(self.state.steps == 0)), infos

    def step(self, actions: Any) -> tuple[Observation, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """As the env's own."""
        obs, rewards, terminated, truncated, infos = super().step(actions)
        done = np.flatnonzero(terminated | truncated)
        if len(done):
            numbers = infos["final_info"]["episode_number"][:, None].astype(np.float32)
            infos["final_obs"] = np.concatenate([infos["final_obs"], numbers], axis=1)
        return self._turned(obs, done), rewards, terminated, truncated, infos

    def restore(self, state: State) -> Observation:
        """As the env's own."""
        return self._turned(super().restore(state), np.empty(0, np.int64))

    def _turned(self, obs: Any, begun: NDArray[np.int64]) -> NDArray[np.float32]:
        """The observations with the 13th column; the envs `begun` are told of the frame of the first start."""
        state, trips = self.state, self.trips
        number = state.episode[begun]
        start = trips.start[number]
        state.start_x[begun], state.start_y[begun] = start[:, 0], start[:, 1]
        state.start_cos[begun], state.start_sin[begun] = np.cos(start[:, 2]), np.sin(start[:, 2])
        state.turn[begun] = trips.turn[number]
        if len(begun):
            observe_all(state, 0, self.num_envs, obs)
        return np.concatenate([obs, state.episode[:, None].astype(np.float32)], axis=1)


def _episodes(trips: FirstTrips, direction: Direction) -> list[Episode]:
    begin, end = (trips.start, trips.end) if direction == "s-to-t" else (trips.end, trips.start)
    positions, rotations = to_habitat(begin[:, :2], trips.end[:, 2])
    goals, _ = to_habitat(end[:, :2], np.zeros(len(end)))
    rows = zip(trips.layouts, positions.tolist(), rotations.tolist(), goals.tolist(), strict=True)
    return [
        Episode(str(k), layout, tuple(position), tuple(rotation), tuple(goal), SUCCESS_DISTANCE, None)
        for k, (layout, position, rotation, goal) in enumerate(rows)
    ]


class ProbeAgent(BlindAgent):
    """A `BlindAgent` whose episodes begin with a given memory instead of a blank one.

    Its observations are those of `SecondTrips`: where one says that an episode begins, the memory becomes that of the
    trip that its 13th column names. The probe has not moved then, however far the agent came from there.

    Args:
        like: the agent that the probe is built like; its weights are taken over unless `fresh`.
        h, c: `[layer, trip, hidden]`, of every trip. fresh: new weights instead, as the paper's probes have.

    Raises:
        ValueError: memories of another shape than the agent's.
    """

    h_0: Tensor
    c_0: Tensor

    def __init__(self, like: BlindAgent, h: Tensor, c: Tensor, *, fresh: bool = False) -> None:
        super().__init__(like.hidden, like.layers, cast(Precision, like.precision), like.senses)
        self.register_buffer("h_0", h, persistent=False)
        self.register_buffer("c_0", c, persistent=False)
        if h.shape != c.shape or h.dim() != 3 or (h.shape[0], h.shape[2]) != (like.layers, like.hidden):
            raise ValueError(
                f"memories must be h and c [{like.layers}, trip, {like.hidden}] as the agent's are, got "
                f"{tuple(h.shape)} and {tuple(c.shape)}: record that agent"
            )
        if not fresh:
            self.load_state_dict(like.state_dict())

    def with_memories(self, h: Tensor, c: Tensor) -> "ProbeAgent":
        """The same probe, for other trips."""
        return ProbeAgent(self, h, c)

    def _gps_before(self, obs_t: Tensor, gps: Tensor, keep: Tensor) -> Tensor:
        """Where it was when it last looked; where an episode begins, where it is."""
        before = torch.cat([gps[None], obs_t[:-1, :, GPS]])
        return torch.where(obs_t[..., STARTED : STARTED + 1] != 0, obs_t[..., GPS], before)

    def forward(
        self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None = None, weights: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Memory]:
        """As `BlindAgent.forward`; observations `[time, env, 13]` say themselves where episodes begin."""
        seen, begins = obs_t[..., :N_OBS], obs_t[..., STARTED] != 0
        if len(obs_t) == 1:
            h, c = self._begun(obs_t[0, :, N_OBS].long(), begins[0], memory.h, memory.c)
            return super().forward(seen, Memory(h, c, memory.gps), None, weights)
        return self._fragments(obs_t, cut(~begins), memory, weights)

    def _fragments(
        self, obs_t: Tensor, cuts: Fragments, memory: Memory, weights: list[Tensor] | None
    ) -> tuple[Tensor, Tensor, Memory]:
        """The rollout as fragments side by side, each from its own first memory on; what is beyond its end is idle."""
        n_steps, n = obs_t.shape[:2]
        steps = torch.arange(len(cuts.batch_sizes), device=obs_t.device)[:, None]
        apart = obs_t[(cuts.start + steps).clamp(max=n_steps - 1), cuts.env]
        trips, begins = apart[0, :, N_OBS].long(), apart[0, :, STARTED] != 0
        h_0, c_0 = self._begun(trips, begins, memory.h[:, cuts.env], memory.c[:, cuts.env])
        after = self.trace(apart[..., :N_OBS], Memory(h_0, c_0, memory.gps[cuts.env]), None, weights)
        there = torch.arange(len(cuts.start), device=obs_t.device) < cuts.batch_sizes.to(obs_t.device)[:, None]
        logits, values = (
            out.new_zeros(n_steps * n, *out.shape[2:]).index_copy(0, cuts.places, out[there]).unflatten(0, (n_steps, n))
            for out in self.heads(after[-1].h)
        )
        ends = there.sum(0)[cuts.last] - 1
        h, c = (torch.stack([layer[k][ends, cuts.last].float() for layer in after]) for k in range(2))
        return logits, values, Memory(h, c, obs_t[-1, :, GPS].clone())

    def _begun(self, trips: Tensor, begins: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """h and c `[layer, env, hidden]`, those of `trips` `[env]` where `begins` `[env]`."""
        at = begins[:, None]
        return torch.where(at, self.h_0[:, trips], h), torch.where(at, self.c_0[:, trips], c)


class SecondWalks(NamedTuple):
    """How second trips went; the chance of success and SPL is that of probes that begin with zeros.

    Attributes:
        success, spl: means over test trips. trips: how the second paths lie to the first.
    """

    success: Score
    spl: Score
    trips: Trips

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"success": self.success.document(), "spl": self.spl.document(), "trips": self.trips.document()}


def second_walks(first: FirstTrips, played: Episodes, chance: Mapping[str, float]) -> SecondWalks:
    """Score second trips that were played with their paths kept.

    Args:
        played: `agents.evaluate.play` of a `SecondTrips` env. chance: of `success` and `spl`.
    """
    _, layouts = np.unique(played.layouts, return_inverse=True)
    success, spl = (score_of(played.measures[name], chance[name], layouts) for name in ("success", "spl"))
    went = played.measures["path_length"] > 0.0  # whoever stops at once has taken no way that could be compared
    chosen = np.flatnonzero(went)
    paths: Sequence[NDArray[np.float64]] = [played.paths[k][:, :2] for k in chosen]
    own = [first.paths[played.number[k]] for k in chosen]
    return SecondWalks(success, spl, compare_trips(own, paths, [played.layouts[k] for k in chosen]))
