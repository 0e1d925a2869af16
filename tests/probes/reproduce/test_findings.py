"""From planted trainings to claims and tables."""

import pytest

from probes.reproduce.findings import claims_of, table_of
from probes.reproduce.networks import EMBEDDING
from probes.reproduce.pictures import VARIED
from tests.probes.reproduce.planted_runs import planted

HOLDS, FAILS = "holds", "does not hold at this scale"
UNTRAINED, FIXED, AUGMENTED, VARIATION = 0.3, 0.4, 0.45, 0.7


def as_the_paper_says(architecture, arm, factor):
    """Training adds 0.1, augmentation 0.05 to what is fixed and 0.1 to what varies, the factor's variation 0.3."""
    base, augmented = arm.removesuffix("-augmented"), arm.endswith("-augmented")
    if base == "untrained":
        return UNTRAINED
    if base == VARIED[factor]:
        return VARIATION + 0.1 * augmented
    return AUGMENTED if augmented else FIXED


def the_data_teach_nothing(architecture, arm, factor):
    return {"untrained": 0.3}.get(arm, 0.7 if arm.endswith("-augmented") else 0.4)


def test_what_the_paper_says_is_found_where_it_is_so():
    claims = {claim.name: claim for claim in claims_of(planted(as_the_paper_says))}
    assert list(claims) == ["learnt", "beyond untrained", "main source", "aligned", "further", "alike"]
    assert {claim.verdict for claim in claims.values()} == {HOLDS}
    scores = {name: {round(found.score, 6) for found in claim.places.values()} for name, claim in claims.items()}
    assert scores == {
        "learnt": {0.3},
        "beyond untrained": {0.4},
        "main source": {0.2, 0.25},
        "aligned": {0.3},
        "further": {0.1},
        "alike": {0.0},
    }
    assert claims["learnt"].places["vit, camera_yaw"].seeds == pytest.approx((0.29, 0.3, 0.31))
    assert set(claims["learnt"].places) == {f"{a}, {f}" for a in ("resnet", "vit") for f in VARIED}
    assert list(claims["alike"].places) == ["character_scale"]
    assert set(claims["learnt"].verdicts.values()) == {HOLDS}


def test_what_the_paper_says_is_not_found_where_it_is_not_so():
    claims = {claim.name: claim for claim in claims_of(planted(the_data_teach_nothing))}
    assert claims["learnt"].verdict == FAILS
    assert claims["main source"].verdict == FAILS
    assert claims["further"].verdict == HOLDS


def test_one_architecture_that_fails_is_enough():
    def only_resnets_learn(architecture, arm, factor):
        return (as_the_paper_says if architecture == "resnet" else the_data_teach_nothing)(architecture, arm, factor)

    claims = {claim.name: claim for claim in claims_of(planted(only_resnets_learn))}
    assert claims["learnt"].verdict == FAILS
    assert claims["learnt"].verdicts["resnet, camera_yaw"] == HOLDS
    assert claims["alike"].verdict == FAILS
    assert claims["alike"].document()["places"]["character_scale"]["score"] == pytest.approx(-0.3)


def test_seeds_that_disagree_leave_it_undecided():
    claims = {claim.name: claim for claim in claims_of(planted(as_the_paper_says, spread=0.2))}
    assert claims["learnt"].verdict == "undecided"


def test_two_seeds_are_too_few():
    with pytest.raises(ValueError, match="finite numbers of 3 seeds at least"):
        claims_of(planted(as_the_paper_says, seeds=2))


def test_the_table_has_a_row_an_arm_and_numbers_over_seeds():
    table = table_of(planted(as_the_paper_says))
    assert len(table) == 2 * 7 * 2
    (row,) = (
        row for row in table if (row["architecture"], row["arm"], row["factor"]) == ("vit", "scale", "character_scale")
    )
    assert row["layers"] == {"first": [0.3] * 3, EMBEDDING: pytest.approx([0.69, 0.7, 0.71])}
    assert row["values"]["45"]["invariance"] == pytest.approx([0.69, 0.7, 0.71])
    assert row["values"]["45"]["invariance_interval"][1] == pytest.approx([0.6, 0.8])
    assert row["values"]["45"]["equivariance_chance"] == [0.0] * 3
    assert row["accuracy_at_base"] == [0.9] * 3
