"""Yes/no facts of a match of Capture the Flag as one player could know them: their names, and what each means."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.game_state_scene import (
    Flags,
    Scene,
    any_foe,
    any_mate,
    between,
    faces,
    lately,
    of_mine,
    of_theirs,
    sides,
    some,
    to_flag,
    to_stand,
)
from sims.ctf.state import CARRIED, DROPPED, EVENTS, HOME, STEPS_PER_SECOND

NEAR = 6.0
"""Metres within which something is near."""

LATELY = 5.0
"""Seconds."""

MOVES = 1.0
"""Metres a second."""


class Fact(NamedTuple):
    """One fact: its name, a sentence of the player who may know it, and what decides it, `[time, match, player]`."""

    name: str
    sentence: str
    told: Callable[[Scene], Flags]


def event(scene: Scene, *names: str) -> Flags:
    """`[time, match, player]` whether one of these happened to the player in the step that led here."""
    return some(scene.events[..., [EVENTS.index(name) for name in names]] > 0)


def event_lately(*names: str) -> Callable[[Scene], Flags]:
    """Whether one of these events happened to the player lately."""
    return lambda s: lately(event(s, *names), LATELY)


def near_stand(scene: Scene, own: bool) -> Flags:
    """Whether the player is in play and near the stand of its own team's flag, or of the opponents'."""
    return scene.in_play & (to_stand(scene, own) <= NEAR)


def on_own_half(scene: Scene) -> Flags:
    """Whether the player is in play and nearer to its own stand than to the opponents'."""
    return scene.in_play & (to_stand(scene, True) < to_stand(scene, False))


def near_any(scene: Scene, mate: bool) -> Flags:
    """Whether the player is in play with a team-mate, or an opponent, near."""
    return some(_near(scene) & _whose(scene, mate))


def sees_any(scene: Scene, mate: bool) -> Flags:
    """Whether the player sees a team-mate, or an opponent."""
    return some(scene.sees & _whose(scene, mate))


def sees_carrier(scene: Scene) -> Flags:
    """Whether the player sees an opponent who holds its flag."""
    return some(scene.sees & _whose(scene, False) & scene.holds[:, :, None])


def seen(scene: Scene) -> Flags:
    """Whether an opponent sees the player."""
    return some(scene.sees.swapaxes(2, 3) & _whose(scene, False))


def near_unseen(scene: Scene) -> Flags:
    """Whether an opponent is near whom the player doesn't see."""
    return some(_near(scene) & _whose(scene, False) & ~scene.sees)


def both_away(scene: Scene) -> Flags:
    """Whether neither flag is on its stand."""
    return (of_mine(scene, scene.flag) != HOME) & (of_theirs(scene, scene.flag) != HOME)


def lead(scene: Scene) -> NDArray[np.int16]:
    """Captures that the player's team is ahead by, `[time, match, player]`."""
    return of_mine(scene, scene.score) - of_theirs(scene, scene.score)


def scored(scene: Scene) -> Flags:
    """Whether either team has captured."""
    return of_mine(scene, scene.score) + of_theirs(scene, scene.score) > 0


def out_lately(scene: Scene) -> Flags:
    """Whether the player has been tagged lately."""
    return lately(event(scene, "tagged_with_flag", "tagged_without_flag"), LATELY)


def back_lately(scene: Scene) -> Flags:
    """Whether the player is in play and was not at some moment of the last seconds."""
    return scene.in_play & lately(~scene.in_play, LATELY)


def all_foes_out(scene: Scene) -> Flags:
    """Whether no opponent is in play."""
    return ~any_foe(scene.in_play)


def nearest_to_flag(scene: Scene) -> Flags:
    """Whether the player is in play and nearer to the opponents' flag than each of its team-mates in play."""
    metres = np.where(scene.in_play, to_flag(scene, False), np.inf)
    mates = np.where(_whose(scene, True), metres[:, :, None, :], np.inf).min(axis=-1)
    return scene.in_play & (metres < mates)


def left(scene: Scene) -> NDArray[np.int64]:
    """Steps left, `[time, match, player]`."""
    steps = len(scene.heading) - np.arange(len(scene.heading))
    return np.broadcast_to(steps[:, None, None], scene.heading.shape)


def _near(scene: Scene) -> Flags:
    both = scene.in_play[:, :, :, None] & scene.in_play[:, :, None]
    return both & (between(scene) <= NEAR)


def _whose(scene: Scene, mate: bool) -> Flags:
    who = sides(scene.heading.shape[2])
    return who.mates if mate else who.foes


