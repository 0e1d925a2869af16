"""The command `umwelt train ctf`: a population of FTW agents on Capture the Flag, resumable, killed or not."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.apart import environment
from agents.checkpoint import CHECKPOINTS, SETTINGS, sweep
from agents.ftw.saved import save_ftw_agent
from agents.population.chief import Chief, found
from agents.population.chronicle import Chronicle
from agents.population.crew import Crew
from agents.population.learner import Clock
from agents.population.members import Member
from agents.population.members import to_json as hyperparameters_to_json
from agents.population.office import Office
from agents.population.plan import TrainCtfSettings, check, completed, founders_of, founding_of, make_agent
from agents.population.sharing import Region
from agents.population.states import CHIEF, Kept, Standing, agent_of, newest, save
from agents.population.workers import Duty
from agents.runs import LOCK_PATIENCE, jsonable, read_metrics, read_settings, write_settings
from sims.core.bench import machine
from sims.core.locks import locked

AGENTS = "agents"
"""Folder of a run in which its members' agents lie, to be kept or given away."""

LOG_EVERY = 10.0
"""Seconds between two lines of metrics."""

STATES_PATIENCE = 60.0
"""Seconds in which learners tell their members' states before a checkpoint is given up."""


class Job(NamedTuple):
    """A run to be begun or gone on with."""

    settings: TrainCtfSettings
    standing: Standing | None


def run(settings: TrainCtfSettings) -> None:
    """Begin or resume a run.

    Raises:
        ValueError: settings that can't be, a folder that holds another run, or one that another process works on.
        NotFiniteError: a NaN or an infinity appeared; the last checkpoint is sound.
        ChildProcessError: arenas or learners ended again and again.
    """
    folder = settings.out
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock", f"the run in {folder}", LOCK_PATIENCE if settings.resume else 0.0):
        job = _resumed(settings) if settings.resume else _begun(settings)
        with one_thread_each():
            train(job)
    if settings.json:
        sys.stdout.write(json.dumps(read_metrics(folder)[-1], indent=1) + "\n")


def _begun(settings: TrainCtfSettings) -> Job:
    if (settings.out / SETTINGS).exists():
        raise ValueError(f"{settings.out} holds a run already: add --resume to go on with it, or choose another --out")
    settings = completed(settings)
    check(settings)
    for left in settings.out.glob(f"{CHIEF}*"):  # of a run that was ended before it had settings
        left.unlink()
    found(settings.out / CHIEF, founding_of(settings), founders_of(settings))
    write_settings(settings.out, settings)
    return Job(settings, None)


def _resumed(settings: TrainCtfSettings) -> Job:
    settings = read_settings(settings.out, settings)
    check(settings)
    sweep(settings.out / CHECKPOINTS)
    return Job(settings, newest(settings.out / CHECKPOINTS, _warn))


def _warn(line: str) -> None:
    sys.stderr.write(f"umwelt: {line}\n")


