"""The settings of `umwelt train ctf`, checked, and what arenas and learners make of them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from agents.ftw.agent import FtwAgent
from agents.ftw.core import CoreKind
from agents.ftw.objective import Algorithm, Costs
from agents.ftw.torso import TorsoKind
from agents.nets import Precision
from agents.population.census import FOUNDERS, Founding, founders, stream
from agents.population.evolution import RANGES, EvolutionRules
from agents.population.members import Hyperparameters
from agents.population.ratings import START
from agents.ppo import precision_of_cpu
from sims.core.checks import check_whole
from sims.core.threads import available_threads
from sims.ctf.bots import checked_bots
from sims.ctf.maps.catalogue import map_names

Opponents = Literal["self", "bots"]

STARTS = Hyperparameters(
    lr=5e-4,
    entropy=1e-3,
    reward_prediction=0.3,
    pixel_control=0.0,
    kl_prior=1e-3,
    kl_posterior=2e-3,
    gradient_scale=0.5,
    tau=8,
    rewards=(0.5, 0.2, 10.0, 5.0, 3.0, 3.0, 0.5, 2.0, 1.0, 0.5, 2.0, 0.5, 0.5),
)
"""Around which founders are drawn if they are `near`: found by trial, with short runs on small machines."""

NEAR = 2.0
"""By which factor a founder's hyperparameters lie above or below STARTS at most, the first founder's apart."""


RUNG = 600.0
"""By how many points a bot's level is rated above the one below at first, and level 1 above all others: nearly every
match is the higher one's (`umwelt bench ctf-bots`). Rated alike, they would all be met at once, and a beginner who is
beaten whatever it does learns nothing."""


@dataclass(frozen=True)
class TrainCtfSettings:
    """What `umwelt train ctf` trains, and how; a step is an agent's: it sees a frame and acts."""

    world: Annotated[Literal["ctf"], tyro.conf.Positional] = "ctf"
    """The task."""
    out: Path = Path("runs/ctf")
    """The run's folder: settings, metrics, the chief's file, checkpoints, agents, TensorBoard."""
    resume: bool = False
    """Go on from the run's newest sound checkpoint, with the settings that it began with."""
    population: int = 1
    """Members; 1 plays with itself, and against itself or bots."""
    opponents: Opponents = "bots"
    """Whom the population plays against: itself, or bots."""
    levels: tuple[str, ...] = ("random", "1", "2")
    """With `--opponents bots`, which: levels 1 to 5 or random, patrol, defender, runner."""
    steps: int = 100_000_000
    """Steps that all members together are trained on; the run ends here or at --hours."""
    hours: float = 2.0
    """Hours of training, those before a resume included, after which the run ends."""
    founders: Literal["near", "drawn"] = "near"
    """Hyperparameters at first: near those that are known to learn, or drawn over the paper's whole ranges."""
    burn_in: int = 100
    """Games that a founder plays before it can be replaced or become a parent."""
    least_games: int = 50
    """The same for everybody born later, and between two comparisons of a member."""
    maps: tuple[str, ...] = ("courts:0-512",)
    """Maps to train on."""
    team_size: int = 2
    """Players of a team."""
    match_steps: int = 960
    """Length of a match in the game's steps, fifteenths of a second; a multiple of --rollout times --repeat."""
    repeat: int = 4
    """Steps of the game for which a player keeps its action; such a time is one agent-step."""
    height: int = 42
    """Of frames, in pixels."""
    width: int = 42
    """Of frames, in pixels."""
    torso: TorsoKind = "small"
    """Convolutions: the paper's, or small ones."""
    core: CoreKind = "lstm"
    """Recurrence: the paper's, or an LSTM."""
    hidden: int = 256
    """Width of each LSTM."""
    latent: int = 256
    """Width of z."""
    precision: Precision | None = None
    """Of the products; by default bfloat16 where the CPU multiplies in it."""
    algorithm: Algorithm = "ppo"
    """V-trace, the paper's, or PPO."""
    gamma: float = 0.98
    """Discount a step."""
    value: float = 0.5
    """Weight of the value loss."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    epochs: int = 1
    """Times that a learner goes through what it takes."""
    rewards_predicted: int = 16
    """Rewards that reward prediction is asked in an update."""
    rollout: int = 60
    """Steps of a trajectory; gradients flow through all of them."""
    seats: int = 16
    """Seats whose trajectories make up an update, about."""
    matches: int = 32
    """Matches that an arena plays at once."""
    arenas: int | None = None
    """Processes that play; by default one for every two cores."""
    learners: int | None = None
    """Processes that learn; by default one for every core, and not more than members."""
    patience: float = 3.0
    """Seconds that an arena waits for a learner to take a trajectory before it is dropped."""
    evaluate_every: float = 15.0
    """Minutes between two evaluations of all members on maps that are not trained on."""
    evaluate_maps: tuple[str, ...] = ("courts:1000000-1000200",)
    """Maps of those evaluations."""
    evaluate_bots: tuple[str, ...] = ("random", "2")
    """Bots of those evaluations."""
    evaluate_matches: int = 32
    """Matches of a member against each bot in those evaluations; of the training's length."""
    checkpoint_every: float = 5.0
    """Minutes between two checkpoints."""
    keep_checkpoints: int = 3
    """The newest so many stay; 0 keeps all."""
    restarts: int = 5
    """Times that arenas and learners that ended are started again within ten minutes before the run ends."""
    seed: int = 0
    """Of the weights, the matches and all draws; what processes do in which order is not repeated."""
    json: bool = False
    """Print the last metrics as one JSON document when done."""