FACTS: tuple[Fact, ...] = (
    Fact("out", "I am tagged and wait.", lambda s: ~s.in_play),
    Fact("i_hold_flag", "I hold the opponents' flag.", lambda s: s.holds),
    Fact("in_own_base", "I am near my own flag's stand.", lambda s: near_stand(s, True)),
    Fact("in_enemy_base", "I am near the opponents' flag stand.", lambda s: near_stand(s, False)),
    Fact("on_own_half", "I am nearer to my own base than to the opponents'.", on_own_half),
    Fact("facing_own_base", "My own base is within 45 degrees ahead.", lambda s: s.in_play & faces(s, True)),
    Fact("facing_enemy_base", "The opponents' base is within 45 degrees ahead.", lambda s: s.in_play & faces(s, False)),
    Fact("moving", "I move faster than a metre a second.", lambda s: s.in_play & (s.speed > MOVES)),
    Fact("hit", "I have been hit since I was last brought into play.", lambda s: s.in_play & s.hit),
    Fact("can_fire", "My beam is ready.", lambda s: s.ready),
    Fact("tagged_lately", "I was tagged in the last 5 s.", out_lately),
    Fact("back_lately", "I came back into play in the last 5 s.", back_lately),
    Fact("i_tagged_lately", "I tagged somebody in the last 5 s.", event_lately("tagged_carrier", "tagged_noncarrier")),
    Fact("i_tagged_carrier_lately", "I tagged our flag's carrier in the last 5 s.", event_lately("tagged_carrier")),
    Fact("i_picked_up_lately", "I picked up the opponents' flag in the last 5 s.", event_lately("picked_up")),
    Fact("i_returned_lately", "I returned our flag in the last 5 s.", event_lately("returned")),
    Fact("i_captured_lately", "I captured in the last 5 s.", event_lately("captured")),
    Fact("lost_flag_lately", "I lost their flag to a tag in the last 5 s.", event_lately("tagged_with_flag")),
    Fact("mate_out", "A team-mate is tagged and waits.", lambda s: any_mate(~s.in_play)),
    Fact("mate_holds_flag", "A team-mate holds the opponents' flag.", lambda s: any_mate(s.holds)),
    Fact("mate_in_own_base", "A team-mate is near our flag's stand.", lambda s: any_mate(near_stand(s, True))),
    Fact("mate_in_enemy_base", "A team-mate is near their stand.", lambda s: any_mate(near_stand(s, False))),
    Fact("mate_on_own_half", "A team-mate is on our half.", lambda s: any_mate(on_own_half(s))),
    Fact("mate_near", "A team-mate is near me.", lambda s: near_any(s, True)),
    Fact("see_mate", "I see a team-mate.", lambda s: sees_any(s, True)),
    Fact("mate_sees_opponent", "A team-mate sees an opponent.", lambda s: any_mate(sees_any(s, False))),
    Fact("mate_tagged_lately", "A team-mate was tagged in the last 5 s.", lambda s: any_mate(out_lately(s))),
    Fact("mate_picked_up_lately", "A team-mate took their flag in the last 5 s.", event_lately("teammate_picked_up")),
    Fact("mate_returned_lately", "A team-mate returned our flag in the last 5 s.", event_lately("teammate_returned")),
    Fact("mate_captured_lately", "A team-mate captured in the last 5 s.", event_lately("teammate_captured")),
    Fact("see_opponent", "I see an opponent.", lambda s: sees_any(s, False)),
    Fact("see_two_opponents", "I see two opponents or more.", lambda s: (s.sees & _whose(s, False)).sum(-1) >= 2),
    Fact("see_carrier", "I see the opponent who holds our flag.", sees_carrier),
    Fact("seen_by_opponent", "An opponent sees me.", seen),
    Fact("opponent_near", "An opponent is near me.", lambda s: near_any(s, False)),
    Fact("opponent_near_unseen", "An opponent whom I don't see is near me.", near_unseen),
    Fact("opponent_in_own_base", "An opponent is near our stand.", lambda s: any_foe(near_stand(s, False))),
    Fact("opponent_in_their_base", "An opponent is near its own stand.", lambda s: any_foe(near_stand(s, True))),
    Fact("opponent_on_own_half", "An opponent is on our half.", lambda s: any_foe(s.in_play & ~on_own_half(s))),
    Fact("opponent_out", "An opponent is tagged and waits.", lambda s: any_foe(~s.in_play)),
    Fact("opponents_all_out", "All opponents are tagged and wait.", all_foes_out),
    Fact("own_flag_home", "Our flag is on its stand.", lambda s: of_mine(s, s.flag) == HOME),
    Fact("own_flag_carried", "An opponent carries our flag.", lambda s: of_mine(s, s.flag) == CARRIED),
    Fact("own_flag_stray", "Our flag lies about.", lambda s: of_mine(s, s.flag) == DROPPED),
    Fact("own_flag_near", "Our flag is near me, wherever it is.", lambda s: s.in_play & (to_flag(s, True) <= NEAR)),
    Fact("their_flag_home", "The opponents' flag is on its stand.", lambda s: of_theirs(s, s.flag) == HOME),
    Fact("their_flag_carried", "One of us carries their flag.", lambda s: of_theirs(s, s.flag) == CARRIED),
    Fact("their_flag_stray", "The opponents' flag lies about.", lambda s: of_theirs(s, s.flag) == DROPPED),
    Fact("their_flag_near", "Their flag is near me.", lambda s: s.in_play & (to_flag(s, False) <= NEAR)),
    Fact("nearest_to_their_flag", "None of us is nearer to their flag than I.", nearest_to_flag),
    Fact("both_flags_away", "Neither flag is on its stand.", both_away),
    Fact("own_flag_taken_lately", "Our flag was taken in the last 5 s.", event_lately("opponent_picked_up")),
    Fact("opponent_captured_lately", "An opponent captured in the last 5 s.", event_lately("opponent_captured")),
    Fact("opponent_returned_lately", "They returned their flag in the last 5 s.", event_lately("opponent_returned")),
    Fact("we_lead", "We lead.", lambda s: lead(s) > 0),
    Fact("we_trail", "We trail.", lambda s: lead(s) < 0),
    Fact("somebody_scored", "Somebody has captured in this match.", scored),
    Fact("second_half", "More than half of the match is over.", lambda s: 2 * left(s) < len(s.heading)),
    Fact("last_minute", "Less than a minute is left.", lambda s: left(s) < 60 * STEPS_PER_SECOND),
)
"""What is asked. In a team of one nobody has team-mates, and what is said of them is never so."""
