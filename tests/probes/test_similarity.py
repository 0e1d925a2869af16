"""`umwelt probe similarity`: what is compared is what was shown, and every number finds its place."""

import json
import re

import numpy as np
import pytest
import torch

from agents.checkpoint import save_agent
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.training import run as train
from probes.measures import Measurement
from probes.measures.similarity import linear_cka, pwcca
from probes.similarity import Comparison, SimilaritySettings, by_part, compared, run
from probes.similarity_page import settled, similarity_sections, similarity_tables
from probes.walked import memories, walk
from sims.pointnav.env import PointNavVectorEnv
from tests.agents.runs import small
from tests.probes.vision.planted import planted_dataset

FLOORS = ("houses:1000000-1000012",)
SMALL = {"layouts": FLOORS, "episodes": 24, "moments": 12, "max_steps": 40, "resamples": 20}


def agent(seed, layers=2):
    torch.manual_seed(seed)
    made = BlindAgent(8, layers)
    with torch.no_grad():
        made.actor.bias[0] = -50.0  # it never stops, so that all walks are as long
    return made


def walked(policy, size=4):
    env = PointNavVectorEnv(size, layouts=FLOORS, goals_per_layout=1, starts_per_goal=2, max_steps=30)
    return walk(policy, env, 10, 6)


def test_every_agent_is_shown_what_the_first_one_saw():
    one, two = (RecurrentPolicy(agent(k)) for k in range(2))
    path = walked(one)
    assert path.moments.shape == (10, 6)
    assert path.moments[:, -1].tolist() == (path.length - 1).tolist()
    assert path.floors().tolist() == np.repeat(path.layouts, 6).tolist()
    for policy in (one, two):
        parts = memories(policy, path)
        assert list(parts) == ["h.0", "h.1", "c.0", "c.1", "embedding", "heads"]
        for e in (0, 9):
            steps = slice(path.first[e], path.first[e] + path.length[e])
            seen = torch.from_numpy(path.observations[steps])[:, None]
            with torch.no_grad():
                layers = policy.agent.trace(seen, policy.agent.blank_memory(1))
                logits, value = policy.agent.heads(layers[-1].h[:, 0])
            expected = {f"{name}.{k}": getattr(layer, name)[:, 0] for k, layer in enumerate(layers) for name in "hc"}
            expected["heads"] = torch.cat([logits, value[:, None]], 1)
            for name, values in expected.items():
                assert parts[name][6 * e : 6 * e + 6] == pytest.approx(values.numpy()[path.moments[e]], abs=1e-5)


def test_memories_without_h_and_c_are_refused():
    class Reflex:
        def initial_state(self, n):
            return np.zeros(n)

    with pytest.raises(ValueError, match="Reflex has a memory without h and c"):
        memories(Reflex(), walked(RecurrentPolicy(agent(0))))


def test_the_matrix_holds_what_the_measures_say_and_refusals_beside():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 4)).astype(np.float32)
    networks = {"x": x, "y": x + rng.normal(size=x.shape).astype(np.float32), "wide": rng.normal(size=(80, 30))}
    clusters = np.repeat(np.arange(20), 4)
    made = compared(networks, clusters, 20, 3, with_last=False)
    assert made.names == ["x", "y", "wide"]
    expected = pwcca(x, networks["y"], n_resamples=20, clusters=clusters, rng=3)
    assert made.measured["pwcca"][0][1] == expected
    assert made.measured["pwcca"][1][0].score == pwcca(networks["y"], x).score
    assert made.measured["pwcca"][0][0].score == pytest.approx(0.0, abs=1e-6)
    assert made.measured["pwcca"][0][0].interval is None
    assert "80 samples are too few" in made.measured["pwcca"][0][2]
    assert made.measured["linear_cka"][0][2].score == linear_cka(x, networks["wide"]).score
    document = json.loads(json.dumps(made.document(), allow_nan=False))
    assert document["measures"]["procrustes"][1][2]["kind"] == "distance"
    last = compared(networks, clusters, 0, 0, with_last=True)
    assert [len(row) for row in last.measured["pwcca"]] == [1, 1, 1]
    for page in (similarity_tables({"h.0": made}), str(similarity_sections({"h.0": made}, False)[0].tables)):
        assert "refused" in page
        assert f"{expected.score:.2f} [{expected.interval[0]:.2f}, {expected.interval[1]:.2f}]" in page


def test_only_parts_that_all_have_are_compared():
    one, none = np.zeros((3, 2), np.float32), {"c.9": np.zeros((3, 2), np.float32)}
    assert by_part({"a": {"h.0": one, "h.1": one}, "b": {"h.0": one}}) == {"h.0": {"a": one, "b": one}}
    with pytest.raises(ValueError, match="a, b have no part of one name"):
        by_part({"a": {"h.0": one}, "b": none})


