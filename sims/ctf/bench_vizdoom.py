"""ViZDoom's side of `umwelt bench ctf`: four players of one multiplayer game, a process each, as ViZDoom does it."""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np

N_PLAYERS = 4
STEPS = 400
START_SECONDS, GAME_SECONDS = 20, 90
"""How long players wait for one another at the start, and the bench for the game's end."""


def vizdoom_is_here() -> bool:
    """Whether the package `vizdoom` is installed."""
    return find_spec("vizdoom") is not None


def vizdoom_rate(steps: int = STEPS) -> float:
    """Agent-frames a second of a synchronous 4-player deathmatch, RGB at ViZDoom's smallest size, 160 x 120.

    Raises:
        ValueError: the game didn't come about.
    """
    spawn = multiprocessing.get_context("spawn")
    results: Queue[float] = spawn.Queue()
    players = [spawn.Process(target=_play, args=(i, steps, results), daemon=True) for i in range(N_PLAYERS)]
    for player in players:
        player.start()
    try:
        return N_PLAYERS * steps / _wait(results, players)
    finally:
        engines = [engine for player in players for engine in _children(player.pid)]
        for player in players:
            player.kill()
            player.join()
        for engine in engines:
            with suppress(ProcessLookupError):
                os.kill(engine, signal.SIGKILL)


def _wait(results: "Queue[float]", players: Sequence[BaseProcess]) -> float:
    """The host's seconds, as soon as they're there; an error as soon as a player dies or the time is over."""
    for _ in range(GAME_SECONDS):
        with suppress(Empty):
            return results.get(timeout=1.0)
        if not all(player.is_alive() for player in players):
            break
    raise ValueError(f"ViZDoom's game of {N_PLAYERS} didn't come about or broke off: is its port, 5029, in use?")


def _children(pid: int | None) -> list[int]:
    """The processes below a process: its game engine, which would outlive it."""
    paths = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for path in paths for child in path.read_text().split()]
    return children + [grandchild for child in children for grandchild in _children(child)]


def _play(number: int, steps: int, results: "Queue[float]") -> None:
    """One player: number 0 hosts and takes the time, the others join; random buttons."""
    vizdoom: Any = import_module("vizdoom")
    scenarios = Path(vizdoom.scenarios_path)
    game = vizdoom.DoomGame()
    game.load_config(str(scenarios / "multi_duel.cfg"))
    game.set_doom_scenario_path(str(scenarios / "cig.wad"))
    game.set_doom_map("map01")
    game.set_screen_resolution(vizdoom.ScreenResolution.RES_160X120)
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_window_visible(False)
    game.set_mode(vizdoom.Mode.PLAYER)
    role = f"-host {N_PLAYERS} -deathmatch +timelimit 60 +sv_forcerespawn 1" if number == 0 else "-join 127.0.0.1"
    game.add_game_args(f"{role} +viz_connect_timeout {START_SECONDS} +name player{number} +colorset {number}")
    game.init()
    rng, n_buttons = np.random.default_rng(number), game.get_available_buttons_size()
    began = time.perf_counter()
    for _ in range(steps if number == 0 else 1000 * steps):  # in lockstep with the host, until that ends the process
        game.make_action(rng.integers(0, 2, n_buttons).tolist())
        if game.is_player_dead():
            game.respawn_player()
        state = game.get_state()
        if state is not None:
            state.screen_buffer.sum()
    if number == 0:
        results.put(time.perf_counter() - began)
        time.sleep(START_SECONDS)  # closing the game would wait for the others; all are killed together
