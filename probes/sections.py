"""The parts of the demo's page, each made of results."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from agents.evaluate import Estimate, summary
from agents.scoring import Row, short
from agents.training import EVALUATION_STEPS
from probes.decoding import PAPER, Answers
from probes.figures import Trip, draw_curves, draw_scores, draw_trip
from probes.map_figures import draw_maps, draw_position_error
from probes.measures import Score
from probes.report import Picture, Section, Table, figure_picture
from sims.core.bench import Figure, machine

Curve = Sequence[Mapping[str, float]]

PAPER_AGENT = {"success": (0.951, 0.013), "spl": (0.629, 0.016)}
"""Wijmans et al. 2023, table 1: Matterport3D's test buildings, 3 x 512, 2 billion steps."""


def paper_section(agent: Mapping[str, Estimate], answers: Answers, card: Mapping[str, Any]) -> Section:
    """The paper's numbers beside ours, and what differs; `card` is the agent's."""
    maps = answers.maps.scores["iou"]
    differs = {
        "world": "generated houses, against Matterport3D's test buildings",
        "map": "the same decoder's size and loss, cells of the same size; other floors",
    }
    size = f"{card['layers']} x {card['hidden']}"
    rows = [
        ["success", _plus_minus(*PAPER_AGENT["success"]), _percent(agent["success"]), differs["world"]],
        ["SPL", _plus_minus(*PAPER_AGENT["spl"]), _percent(agent["spl"]), differs["world"]],
        ["map's IoU", f"{100 * PAPER['iou']['agent']:.1f} %", _percent_of(maps["agent"]), differs["map"]],
        [
            "map's IoU, untrained agent",
            f"{100 * PAPER['iou']['untrained']:.1f} %",
            _percent_of(maps["untrained"]),
            differs["map"],
        ],
        ["steps of training", "2 billion", f"{card['steps'] / 1e6:,.0f} million", f"{size}, against 3 x 512"],
    ]
    return Section(
        "The paper's numbers beside ours",
        ["Neighbours, not rivals: the buildings, the agent's size and its training differ."],
        [Table("ours with 95 % intervals", ["", "the paper", "here", "what differs"], rows)],
    )


def curve_section(stories: Mapping[str, tuple[Mapping[str, Any], Curve]]) -> Section:
    """How the agents learned: `agents.checkpoint.load_story` of each."""
    figure = draw_curves({name: curve for name, (_, curve) in stories.items()})
    rows = []
    for name, (card, points) in stories.items():
        held_out = [point["held_out/success"] for point in points if "held_out/success" in point]
        last = f"{100 * held_out[-1]:.1f}" if held_out else "-"
        rows.append(
            [name, f"{points[-1]['steps'] / 1e6:,.1f}", f"{points[-1]['seconds'] / 60:.1f}", last, card["machine"]]
        )
    return Section(
        "How an agent learns to cross houses",
        [
            "Recurrent PPO, a learner on every core. Success on floors that are not trained on is that of whole "
            f"episodes, at most {EVALUATION_STEPS:,} steps long, with drawn actions."
        ],
        [Table("training", ["agent", "million steps", "minutes", "held-out success %", "machine"], rows)],
        [figure_picture(figure, "Lines: training floors; points: held-out houses.", "Success and SPL against steps")],
        wide=True,
    )


def paths_section(trips: Sequence[Trip], video: Picture, shown: Sequence[str]) -> Section:
    """Floor plans with the paths of some policies, and a film."""
    pictures = [
        figure_picture(draw_trip(trip), trip.title, f"Floor plan of {trip.layout} with the paths of {', '.join(shown)}")
        for trip in trips
    ]
    return Section(
        "Paths",
        [
            "From the green ring to the red star, on floors generated from held-out seeds and on the maps given. The "
            "oracle reads the distance field; the others see nothing and know only where they are and what they touch."
        ],
        pictures=[video, *pictures],
    )


def scores_section(played: Mapping[str, Mapping[str, Row]], episodes: int, max_steps: int) -> Section:
    """Success and SPL of every policy on every kind of floor: `played[floor][policy]`."""
    policies = list(next(iter(played.values())))
    scores: dict[str, dict[str, dict[str, Estimate]]] = {
        policy: {floor: summary(rows[policy].episodes) for floor, rows in played.items()} for policy in policies
    }
    tables = [_table(short(floor), {policy: scores[policy][floor] for policy in policies}) for floor in played]
    caption = "Share of episodes that end with STOP within 0.2 m of the goal, and SPL; bars: 95 % intervals."
    return Section(
        "How many arrive, and how straight",
        [
            f"{episodes} episodes for each policy and kind of floor, at most {max_steps} steps each; "
            "none of the generated floors' seeds is used in training. SPL is success weighted by the ratio of the "
            "shortest path to the path walked (Anderson et al. 2018). Intervals hold for floors like "
            "these: whole floors are resampled (whole goals where there are fewer than ten floors).",
        ],
        tables,
        [figure_picture(draw_scores(scores), caption, "Bars of success and SPL for every policy on every floor")],
        wide=True,
    )