def test_a_part_has_settled_once_a_tenth_of_the_way_is_left_for_good():
    def course(*scores):
        cells = [[Measurement(score, "distance", 0.9, 100)] for score in scores]
        return Comparison([f"{k}.0 M" for k in range(len(scores))], {"pwcca": cells})

    assert settled(course(1.0, 0.5, 0.1, 0.05, 0.0), "pwcca") == "2.0 M"
    assert settled(course(1.0, 0.05, 0.5, 0.0), "pwcca") == "3.0 M"
    refused = Comparison(["0", "1"], {"pwcca": [["too few"], [Measurement(0.0, "distance", 0.9, 9)]]})
    assert settled(refused, "pwcca") == "-"


def test_the_command_compares_agents(tmp_path, capsys):
    for k in range(2):
        save_agent(tmp_path / f"seed{k}", agent(k), {})
    names = tuple(str(tmp_path / f"seed{k}") for k in range(2))
    run(SimilaritySettings(names, out=tmp_path / "out", json=True, **SMALL))
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "out" / "results.json").read_text())
    assert set(told["parts"]) == {"h.0", "c.0", "h.1", "c.1", "embedding", "heads"}
    cells = told["parts"]["h.0"]["measures"]["linear_cka"]
    assert told["parts"]["h.0"]["networks"] == [*names, "untrained"]
    assert told["parts"]["h.0"]["measures"]["procrustes"][0][1]["chance"] > 0.5
    assert cells[0][0]["score"] == pytest.approx(1.0)
    low, high = cells[0][1]["interval"]
    assert low < cells[0][1]["score"] < high
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:image/png") == 6
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"


def test_the_command_follows_one_run_over_its_training(tmp_path, capsys):
    train(small(tmp_path / "run", keep_checkpoints=0))
    capsys.readouterr()
    run(SimilaritySettings((str(tmp_path / "run"),), training=True, out=tmp_path / "out", **{**SMALL, "resamples": 0}))
    said = capsys.readouterr().out
    assert "pwcca (distance)" in said
    cells = json.loads((tmp_path / "out" / "results.json").read_text())["parts"]["embedding"]["measures"]["linear_cka"]
    assert len(cells) == 4  # at the beginning, and after each second of six updates
    assert cells[-1][0]["score"] == pytest.approx(1.0)
    assert "What settles first" in (tmp_path / "out" / "index.html").read_text()


def test_the_command_compares_layers_of_image_models(tmp_path, capsys):
    planted_dataset(tmp_path / "data")
    models = tuple(f"tests.probes.vision.planted:{name}" for name in ("reads_character", "reads_world"))
    run(SimilaritySettings(models, dataset=tmp_path / "data", out=tmp_path / "out", resamples=0, json=True))
    part = json.loads(capsys.readouterr().out)["parts"]["layers"]
    assert part["networks"][0].startswith("reads_character")
    assert any(name.startswith("reads_world") for name in part["networks"])
    assert len(part["measures"]["linear_cka"]) == len(part["networks"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (SimilaritySettings(("pointnav",)), "compares two networks or more, got 1"),
        (SimilaritySettings(("a", "b"), training=True), "--training compares the checkpoints of one run, got 2"),
        (SimilaritySettings(("a", "a")), "a network is named twice"),
        (SimilaritySettings(("a", "b"), episodes=0), "--episodes must be at least 1, got 0"),
        (SimilaritySettings(("a", "b"), max_steps=0), "--max-steps must be at least 1"),
        (SimilaritySettings(("pointnav", "nobody")), "there is no pretrained agent 'nobody'"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        run(settings)


def test_a_run_whose_checkpoints_were_not_kept_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"has 0 checkpoints, .*--keep-checkpoints 0"):
        run(SimilaritySettings((str(tmp_path),), training=True))


def test_walks_with_fewer_steps_than_moments_are_left_out():
    hasty = agent(0)
    with torch.no_grad():
        hasty.actor.bias[0] = -2.0  # it stops after some steps, and after few in some walks
    env = PointNavVectorEnv(4, layouts=FLOORS, goals_per_layout=1, starts_per_goal=2, max_steps=30)
    whole = walk(RecurrentPolicy(hasty, seed=1), env, 20, 1)
    assert whole.length.min() < 12 < whole.length.max()
    path = walk(RecurrentPolicy(hasty, seed=1), env, 20, 12)
    assert path.length.tolist() == whole.length[whole.length >= 12].tolist()
    assert (np.diff(path.moments, axis=1) > 0).all()
    assert len(memories(RecurrentPolicy(agent(1)), path)["h.0"]) == 12 * len(path.length) == len(path.floors())
    with pytest.raises(ValueError, match="the longest of 20 walks has 30 steps: ask for as many moments or fewer"):
        walk(RecurrentPolicy(hasty, seed=1), env, 20, 31)
