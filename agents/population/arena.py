"""What an arena process does: many matches at once, each member thinking for all its seats in them together.

Matches begin and end where trajectories do, so that in a trajectory a seat has one player.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.ftw.agent import FtwAgent
from agents.ftw.agent import Weights as Multiplied
from agents.ftw.core import Memory
from agents.population.census import Report
from agents.population.chief import Match
from agents.population.exchange import Exchange, Trajectory
from agents.population.learner import load_arrays, set_timescales
from agents.population.plan import TrainCtfSettings, bot_of, make_agent, make_env
from sims.ctf.bot_kernels import act
from sims.ctf.bots import blank_bots
from sims.ctf.build import reset
from sims.ctf.env import outputs
from sims.ctf.state import N_EVENTS
from sims.ctf.step import step

WAIT = 0.004
"""Seconds between two tries to put a trajectory into a full queue."""


class Player(NamedTuple):
    """A member as an arena has it: an agent, and of what it is."""

    agent: FtwAgent
    weights: Multiplied
    birth: int
    version: int


@dataclass
class Group:
    """The seats of one member in this fragment, and what is noted of them, first axis the step."""

    player: Player
    seats: NDArray[np.int64]
    before: Memory
    memory: Memory
    frames: NDArray[np.uint8]
    noise: NDArray[np.int16]
    actions: NDArray[np.int8]
    log_p: NDArray[np.float32]


class Counts(NamedTuple):
    """What an arena has to tell of a fragment."""

    steps: int
    dropped: int
    matches: int


class Arena:
    """Matches in progress; `play` plays all of them a fragment further.

    Args:
        exchange: with the chief. settings: of the run. number: of the arena.
        beat: is called now and then, so that others see that it lives.
    """

    def __init__(
        self, exchange: Exchange, settings: TrainCtfSettings, number: int, beat: Callable[[], None] = lambda: None
    ) -> None:
        self._exchange, self._settings, self._beat = exchange, settings, beat
        self.env = make_env(settings, n_threads=1, copy=False)
        self._generator = torch.Generator().manual_seed(
            int(np.random.default_rng((settings.seed, number, time.time_ns())).integers(2**62))
        )
        self.env.reset(seed=0)
        self._bots = blank_bots(self.env.maps, {}, settings.matches, self.env.n_players)
        self._actions = np.zeros((settings.matches, self.env.n_players, 6), np.int8)
        self._out = outputs(settings.matches, self.env.n_players)
        self._nothing = np.zeros((settings.matches, self.env.n_players, N_EVENTS))
        self._players: dict[int, Player] = {}
        self._seated = np.full((settings.matches, self.env.n_players), -1)  # slots; -1 for bots
        self._matches: list[Match] = [exchange.next_match() for _ in range(settings.matches)]
        self._begun = np.zeros(settings.matches, np.int64)
        self._memory: Memory | None = None
        self._frames = self._begin(np.arange(settings.matches))
        self._spread()

    def play(self) -> Counts:
        """Play a fragment, put what members saw and did, report the matches that ended and begin others."""
        rollout, over = self._settings.rollout, np.zeros(self._settings.matches, np.bool_)
        groups = self._groups()
        events = np.zeros((rollout, self.env.num_envs, N_EVENTS), np.uint8)
        actions = self._actions.reshape(self.env.num_envs, -1)
        for t in range(rollout):
            for group in groups.values():
                self._think(group, t)
                actions[group.seats] = group.actions[t]
            for _ in range(self._settings.repeat - 1):
                self._step_blindly(events[t])
            self._bots_act()
            self._frames, _, ended, _, infos = self.env.step(actions)
            events[t] += infos["events"]
            over = ended.reshape(self._settings.matches, -1)[:, 0]
            self._beat()
        dropped = self._put(groups, events, over)
        n_over = int(over.sum())
        if n_over:
            self._settle(np.flatnonzero(over))
        return Counts(rollout * sum(len(group.seats) for group in groups.values()), dropped, n_over)

    def _bots_act(self) -> None:
        env = self.env
        act(env.maps, env.state, self._bots, self._actions, 0, env.n_matches, env.rules.beam_range)

    def _step_blindly(self, events: NDArray[np.uint8]) -> None:
        """Step all matches without a look, as between two frames of who keeps its action; none of them ends there."""
        self._bots_act()
        env, out = self.env, self._out
        step(env.maps, env.state, self._actions, 0, env.n_matches, env.rules, self._nothing, out)
        events += out.events.reshape(events.shape)

    def _groups(self) -> dict[int, Group]:
        """The members that sit in the seats, with their newest weights."""
        flat, rollout, settings = self._seated.reshape(-1), self._settings.rollout, self._settings
        groups = {}
        for slot in sorted(set(flat[flat >= 0].tolist())):
            player = self._newest(slot)
            seats = np.flatnonzero(flat == slot)
            n = len(seats)
            before = self._blank(player).of(torch.from_numpy(seats))
            groups[slot] = Group(
                player,
                seats,
                before,
                before,
                np.empty((rollout + 1, n, settings.height, settings.width, 3), np.uint8),
                np.zeros((rollout + 1, n, player.agent.core.latent), np.int16),
                np.empty((rollout, n, 6), np.int8),
                np.empty((rollout, n), np.float32),
            )
        return groups

    def _blank(self, player: Player) -> Memory:
        """Everybody's memory; whose is blank is its matter."""
        if self._memory is None:
            self._memory = player.agent.blank_memory(self.env.num_envs)
        return self._memory

    def _newest(self, slot: int) -> Player:
        there = self._players.get(slot)
        weights = self._exchange.get_weights(slot, (there.birth, there.version) if there else None)
        if weights is None:
            assert there is not None
            return there
        agent = there.agent if there else make_agent(self._settings).requires_grad_(False)
        load_arrays(agent, weights)
        if there is None or there.birth != weights.birth:
            set_timescales(agent, self._exchange.members()[slot].hyperparameters)
        self._players[slot] = Player(agent, agent.weights(), weights.birth, weights.version)
        return self._players[slot]

    def _think(self, group: Group, t: int) -> None:
        np.take(self._frames, group.seats, axis=0, out=group.frames[t])
        player = group.player
        acted = player.agent.act(
            torch.from_numpy(group.frames[t]), group.memory, self._generator, weights=player.weights
        )
        group.memory = acted.memory
        group.actions[t] = acted.actions.numpy()
        group.log_p[t] = acted.log_p.numpy()
        group.noise[t] = acted.noise.view(torch.int16).numpy()

    def _put(self, groups: dict[int, Group], events: NDArray[np.uint8], over: NDArray[np.bool_]) -> int:
        """Hand over what was noted; how many steps nobody took in time."""
        dropped, by_seat = 0, np.repeat(over, self.env.n_players)
        assert self._memory is not None
        for slot, group in groups.items():
            np.take(self._frames, group.seats, axis=0, out=group.frames[-1])
            for whole, part in zip(self._memory, group.memory, strict=True):
                whole[torch.from_numpy(group.seats)] = part
            ended = np.zeros(group.log_p.shape, np.bool_)
            ended[-1] = by_seat[group.seats]
            memory = {name: value.numpy() for name, value in group.before._asdict().items()}
            trajectory = Trajectory(
                slot,
                group.player.birth,
                group.player.version,
                obs={"rgb": group.frames, "noise": group.noise},
                actions=group.actions,
                log_p=group.log_p,
                events=np.ascontiguousarray(events[:, group.seats]),
                ended=ended,
                memory=memory,
            )
            dropped += 0 if self._delivered(trajectory) else ended.size
        return dropped

    def _delivered(self, trajectory: Trajectory) -> bool:
        """Whether the learner takes a trajectory, or whom it is of is replaced, before patience ends."""
        until = time.monotonic() + self._settings.patience
        while self._exchange.put_trajectory(trajectory) == "full":
            if time.monotonic() > until:
                return False
            time.sleep(WAIT)
            self._beat()
        return True

    def _settle(self, ended: NDArray[np.int64]) -> None:
        """Report matches and begin others in their place."""
        last = self.env.final_state
        for m in ended.tolist():
            match = self._matches[m]
            name = self.env.map_names[last.map[m]]
            red, blue = last.score[m].tolist()
            steps = self._settings.match_steps - int(self._begun[m])
            self._exchange.report_match(Report(match.number, match.players, (red, blue), name, steps))
            self._matches[m] = self._exchange.next_match()
            self._begun[m] = 0
        self._frames = self._begin(ended)

    def _begin(self, which: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Seat the players of matches that begin; the frames of all seats."""
        state, n_players = self.env.state, self.env.n_players
        for m in which.tolist():
            match = self._matches[m]
            bots = {p: bot_of(who) for p, who in enumerate(match.players) if isinstance(who, str)}
            for every, one in zip(self._bots, blank_bots(self.env.maps, bots, 1, n_players), strict=True):
                every[m] = one[0]
            self._seated[m] = [-1 if isinstance(who, str) else who.slot for who in match.players]
            state.seed[m], state.match_count[m] = match.seed, 0
        reset(self.env.maps, state, which)
        if self._memory is not None:
            seats = torch.zeros(self._settings.matches, n_players, dtype=torch.bool)
            seats[torch.from_numpy(which)] = True
            self._memory = self._memory.where(~seats.reshape(-1))
        return self.env.restore(self.env.snapshot())

    def _spread(self) -> None:
        """Let the first matches begin late in their time, each at another moment, so that not all end together."""
        fragment = self._settings.rollout * self._settings.repeat
        self._begun = np.arange(self._settings.matches) % (self._settings.match_steps // fragment) * fragment
        self.env.state.clock[:] = self._begun
