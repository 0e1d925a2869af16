"""One contract over all exchanges between chief, arenas and learners, whatever lies between them.

An exchange joins by a line in EXCHANGES: a context manager that opens one on a population's file.
"""

from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import Pipe
from threading import Event, Thread

import numpy as np
import pytest

from agents.population.census import Report, founders
from agents.population.chief import Chief, found
from agents.population.desk import Desk
from agents.population.exchange import Trajectory, Weights
from agents.population.in_process import InProcessExchange
from agents.population.local import LocalExchange, answered
from agents.population.sharing import Region
from sims.ctf.state import N_EVENTS
from tests.agents.population.planted import MIDDLE, QUICK, played, quick

ROOM = 8
"""Seats that the queues of the exchanges under test hold."""


@contextmanager
def in_process(path):
    with Chief(path) as chief:
        yield InProcessExchange(chief, room=ROOM)


@contextmanager
def local(path):
    """The desk in a thread of its own, which the chief belongs to, as in the process of a run."""
    here, there = Pipe()
    region, opened, problems = Region(2**22), Event(), []

    def serve():
        try:
            with Chief(path) as chief:
                desk = Desk(chief, region.size, ROOM)
                opened.set()
                while (call := there.recv()) is not None:
                    answer = answered(desk, 0, call)
                    if call.wanted:
                        there.send(answer)
                    elif answer.error is not None:
                        raise answer.error
        except BaseException as error:
            problems.append(error)
            opened.set()
            there.close()

    thread = Thread(target=serve)
    thread.start()
    opened.wait()
    try:
        yield LocalExchange(here, region)
    finally:
        here.send(None)
        thread.join()
        here.close()
        there.close()
        region.close()
        assert not problems


EXCHANGES = {"in-process": in_process, "local": local}


@pytest.fixture(params=EXCHANGES)
def opened(request):
    """Opens an exchange on a file."""
    return EXCHANGES[request.param]


@pytest.fixture
def path(tmp_path):
    found(tmp_path / "chief.sqlite", quick(seed=5), founders(6, seed=5))
    return tmp_path / "chief.sqlite"


@pytest.fixture
def exchange(opened, path):
    with opened(path) as exchange:
        yield exchange


def weights(birth, version=1, value=0.0):
    return Weights(birth, version, {"w": np.full((2, 3), value, np.float32), "b": np.arange(3)})


def trajectory(member, seats=2, time=5, value=0):
    return Trajectory(
        slot=member.slot,
        birth=member.birth,
        version=1,
        obs={"rgb": np.full((time + 1, seats, 4, 4, 3), value, np.uint8)},
        actions=np.zeros((time, seats, 6), np.int8),
        log_p=np.zeros((time, seats), np.float32),
        events=np.zeros((time, seats, N_EVENTS), np.uint8),
        ended=np.zeros((time, seats), np.bool_),
        memory={"h": np.zeros((seats, 7), np.float32), "ticks": np.zeros(seats, np.int64)},
    )


def play(exchange, n, seed=0):
    rng = np.random.default_rng(seed)
    return [birth for _ in range(n) for birth in exchange.report_match(played(exchange.next_match(), rng))]


def play_until_born(exchange):
    rng = np.random.default_rng(0)
    for _ in range(1000):
        births = exchange.report_match(played(exchange.next_match(), rng))
        if births:
            return births
    raise AssertionError("nobody was born")


def test_the_same_log_gives_the_same_lineage_byte_for_byte(opened, path, tmp_path):
    with opened(path) as exchange:
        assert len(play(exchange, 150)) >= 3
        lineage, members = exchange.lineage(), exchange.members()
    with Chief(path) as chief:
        log = chief.reports()
    found(tmp_path / "again.sqlite", quick(seed=5), founders(6, seed=5))
    for part in (log[:70], log[70:]):  # and it may be closed in between
        with opened(tmp_path / "again.sqlite") as exchange:
            for report in part:
                exchange.report_match(report)
            again = exchange.lineage(), exchange.members()
    assert again == (lineage, members)


def test_another_seed_or_another_log_gives_another_lineage(opened, path, tmp_path):
    with opened(path) as exchange:
        play(exchange, 70)
        lineage = exchange.lineage()
    for name, seed, games in (("seed", 6, 0), ("log", 5, 1)):
        found(tmp_path / name, quick(seed=seed), founders(6, seed=5))
        with opened(tmp_path / name) as exchange:
            play(exchange, 70, seed=games)
            assert exchange.lineage() != lineage