COUNTS = (
    *("population", "steps", "team_size", "match_steps", "height", "width", "hidden", "latent", "epochs", "repeat"),
    *("rewards_predicted", "rollout", "seats", "matches", "evaluate_matches"),
)


def completed(settings: TrainCtfSettings) -> TrainCtfSettings:
    """With this machine's processes and precision where the settings leave them open."""
    cores = available_threads()
    return replace(
        settings,
        arenas=max(1, cores // 2) if settings.arenas is None else settings.arenas,
        learners=min(cores, settings.population) if settings.learners is None else settings.learners,
        precision=settings.precision or precision_of_cpu(),
    )


def check(settings: TrainCtfSettings) -> None:
    """Refuse settings that can't be.

    Raises:
        ValueError: naming the setting and the cure. FileNotFoundError: a map file that isn't there.
    """
    check_whole(**{name: getattr(settings, name) for name in COUNTS})
    processes = {"arenas": settings.arenas, "learners": settings.learners}
    check_whole(**{name: n for name, n in processes.items() if n is not None})
    fragment = settings.rollout * settings.repeat
    if settings.match_steps % fragment:
        fitting = -(-settings.match_steps // fragment) * fragment
        raise ValueError(
            f"--match-steps {settings.match_steps} is no multiple of {fragment} (--rollout x --repeat), and "
            f"trajectories end where matches do: use e.g. --match-steps {fitting}"
        )
    if (settings.learners or 1) > settings.population:
        raise ValueError(
            f"--learners {settings.learners} are more than members (--population {settings.population}): each member "
            f"has one learner; use at most {settings.population}"
        )
    for name in ("hours", "evaluate_every", "checkpoint_every", "patience", "max_grad_norm"):
        if not getattr(settings, name) > 0.0:
            raise ValueError(f"--{name.replace('_', '-')} must be above 0, got {getattr(settings, name)}")
    if settings.keep_checkpoints < 0 or settings.restarts < 0:
        raise ValueError(
            "--keep-checkpoints must be 0 (all) or more and --restarts 0 or more, "
            f"got {settings.keep_checkpoints} and {settings.restarts}"
        )
    for name in ("levels", "evaluate_bots"):
        if not getattr(settings, name):
            raise ValueError(f"--{name.replace('_', '-')} names no bot: use e.g. random 2")
        for bot in getattr(settings, name):
            checked_bots({0: bot_of(bot)}, 2)
    for maps in (settings.maps, settings.evaluate_maps):
        map_names(list(maps))
    make_agent(settings)
    founding_of(settings)


def bot_of(name: str) -> int | str:
    """A bot as `sims.ctf.bots` has it: levels are numbers."""
    return int(name) if name.isdigit() else name


def make_agent(settings: TrainCtfSettings) -> FtwAgent:
    """An agent of the run's sizes, with random weights.

    Raises:
        ValueError: sizes that can't be.
    """
    return FtwAgent(
        settings.torso,
        settings.core,
        height=settings.height,
        width=settings.width,
        hidden=settings.hidden,
        latent=settings.latent,
        precision=settings.precision or precision_of_cpu(),
        repeat=settings.repeat,
    )


def founding_of(settings: TrainCtfSettings) -> Founding:
    """How the population begins.

    Raises:
        ValueError: what can't be.
    """
    opponents = settings.levels if settings.opponents == "bots" else ()
    rungs = [RUNG * level if isinstance(level := bot_of(name), int) else 0.0 for name in opponents]
    return Founding(
        seed=settings.seed,
        team_size=settings.team_size,
        opponents=opponents,
        first_ratings=tuple(START + rung for rung in rungs),
        rules=EvolutionRules(burn_in=settings.burn_in, least_games=settings.least_games),
    )


def founders_of(settings: TrainCtfSettings) -> list[Hyperparameters]:
    """Hyperparameters of the founders; the first k are the same for every size of population."""
    if settings.founders == "drawn":
        return founders(settings.population, settings.seed)
    return [STARTS, *(_near(STARTS, stream(settings.seed, FOUNDERS, k)) for k in range(1, settings.population))]


def _near(middle: Hyperparameters, rng: np.random.Generator) -> Hyperparameters:
    """Each value times a factor between 1 / NEAR and NEAR, log-uniform, within RANGES; what is 0 stays 0."""

    def moved(value: float, name: str) -> float:
        factor, (low, high) = NEAR ** rng.uniform(-1.0, 1.0), RANGES[name]
        return min(max(value * factor, low), high) if value else 0.0

    changes = {name: moved(getattr(middle, name), name) for name in RANGES if name != "rewards"}
    rewards = tuple(moved(value, "rewards") for value in middle.rewards)
    return replace(middle, **changes | {"tau": round(changes["tau"]), "rewards": rewards})


def costs_of(settings: TrainCtfSettings, own: Hyperparameters) -> Costs:
    """The weights of a member's loss."""
    return Costs(
        algorithm=settings.algorithm,
        gamma=settings.gamma,
        value=settings.value,
        entropy=own.entropy,
        kl_prior=own.kl_prior,
        kl_posterior=own.kl_posterior,
        pixel_control=own.pixel_control,
        reward_prediction=own.reward_prediction,
    )


def slots_of(learner: int, settings: TrainCtfSettings) -> range:
    """The members that a learner process trains: every so manieth."""
    return range(learner, settings.population, settings.learners or 1)