def one_thread_each() -> AbstractContextManager[None]:
    """Processes that begin meanwhile have one thread, and threads that wait sleep."""
    return environment(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive", CUDA_VISIBLE_DEVICES="")


class UnderWay(NamedTuple):
    """A run whose arenas and learners are at work."""

    office: Office
    crew: Crew


def train(job: Job) -> None:
    """A run from where it stands to its end: look after the processes, log, evaluate, save."""
    settings, standing = job
    steps, seconds = (standing.steps, standing.seconds) if standing else (0, 0.0)
    with (
        opened_chief(settings.out, standing) as chief,
        Chronicle(settings.out, steps, seconds, settings.evaluate_bots) as chronicle,
        under_way(chief, settings, standing, chronicle.say) as (office, crew),
    ):
        chronicle.begin()
        logs, saves = Clock(LOG_EVERY), Clock(60.0 * settings.checkpoint_every)
        evaluations, before = Clock(60.0 * settings.evaluate_every), Before(office, chronicle.seconds)
        for clock in (logs, saves, evaluations):
            clock.due()
        checkpoint(crew, office, settings, chronicle)
        while office.steps < settings.steps and chronicle.seconds < 3600.0 * settings.hours:
            crew.look_after(0.25)
            if logs.due():
                row = before.row(office, chronicle.seconds, crew.restarted)
                chronicle.write(row)
                chronicle.show(row, chief.members, office.rates)
            if evaluations.due():
                evaluate(office, settings)
            if saves.due():
                checkpoint(crew, office, settings, chronicle)
        chronicle.write(before.row(office, chronicle.seconds, crew.restarted))
        checkpoint(crew, office, settings, chronicle)


@contextmanager
def under_way(
    chief: Chief, settings: TrainCtfSettings, standing: Standing | None, say: Callable[[str], None]
) -> Iterator[UnderWay]:
    """Start the learners and, once everybody has weights, the arenas; all are ended afterwards.

    Raises:
        ChildProcessError, NotFiniteError: as `Crew.look_after`.
    """
    region = Region(shared_bytes(settings))
    office = Office(chief, region, settings.seats, settings.learners or 1, standing)
    try:
        with Crew(settings, region, office.answer, office.forget, say) as crew:
            for number in range(settings.learners or 1):
                crew.start("learner", number, standing.path if standing else None)
            while not office.ready():
                crew.look_after(0.1)
            for number in range(settings.arenas or 1):
                crew.start("arena", number)
            while office.played == 0:
                crew.look_after(0.1)
            yield UnderWay(office, crew)
    finally:
        region.close()


@contextmanager
def opened_chief(folder: Path, standing: Standing | None) -> Iterator[Chief]:
    """The chief of the run in `folder`; where its file is lost or damaged, as the checkpoint has it."""
    path = folder / CHIEF
    locked(path.with_name(f".{CHIEF}.lock"), f"the population in {path}", LOCK_PATIENCE).release()
    try:
        chief = Chief(path)
    except (FileNotFoundError, ValueError) as error:
        if standing is None:
            raise
        _warn(f"{error}; the run goes on with the population as {standing.path} has it")
        for left in folder.glob(f"{CHIEF}*"):
            left.replace(left.with_name(f"damaged-{left.name}"))
        shutil.copyfile(standing.path / CHIEF, path)
        chief = Chief(path)
    with chief:
        yield chief


def shared_bytes(settings: TrainCtfSettings) -> int:
    """Room for all queues, twice as long as they may be since the last to come may reach beyond, and for weights."""
    agent = make_agent(settings)
    weights = sum(value.nbytes for value in agent.state_dict().values())
    pixels = settings.height * settings.width * 3
    seat = (settings.rollout + 1) * (pixels + 2 * agent.core.latent + 64) + 4 * 4096
    in_arenas = (settings.arenas or 1) * settings.matches * 2 * settings.team_size
    seats = settings.population * settings.seats + 4 * in_arenas
    return 2 * (seats * seat + settings.population * 6 * weights) + 2**24


def evaluate(office: Office, settings: TrainCtfSettings) -> None:
    """Ask the arenas for everybody's matches against the bots."""
    office.duties.clear()
    seed = int(np.random.default_rng((settings.seed, office.steps)).integers(2**31))
    for member in office.chief.members:
        for bot in settings.evaluate_bots:
            office.duties.append(Duty(member.slot, bot, settings.evaluate_matches, seed))


def checkpoint(crew: Crew, office: Office, settings: TrainCtfSettings, chronicle: Chronicle) -> None:
    """Write a checkpoint, and every member's agent."""
    office.want_states()
    until = time.monotonic() + STATES_PATIENCE
    while (members := office.states()) is None:
        if time.monotonic() > until:
            chronicle.say(f"the learners did not tell their states within {STATES_PATIENCE:.0f} s: no checkpoint now")
            break
        crew.look_after(0.05)
    if members is not None:
        path = settings.out / CHECKPOINTS
        save(path, office.steps, chronicle.seconds, members, office.chief, settings.keep_checkpoints)
        for kept in members:
            save_member(kept, office.chief.members[kept.slot], office, settings, chronicle.seconds)
    office.let_go()


def save_member(kept: Kept, member: Member, office: Office, settings: TrainCtfSettings, seconds: float) -> None:
    """Write a member's agent alone into the run's `agents/`, in place of the one before."""
    target = settings.out / AGENTS / f"member-{kept.slot:02d}"
    agent = agent_of(kept, settings, member)
    card = card_of(member, office, settings, seconds)
    fresh = target.with_name(f".tmp-{target.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    save_ftw_agent(fresh, agent, card, curve_of(read_metrics(settings.out), kept.slot, settings.evaluate_bots))
    if target.exists():
        shutil.rmtree(target)
    fresh.rename(target)


def card_of(member: Member, office: Office, settings: TrainCtfSettings, seconds: float) -> dict[str, Any]:
    """What is told of a member's agent."""
    by_bot = {
        bot: dict(zip(("won", "drawn", "lost"), counts, strict=True))
        for (slot, bot), counts in office.rates.items()
        if slot == member.slot
    }
    return {
        "slot": member.slot,
        "birth": member.birth,
        "rating": member.rating,
        "games": member.games,
        "hyperparameters": hyperparameters_to_json(member.hyperparameters),
        "against": by_bot,
        "steps": office.steps,
        "seconds": round(seconds),
        "machine": machine(),
        "trained_with": jsonable(settings),
    }


def curve_of(rows: list[dict[str, Any]], slot: int, bots: tuple[str, ...]) -> list[dict[str, float]]:
    """How a member fared against bots, a point an evaluation."""
    prefix = f"member/{slot:02d}"
    names = [f"{prefix}/against/{bot}/win_rate" for bot in bots]
    points = []
    for row in rows:
        if any(name in row for name in names):
            values = {name.removeprefix(f"{prefix}/"): row[name] for name in names if name in row}
            points.append({"steps": row["steps"], "seconds": round(row["seconds"]), **values})
    return points


class Before:
    """What the last line of metrics counted, so that the next says what came since."""

    def __init__(self, office: Office, seconds: float) -> None:
        self._steps, self._seconds = office.steps, seconds

    def row(self, office: Office, seconds: float, restarted: int) -> dict[str, Any]:
        """A line of metrics."""
        rate = (office.steps - self._steps) / max(seconds - self._seconds, 1e-9)
        row: dict[str, Any] = {
            "steps": office.steps,
            "steps_per_second": rate,
            "matches": office.chief.population.matches,
            "births": office.chief.population.births,
            "played": office.played,
            "dropped": office.dropped,
            "restarted": restarted,
            "shared_bytes": office.desk.held,
        }
        for member in office.chief.members:
            prefix = f"member/{member.slot:02d}"
            row |= {f"{prefix}/rating": member.rating, f"{prefix}/games": member.games, f"{prefix}/birth": member.birth}
            row |= {f"{prefix}/own/{name}": float(v) for name, v in member.hyperparameters.scalars().items()}
        for (slot, name), value in office.figures().items():
            row[f"member/{slot:02d}/{name}"] = value
        for (slot, bot), counts in office.new_rates().items():
            row |= _against(f"member/{slot:02d}/against/{bot}", counts)
        self._steps, self._seconds = office.steps, seconds
        return row


def _against(name: str, counts: tuple[int, int, int]) -> dict[str, Any]:
    won, drawn, lost = counts
    n = won + drawn + lost
    return {
        f"{name}/win_rate": won / n,
        f"{name}/won": won,
        f"{name}/drawn": drawn,
        f"{name}/lost": lost,
        f"{name}/n": n,
    }