def test_matches_have_numbers_of_their_own_and_living_players(exchange):
    matches = [exchange.next_match() for _ in range(10)]
    assert len({m.number for m in matches}) == 10
    living = {m.individual for m in exchange.members()}
    assert all(len(m.players) == 4 and set(m.players) <= living for m in matches)


def test_a_report_moves_ratings_once(exchange):
    match = exchange.next_match()
    report = Report(match.number, match.players, (3, 0))
    assert exchange.report_match(report) == ()
    after = exchange.members()
    assert {after[p.slot].rating for p in match.players[:2]} == {1008.0}
    assert {after[p.slot].rating for p in match.players[2:]} == {992.0}
    assert exchange.report_match(report) == ()
    assert exchange.members() == after
    with pytest.raises(ValueError, match="was reported as"):
        exchange.report_match(report._replace(score=(0, 3)))
    with pytest.raises(ValueError, match="names 0 players"):
        exchange.report_match(Report(match.number + 1, (), (0, 0)))
    assert exchange.members() == after


def test_weights_come_back_as_they_were_put(exchange):
    given = weights(2, 1, 0.5)
    assert exchange.put_weights(2, given)
    given.arrays["w"][:] = 9.0  # the learner goes on with its own arrays
    got = exchange.get_weights(2)
    assert (got.birth, got.version) == (2, 1)
    assert list(got.arrays) == ["w", "b"]
    assert got.arrays["w"].dtype == np.float32
    assert (got.arrays["w"] == 0.5).all()
    assert (got.arrays["b"] == np.arange(3)).all()


def test_weights_that_are_known_are_not_sent_again(exchange):
    exchange.put_weights(2, weights(2, 1))
    assert exchange.get_weights(2, known=(2, 1)) is None
    exchange.put_weights(2, weights(2, 7))
    assert exchange.get_weights(2, known=(2, 1)).version == 7
    assert exchange.get_weights(2, known=(1, 7)).version == 7


@pytest.mark.parametrize("version", [6, 7])
def test_versions_count_up(exchange, version):
    exchange.put_weights(2, weights(2, 7))
    with pytest.raises(ValueError, match=f"version {version} come after those of version 7 of member 2: count on"):
        exchange.put_weights(2, weights(2, version))


def test_before_anybody_put_weights_there_are_none(exchange):
    with pytest.raises(ValueError, match="no weights of slot 3 yet: its learner puts some before anybody plays"):
        exchange.get_weights(3)


def test_a_child_has_its_parents_weights_and_nothing_of_whom_it_replaced(exchange):
    for member in exchange.members():
        exchange.put_weights(member.slot, weights(member.birth, 3, value=member.slot))
        exchange.put_trajectory(trajectory(member))
    before = exchange.members()
    (birth,) = play_until_born(exchange)
    replaced, child = before[birth.slot], exchange.members()[birth.slot]
    assert (child.birth, child.parent) == (birth.birth, birth.parent)
    got = exchange.get_weights(birth.slot, known=(replaced.birth, 3))
    assert got.birth == child.birth
    assert (got.arrays["w"] == birth.parent).all(), "founders' births are their slots"
    assert exchange.take_trajectories(birth.slot) == []
    assert exchange.take_trajectories(birth.parent) != []


def test_who_was_replaced_is_told_so(exchange):
    for member in exchange.members():
        exchange.put_weights(member.slot, weights(member.birth, 3))
    before = exchange.members()
    (birth,) = play_until_born(exchange)
    replaced, child = before[birth.slot], exchange.members()[birth.slot]
    assert exchange.put_weights(birth.slot, weights(replaced.birth, 4)) is False
    assert exchange.put_trajectory(trajectory(replaced)) == "stale"
    assert exchange.evolve(birth.slot, replaced.birth) == child
    assert exchange.evolve(birth.slot, child.birth) is None
    got = exchange.get_weights(birth.slot)
    assert exchange.put_weights(birth.slot, weights(child.birth, got.version + 1))
    assert exchange.put_trajectory(trajectory(child)) == "taken"


def test_a_child_of_somebody_without_weights_has_none(exchange):
    exchange.put_weights(0, weights(0))
    births = play_until_born(exchange)
    if births[0].parent != 0:
        with pytest.raises(ValueError, match="no weights of slot"):
            exchange.get_weights(births[0].slot)