def maps_section(answers: Answers) -> Section:
    """Maps read out of the agent's final memory beside the true ones, with every null."""
    names = list(answers.maps.scores["iou"])
    rows = [
        [measure.replace("_", " "), *(_percent_of(scores[name]) for name in names)]
        for measure, scores in answers.maps.scores.items()
    ]
    n = {part: len(chosen) for part, chosen in answers.maps.split._asdict().items()}
    told = {name: _percent_of(score) for name, score in answers.maps.scores["balanced_accuracy_fair"].items()}
    return Section(
        "How much of a map is in its memory",
        [
            f"A decoder learned, from the memories of {n['train']} walks, to draw the house around the start; here it "
            f"draws from {n['test']} final memories in houses that it never saw. It is asked about the cells within a "
            "metre of the path (framed in blue). Untrained: an agent that never learned, shown the same walks. "
            "Shuffled: another walk's memory. Path: what somebody would draw who remembers the way walked exactly, "
            "and nothing else. Fair: the threshold that is best on other houses in place of the likelier class.",
            f"Read the fair balanced accuracy: 50 % knows nothing. The trained agent's memory has {told['agent']}, an "
            f"untrained agent's {told['untrained']}, another walk's {told['shuffled']}, the path alone {told['path']}. "
            "Drawing floor everywhere has a high IoU and tells nothing.",
        ],
        [Table("per cent, with 95 % intervals", ["", *(name.replace("_", " ") for name in names)], rows)],
        [
            figure_picture(
                draw_maps(answers.record, answers.maps),
                "Left: how free each cell seems by the memory; middle: the decoded map; right: the true one. Orange: "
                "the path; forward at the start is up.",
                "Decoded maps beside true ones",
            )
        ],
        wide=True,
    )


def positions_section(answers: Answers) -> Section:
    """Where the agent was and will be, decoded from its memory now."""
    errors = answers.positions.error
    rows = [
        [f"{k:+d}" if k else "0", *(f"{score.score:.2f}" for score in scores.values()), str(scores["agent"].n)]
        for k, scores in sorted(errors.items())
    ]
    head = ["k", *next(iter(errors.values())), "episodes"]
    return Section(
        "Where it was, and where it will be",
        [
            "One decoder for each k answers, from the memory at a step, where the agent was (or will be) k steps away, "
            "relative to where it is now; k = 0 asks where it is in the frame of its start."
        ],
        [Table("mean error, m", head, rows)],
        [
            figure_picture(
                draw_position_error(answers.positions),
                "Mean error against k, with 95 % intervals.",
                "Error of decoded positions against steps into past and future",
            )
        ],
        wide=True,
    )


def speed_section(speed: Sequence[Figure]) -> Section:
    """The simulator's speed on this machine."""
    rows = [[figure.case, str(figure.threads), f"{median(figure.values):,.0f}", figure.unit] for figure in speed]
    head = ["case (envs: part)", "threads", "median", "unit"]
    return Section(
        "Speed",
        [
            "Through the public VectorEnv with its defaults: observations, rewards, collisions, resets and measures "
            "included, random actions, each thread pinned to a core of its own."
        ],
        [Table(f"umwelt bench pointnav, on {machine()}", head, rows)],
    )


def _table(caption: str, by_policy: Mapping[str, Mapping[str, Estimate]]) -> Table:
    rows = []
    for policy, of in by_policy.items():
        shares = [_percent(of[key]).removesuffix(" %") for key in ("success", "spl")]
        rows.append([policy, *shares, f"{of['path_length'].score:.1f}", f"{of['collisions'].score:.1f}"])
    return Table(caption, ["policy", "success %", "SPL %", "metres walked", "collisions"], rows)


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.score:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}] %"


def _percent_of(score: Score) -> str:
    low, high = score.interval
    return f"{100 * score.score:.1f} [{100 * low:.1f}, {100 * high:.1f}] %"


def _plus_minus(value: float, interval: float) -> str:
    return f"{100 * value:.1f} ± {100 * interval:.1f} %"
