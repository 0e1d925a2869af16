"""Makes vtrace.json: V-trace by torchrl, on episodes that end, that are truncated, and far from the acting policy.

torchrl is not a dependency of the project. To run it again:
    python -m venv v && v/bin/pip install torch==2.13.0 numpy packaging cloudpickle importlib_metadata orjson pyvers
    v/bin/pip install --no-deps torchrl==0.14.1 tensordict==0.15.3
    v/bin/python tests/agents/answers/make_vtrace_answers.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import torch
from torchrl.objectives.value.functional import vtrace_advantage_estimate

TIME, ENVS = 12, 5
CASES = {  # numbers that float32, which torchrl keeps them in, holds exactly
    "on policy": {"spread": 0.0, "gamma": 0.984375, "rho_max": 1.0, "c_max": 1.0},
    "near": {"spread": 0.3, "gamma": 0.984375, "rho_max": 1.0, "c_max": 1.0},
    "far": {"spread": 2.0, "gamma": 0.875, "rho_max": 1.0, "c_max": 1.0},
    "other limits": {"spread": 1.0, "gamma": 0.9375, "rho_max": 2.0, "c_max": 0.75},
}


def answer(spread: float, gamma: float, rho_max: float, c_max: float) -> dict[str, object]:
    draw = {name: torch.randn(TIME, ENVS, dtype=torch.float64) for name in ("log_pi", "log_mu", "r", "v", "v_next")}
    log_mu = -draw["log_mu"].abs()
    log_pi = log_mu + spread * draw["log_pi"]
    ended = torch.rand(TIME, ENVS) < 0.2
    truncated = ended & (torch.rand(TIME, ENVS) < 0.5)
    v_next = torch.cat([draw["v"][1:], draw["v_next"][-1:]])  # within an episode the next value is the next step's
    v_next = torch.where(ended, draw["v_next"], v_next)
    advantage, vs = vtrace_advantage_estimate(
        gamma,
        *(part.t()[..., None] for part in (log_pi, log_mu, draw["v"], v_next, draw["r"], ended)),
        terminated=(ended & ~truncated).t()[..., None],
        rho_thresh=rho_max,
        c_thresh=c_max,
    )
    given = {"log_pi": log_pi, "log_mu": log_mu, "r": draw["r"], "v": draw["v"], "v_next": v_next}
    flags = {"ended": ended, "truncated": truncated}
    found = {"vs": vs[..., 0].t(), "advantage": advantage[..., 0].t()}
    return {
        "gamma": gamma,
        "rho_max": rho_max,
        "c_max": c_max,
        **{name: part.tolist() for name, part in (given | flags | found).items()},
    }


def main() -> None:
    torch.manual_seed(0)
    answers = {"made_by": f"torchrl {version('torchrl')}"} | {name: answer(**case) for name, case in CASES.items()}
    Path(__file__).with_name("vtrace.json").write_text(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