def test_trajectories_come_back_in_order_as_they_were_put(exchange):
    member = exchange.members()[1]
    given = [trajectory(member, seats=1 + k, value=k) for k in range(3)]
    assert [exchange.put_trajectory(t) for t in given] == ["taken"] * 3
    for t in given:
        t.obs["rgb"][:] = 99  # the arena goes on with its own arrays
        t.actions[:] = 9
    got = exchange.take_trajectories(1, seats=3)
    assert [t.obs["rgb"].max() for t in got] == [0, 1]
    assert [t.actions.max() for t in got] == [0, 0]
    assert [t.ended.shape for t in got] == [(5, 1), (5, 2)]
    assert {(name, a.dtype) for name, a in got[0].memory.items()} == {
        ("h", np.dtype(np.float32)),
        ("ticks", np.dtype(np.int64)),
    }
    assert exchange.take_trajectories(1, seats=4) == []
    assert len(exchange.take_trajectories(1, seats=3)) == 1
    assert exchange.take_trajectories(1) == []
    assert exchange.take_trajectories(0) == []


def test_a_full_queue_says_so_and_takes_again_once_there_is_room(exchange):
    member = exchange.members()[1]
    said = [exchange.put_trajectory(trajectory(member, seats=3)) for _ in range(4)]
    assert said == ["taken", "taken", "taken", "full"], "the last to fit may reach beyond"
    assert len(exchange.take_trajectories(1, seats=ROOM)) == 3
    assert exchange.put_trajectory(trajectory(member)) == "taken"


@pytest.mark.parametrize("slot", [-1, 6])
def test_slots_that_are_not_there_are_refused(exchange, slot):
    member = replace(exchange.members()[0], slot=slot)
    for ask in (
        lambda: exchange.get_weights(slot),
        lambda: exchange.put_weights(slot, weights(0)),
        lambda: exchange.take_trajectories(slot),
        lambda: exchange.put_trajectory(trajectory(member)),
        lambda: exchange.evolve(slot, 0),
    ):
        with pytest.raises(ValueError, match=f"no slot {slot}: the population has slots 0 to 5"):
            ask()


@pytest.mark.parametrize("seats", [0, ROOM + 1])
def test_more_seats_than_a_queue_holds_never_come(exchange, seats):
    with pytest.raises(ValueError, match=f"seats must be 1 to {ROOM}, the room of a queue, got {seats}"):
        exchange.take_trajectories(0, seats=seats)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ended": np.zeros((5,), np.bool_)}, r"ended must be \[time, seat\]"),
        ({"ended": np.zeros((0, 2), np.bool_)}, r"ended must be \[time, seat\], at least one of each"),
        ({"ended": np.zeros((5, 2), np.uint8)}, r"ended must be bool \[5, 2\], got uint8 \[5, 2\]"),
        ({"actions": np.zeros((5, 3, 6), np.int8)}, r"actions must be integer \[5, 2, ...\], got int8 \[5, 3, 6\]"),
        ({"actions": np.zeros((5, 2, 6))}, r"actions must be integer \[5, 2, ...\], got float64"),
        ({"log_p": np.zeros((5, 2))}, r"log_p must be float32 \[5, 2\], got float64 \[5, 2\]"),
        ({"log_p": np.zeros((5, 2, 6), np.float32)}, r"log_p must be float32 \[5, 2\], got float32 \[5, 2, 6\]"),
        ({"events": np.zeros((5, 2, 12), np.uint8)}, r"events must be uint8 \[5, 2, 13\], got uint8 \[5, 2, 12\]"),
        ({"obs": {"rgb": np.zeros((5, 2, 4))}}, r"obs\['rgb'\] must be .* \[6, 2, ...\], got float64 \[5, 2, 4\]"),
        ({"memory": {"h": np.zeros((1, 7))}}, r"memory\['h'\] must be .* \[2, ...\], got float64 \[1, 7\]"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(exchange, change, message):
    given = trajectory(exchange.members()[0])._replace(**change)
    with pytest.raises(ValueError, match=message):
        exchange.put_trajectory(given)
    assert exchange.take_trajectories(0) == []


def test_memories_and_arrays_of_any_layout_are_taken(exchange):
    member = exchange.members()[0]
    given = trajectory(member)._replace(events=np.zeros((N_EVENTS, 2, 5), np.uint8).transpose(2, 1, 0), memory={})
    assert exchange.put_trajectory(given) == "taken"


def test_a_population_of_one_goes_through_it_all(opened, tmp_path):
    found(tmp_path / "one.sqlite", quick(), [MIDDLE])
    with opened(tmp_path / "one.sqlite") as exchange:
        assert play(exchange, 3 * QUICK.burn_in) == []
        assert exchange.evolve(0, 0) is None
        assert [m.games for m in exchange.members()] == [0]
