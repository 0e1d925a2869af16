"""Gymnasium shells of Capture the Flag: a native batched `VectorEnv` of player slots, and slot 0 of it as a single env.

The game is that of 'Human-level performance in 3D multiplayer games with population-based reinforcement learning'
(Jaderberg et al., Science 2019): two teams on a map that is its own image under a half turn, each with a flag. Touch
the enemies' flag to take it, bring it to your own stand while your own flag is there: that is a capture. Beams tag; who
is tagged drops the flag, waits, and is back at its base. Most captures when the clock runs out win.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from sims.core.checks import check_whole
from sims.core.seeding import slot_seeds
from sims.core.threads import available_threads, split
from sims.ctf.actions import FACTORS, STILL, ActionForm, action_space, action_table
from sims.ctf.art.atlas import art
from sims.ctf.bot_kernels import act
from sims.ctf.bots import Bots, blank_bots, checked_bots
from sims.ctf.build import reset
from sims.ctf.drawing.canvas import Canvas, blank_canvas
from sims.ctf.observing import Frames, ObsForm, Plane, blank_frames, form_of, obs_of, space_of
from sims.ctf.pool import MapNames, pool
from sims.ctf.privileged import Privileged, privileged
from sims.ctf.senses import sense
from sims.ctf.settings import MAX_WHOLE, Snapshot, check_alike, weights_of, whole_matches
from sims.ctf.state import EVENTS, N_EVENTS, POINTS, RULES, Rules, State, blank_state
from sims.ctf.step import restart, step
from sims.ctf.view import observe, prepare

DEFAULT_MAPS = "indoor:0-128"
MAX_TEAM = 4
MATCHES_A_THREAD = 64
"""Without pixels, fewer matches than this are not worth a thread of their own."""


class Outputs(NamedTuple):
    """Arrays that `sims.ctf.step.step` writes, first axis the match."""

    events: NDArray[np.uint8]  # [match, player, event] how often each happened in this step
    rewards: NDArray[np.float64]  # [match, player]
    over: NDArray[np.bool_]  # [match]
    struck: NDArray[np.int32]  # [match, player] scratch: whom each player's beam hit


class CaptureTheFlagVectorEnv(VectorEnv[Any, Any, Any]):
    """`num_envs` player slots of matches that are played together by compiled kernels (autoreset in the same step).

    Slot i is the i-th controlled player: with c controlled players a match, player `controlled[i % c]` of match i // c.

    Args:
        num_envs: how many slots, a multiple of the controlled players of a match.
        maps: `family:start-stop` (families `indoor`, `outdoor`, `courts`; stop exclusive; seeds from 1,000,000 on are
            for evaluation), `family:seed`, text maps (`*.ctf.txt`), or a list of these. A match's seed picks one.
            Or one `sims.ctf.maps.layout.Map`.
        team_size: players of a team, 1 to 4. The first `team_size` players of a match are red.
        bots: who plays the other slots: from the player's index in its match to a level 1 to 5 or one of `"random",
            "patrol", "defender", "runner"`.
        obs: `"rgb"`, or `"vector"` (rays and own state: `sims.ctf.senses`).
        planes: with `"rgb"`, more planes of the same view, `"depth"` (float32, metres along the view's axis, infinite
            in the sky) and `"things"` (uint8 instance ids: `sims.ctf.view`); observations are then a `Dict`.
        width, height: of frames, in pixels; the view is 90 degrees wide.
        actions: `"factors"`, `"composite"` or `"small"`: `sims.ctf.actions.action_space`.
        match_steps: length of a match; a second has 15 steps.
        hits_to_tag, cooldown_steps, respawn_steps, flag_return_steps, beam_range: hits that tag; steps from one
            beam to the next; steps that a tagged player is out; steps until an untouched dropped flag is back; metres.
        event_weights: what each of `sims.ctf.state.EVENTS` is worth, `[13]`, `[num_envs, 13]`, or by name (others 0);
            the game's points by default. A slot's reward is the sum over the step's events.
        n_threads: threads that step; as many as the process may use by default. Results do not depend on it.
        copy: False returns the same arrays at every step, overwritten by the next.
        render_mode: None or `"rgb_array"` (what each slot sees).

    Every step's `infos["events"]` counts each slot's events `[num_envs, 13]`. A match's end terminates its slots;
    `infos["final_obs"]` holds their last observations and `infos["final_info"]` `outcome` (1 won, 0 drawn, -1 lost),
    `score` and `score_against` (captures), `points`, and the match's count of each event by name, with Gymnasium's
    `_key` masks.

    Raises:
        ValueError: from the constructor, bad settings or maps; from `step`, actions of a wrong shape, type or value.
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": 15,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int = 4,
        *,
        maps: MapNames = DEFAULT_MAPS,
        team_size: int = 2,
        bots: Mapping[int, int | str] | None = None,
        obs: ObsForm = "rgb",
        planes: Sequence[Plane] = (),
        width: int = 84,
        height: int = 84,
        actions: ActionForm = "factors",
        match_steps: int = RULES.match_steps,
        hits_to_tag: int = RULES.hits_to_tag,
        cooldown_steps: int = RULES.cooldown_steps,
        respawn_steps: int = RULES.respawn_steps,
        flag_return_steps: int = RULES.flag_return_steps,
        beam_range: float = RULES.beam_range,
        event_weights: ArrayLike | Mapping[str, float] | None = None,
        n_threads: int | None = None,
        copy: bool = True,
        render_mode: str | None = None,
    ) -> None:
        check_whole(
            MAX_WHOLE,
            num_envs=num_envs,
            team_size=team_size,
            width=width,
            height=height,
            match_steps=match_steps,
            hits_to_tag=hits_to_tag,
            cooldown_steps=cooldown_steps,
            respawn_steps=respawn_steps,
            flag_return_steps=flag_return_steps,
            n_threads=1 if n_threads is None else n_threads,
        )
        if team_size > MAX_TEAM:
            raise ValueError(f"team_size must be 1 to {MAX_TEAM}, got {team_size}")
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be None or 'rgb_array', got {render_mode!r}")
        if not (isinstance(beam_range, (int, float, np.number)) and np.isfinite(beam_range) and beam_range > 0):
            raise ValueError(f"beam_range must be a positive number of metres, got {beam_range!r}")
        self.n_players = 2 * team_size
        self.bots = checked_bots(bots, self.n_players)
        self.controlled = np.array([p for p in range(self.n_players) if p not in self.bots], np.int32)
        self.num_envs, self.n_matches = num_envs, whole_matches(num_envs, len(self.controlled), self.n_players)
        self.rules = Rules(
            match_steps=int(match_steps),
            hits_to_tag=int(hits_to_tag),
            cooldown_steps=int(cooldown_steps),
            respawn_steps=int(respawn_steps),
            flag_return_steps=int(flag_return_steps),
            beam_range=float(beam_range),
        )
        self.copy = copy
        self.render_mode = render_mode
        self.single_action_space = action_space(actions)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._table = None if actions == "factors" else action_table(actions)
        self.form = form_of(obs, planes, width, height)
        self.single_observation_space = space_of(self.form)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        if obs == "rgb" or render_mode is not None:
            art()  # here and once: threads that met it first in a step would each make it
        self.map_names, self.maps = pool(maps)
        alone = 1 if obs == "rgb" else MATCHES_A_THREAD
        self.n_threads = min(n_threads or min(available_threads(), max(1, self.n_matches // alone)), self.n_matches)
        self._weights = weights_of(event_weights, self.n_matches, self.n_players, self.controlled)
        self._canvases = [blank_canvas(width, height) for _ in range(self.n_threads)]
        self._actions = np.full((self.n_matches, self.n_players, len(FACTORS)), STILL, np.int8)
        self._out = outputs(self.n_matches, self.n_players)
        self._frames = blank_frames(self.form, num_envs)
        self._final = blank_frames(self.form, num_envs)
        self._state: State | None = None
        self._bots = blank_bots(self.maps, self.bots, self.n_matches, self.n_players)
        self._last = blank_state(self.n_matches, self.n_players)
        self._autoreset = True

    @property
    def state(self) -> State:
        """The privileged state of all matches, first axis the match. It is the env's own: copy what you keep.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self._state is None:
            raise ResetNeeded("there is no state before the first reset(): call reset(seed=...) first")
        return self._state

    @property
    def final_state(self) -> State:
        """The state in which the last ended match of each slot ended, before autoreset; zeros where none has."""
        return self._last

    @property
    def actions(self) -> NDArray[np.int8]:
        """What all players did in the last step, bots too: factors `[match, player, 6]`; the next overwrites them."""
        return self._actions

    @property
    def events(self) -> NDArray[np.uint8]:
        """How often each event happened in the last step, bots' too, `[match, player, 13]`; the next overwrites it."""
        return self._out.events

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin a match in every slot.

        Args:
            seed: match m is seeded with `seed + m` and begins that seed's first match. Without a seed every match goes
                on to its seed's next one (at the first reset: with seeds from the operating system).
            options: `reset_mask`: bool `[num_envs]`, the slots whose matches to begin anew; all slots of a match alike.
        """
        super().reset(seed=seed)
        first = self._state is None
        chosen = self._chosen(dict(options or {}), first)
        if seed is None and first:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
        seeds = None if seed is None else slot_seeds(seed, self.n_matches)
        if self._state is None:
            self._state = blank_state(self.n_matches, self.n_players)
            self._prepare(self._state)
        if seeds is None:
            self._state.match_count[chosen] += 1
        else:
            self._state.seed[chosen] = seeds[chosen]
            self._state.match_count[chosen] = 0
        reset(self.maps, self._state, chosen)
        frames = self._fresh_frames()
        self._by_lane(lambda canvas, start, stop: self._observe(canvas, start, stop, frames))
        return obs_of(self.form, frames), self._map_infos(np.ones(self.num_envs, np.bool_))

    def step(
        self, actions: ArrayLike
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Play one step; `actions` in the batched action space, one row a slot."""
        self._actions[:, self.controlled] = self._factors(actions).reshape(self.n_matches, -1, len(FACTORS))
        frames = self._fresh_frames()
        self._by_lane(lambda canvas, start, stop: self._play(canvas, start, stop, frames))
        rewards = np.ascontiguousarray(self._out.rewards[:, self.controlled]).reshape(-1)
        over = np.repeat(self._out.over, len(self.controlled))
        infos: dict[str, Any] = {
            "events": np.ascontiguousarray(self._out.events[:, self.controlled]).reshape(self.num_envs, N_EVENTS),
            "_events": np.ones(self.num_envs, np.bool_),
        }
        if over.any():
            infos |= self._final_infos(over)
            if self._autoreset:
                infos |= self._map_infos(over)
        return obs_of(self.form, frames), rewards, over, np.zeros(self.num_envs, np.bool_), infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:  # type: ignore[override]
        """What each slot sees, `[height, width, 3]` uint8; None without a mode."""
        if self.render_mode is None:
            return None
        form = self.form._replace(obs="rgb", planes=())
        frames = blank_frames(form, self.num_envs)
        self._by_lane(lambda canvas, start, stop: self._draw(canvas, start, stop, frames))
        return tuple(frames.rgb)

    def privileged(self) -> Privileged:
        """What probes ask and observations never tell: where everybody is, who sees whom, who holds what."""
        return privileged(self.maps, self.state)

    def snapshot(self) -> Snapshot:
        """A copy of all that the future depends on, but for the maps and the rules: the state and the bots' minds."""
        return Snapshot(State._make(map(np.copy, self.state)), Bots._make(map(np.copy, self._bots)))

    def restore(self, snapshot: Snapshot) -> Any:
        """Go on from a `snapshot` of an env of the same size and maps; returns the observations.

        Raises:
            ValueError: a snapshot of another number of matches, players or maps.
        """
        own = Snapshot(blank_state(self.n_matches, self.n_players), self._bots)
        check_alike(snapshot, own, len(self.map_names))
        self._state, self._bots = State._make(map(np.copy, snapshot.state)), Bots._make(map(np.copy, snapshot.bots))
        self._prepare(self._state)
        frames = self._fresh_frames()
        self._by_lane(lambda canvas, start, stop: self._observe(canvas, start, stop, frames))
        return obs_of(self.form, frames)

    def set_event_weights(self, event_weights: ArrayLike | Mapping[str, float] | None) -> None:
        """From the next step on, what each event is worth; as the constructor's `event_weights`."""
        self._weights = weights_of(event_weights, self.n_matches, self.n_players, self.controlled)

    def map_of(self, slot: int) -> str:
        """The name of the map that a slot's match is played on."""
        return self.map_names[self.state.map[slot // len(self.controlled)]]

    def memory_per_match(self) -> int:
        """Bytes that a match takes, its frames included and the shared maps left out; it doesn't grow with time."""
        arrays = (self._actions, self._weights)
        parts = [self.state, self._last, self._bots, self._out, self._frames, self._final, arrays]
        return sum(array.nbytes for part in parts for array in part) // self.n_matches

    def _prepare(self, state: State) -> None:
        if self.form.obs == "rgb" or self.render_mode is not None:
            for canvas in self._canvases:
                prepare(self.maps, state, art(), canvas, self.form.height, self.form.width)

    def _map_infos(self, chosen: NDArray[np.bool_]) -> dict[str, Any]:
        """Which maps the matches that have just begun are played on."""
        return {"map": np.repeat(self.state.map, len(self.controlled)) * chosen, "_map": chosen.copy()}

    def _by_lane(self, run: Callable[[Canvas, int, int], object]) -> None:
        """Call `run(canvas, start, stop)` on consecutive slices of the matches, one a thread, each with its canvas."""
        edges = [self.n_matches * t // self.n_threads for t in range(self.n_threads + 1)]

        def lanes(first: int, stop: int) -> None:
            for lane in range(first, stop):
                run(self._canvases[lane], edges[lane], edges[lane + 1])

        split(lanes, self.n_threads, self.n_threads)

    def _play(self, canvas: Canvas, start: int, stop: int, frames: Frames) -> None:
        state, out = self.state, self._out
        if self.bots:
            act(self.maps, state, self._bots, self._actions, start, stop, self.rules.beam_range)
        step(self.maps, state, self._actions, start, stop, self.rules, self._weights, out)
        if out.over[start:stop].any():
            self._keep_last(start, stop)
            if self._autoreset:
                self._observe(canvas, start, stop, self._final)
                restart(self.maps, state, start, stop, out.over)
        self._observe(canvas, start, stop, frames)

    def _observe(self, canvas: Canvas, start: int, stop: int, frames: Frames) -> None:
        if self.form.obs == "vector":
            sense(self.maps, self.state, self.controlled, start, stop, self.rules.match_steps, frames.vector)
        else:
            self._draw(canvas, start, stop, frames)

    def _draw(self, canvas: Canvas, start: int, stop: int, frames: Frames) -> None:
        height, width = self.form.height, self.form.width
        rgb = frames.rgb.reshape(-1, height, width * 3)
        depth, things = frames.depth.reshape(-1, height * width), frames.things.reshape(-1, height * width)
        observe(self.maps, self.state, art(), canvas, self.controlled, start, stop, rgb, depth, things)

    def _keep_last(self, start: int, stop: int) -> None:
        """Copy the states of the ended matches, before the next ones begin."""
        ended = start + np.flatnonzero(self._out.over[start:stop])
        for kept, array in zip(self._last, self.state, strict=True):
            kept[ended] = array[ended]

    def _final_infos(self, over: NDArray[np.bool_]) -> dict[str, Any]:
        """The last observations and the results of the slots whose match has ended."""
        own = (self.controlled >= self.n_players // 2).astype(np.int64)
        captures, counts = self._last.score.astype(np.int64), self._last.totals.astype(np.int64)
        score = captures[:, own].reshape(-1) * over
        against = captures[:, 1 - own].reshape(-1) * over
        totals = counts[:, self.controlled].reshape(-1, N_EVENTS) * over[:, None]
        final: dict[str, Any] = {
            "outcome": np.sign(score - against),
            "score": score,
            "score_against": against,
            "points": totals @ np.array(POINTS),
            **dict(zip(EVENTS, np.ascontiguousarray(totals.T), strict=True)),
        }
        final |= {f"_{name}": over.copy() for name in tuple(final)}
        infos: dict[str, Any] = {"final_info": final, "_final_info": over.copy()}
        if self._autoreset:
            infos |= {"final_obs": self._final_obs(over), "_final_obs": over.copy()}
        return infos

    def _final_obs(self, over: NDArray[np.bool_]) -> NDArray[Any]:
        """Last observations by slot: zeros where no match ended; for dictionaries objects, as Gymnasium's own."""
        last = obs_of(self.form, self._final)
        if not isinstance(last, dict):
            kept = np.zeros_like(last)
            kept[over] = last[over]
            return kept
        objects = np.full(self.num_envs, None, object)
        for slot in np.flatnonzero(over):
            objects[slot] = {name: values[slot].copy() for name, values in last.items()}
        return objects

    def _fresh_frames(self) -> Frames:
        if not self.copy:
            return self._frames
        return Frames._make(np.empty_like(array) for array in self._frames)

    def _factors(self, actions: ArrayLike) -> NDArray[np.int8]:
        """Actions of any form as factors `[slot, 6]`, checked."""
        array = np.asarray(actions)
        shape = (self.num_envs, len(FACTORS)) if self._table is None else (self.num_envs,)
        form = "the six factors of sims.ctf.actions" if self._table is None else "the number of one action"
        if array.shape != shape or array.dtype.kind not in "iu":
            raise ValueError(
                f"actions must be integers of shape {shape}, {form} for every slot, "
                f"got {array.dtype} of shape {array.shape}"
            )
        limits = np.array(FACTORS) if self._table is None else np.array(len(self._table))
        if array.min() < 0 or (array >= limits).any():
            bad = np.argwhere((array < 0) | (array >= limits))[0]
            limit = int(np.broadcast_to(limits, shape)[tuple(bad)])
            raise ValueError(
                f"action {array[tuple(bad)]} of slot {bad[0]} is out of range: {form}, here 0 to {limit - 1}"
            )
        return array.astype(np.int8) if self._table is None else self._table[array]

    def _chosen(self, options: dict[str, Any], first: bool) -> NDArray[np.int64]:
        """The matches to begin."""
        mask = options.pop("reset_mask", None)
        if options:
            raise ValueError(f"unknown reset options {sorted(options)}: expected 'reset_mask'")
        if mask is None:
            return np.arange(self.n_matches)
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ValueError(f"reset_mask must be bool of shape ({self.num_envs},), got {mask.dtype} {mask.shape}")
        by_match = mask.reshape(self.n_matches, -1)
        if (by_match != by_match[:, :1]).any():
            raise ValueError("reset_mask must choose whole matches: all slots of a match alike")
        if first and not mask.all():
            raise ValueError("the first reset must begin every match: call it without reset_mask")
        return np.flatnonzero(by_match[:, 0])


class CaptureTheFlagSettings(TypedDict, total=False):
    """What both shells take; `CaptureTheFlagVectorEnv` says what each means and its default."""

    maps: MapNames
    team_size: int
    bots: Mapping[int, int | str] | None
    obs: ObsForm
    planes: Sequence[Plane]
    width: int
    height: int
    actions: ActionForm
    match_steps: int
    hits_to_tag: int
    cooldown_steps: int
    respawn_steps: int
    flag_return_steps: int
    beam_range: float
    event_weights: ArrayLike | Mapping[str, float] | None


def outputs(n_matches: int, n_players: int) -> Outputs:
    """Zeroed outputs of a step."""
    return Outputs(
        events=np.zeros((n_matches, n_players, N_EVENTS), np.uint8),
        rewards=np.zeros((n_matches, n_players)),
        over=np.zeros(n_matches, np.bool_),
        struck=np.zeros((n_matches, n_players), np.int32),
    )
