"""The server on real sockets: order, batches, several peers, and what happens to those that misbehave."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from sims.scenes.unrealcv import peer as peers
from sims.scenes.unrealcv.server import MOST_PEERS, Server, check_address
from tests.sims.scenes.flat import Flat
from tests.sims.scenes.unrealcv.doubled import Raw, open_desk, open_server


class Slow(Flat):
    """Takes until it is told to."""

    go = threading.Event()

    def render(self, state):
        assert self.go.wait(20)
        return super().render(state)


@pytest.fixture
def server():
    with open_server() as opened:
        yield opened


def test_a_greeting_then_answers_in_order(server):
    with Raw(("127.0.0.1", server.port)) as raw:
        assert raw.greeting == b"connected to umwelt"
        commands = ["vget /unrealcv/echo a", "vget /camera/0/lit png", "vget /unrealcv/echo b", "fly"]
        for k, command in enumerate(commands):
            raw.send(f"{k + 7}:{command}".encode())
        answers = [raw.read() for _ in commands]
        assert answers[0] == b"7:a"
        assert answers[1].startswith(b"8:\x89PNG")
        assert answers[2] == b"9:b"
        assert answers[3].startswith(b"10:error No handler found")
        assert raw.text("vset /unrealcv/token x") == "ok"


def test_a_batch_is_done_when_it_is_whole(server):
    with Raw(("127.0.0.1", server.port)) as raw, Raw(("127.0.0.1", server.port)) as other:
        raw.send(b"1:vbatch 2")
        assert raw.read() == b"1:ok"
        raw.send(b"2:vset /camera/0/location 1 2 3")
        before = other.text("vget /camera/0/location")
        assert before != "1.000 2.000 3.000"
        raw.send(b"3:vget /camera/0/location")
        assert [raw.read(), raw.read()] == [b"2:ok", b"3:1.000 2.000 3.000"]
        for wrong in ("vbatch 0", "vbatch", "vbatch x", "vbatch 99999"):
            assert raw.text(wrong).startswith("error ")
        raw.send(b"4:vbatch 2")
        raw.read()
        raw.send(b"5:vbatch 3")
        assert raw.read().startswith(b"5:error vbatch wants")


def test_a_picture_in_the_making_keeps_nobody_else_waiting():
    Slow.go.clear()
    with (
        open_server(open_desk(renderer=Slow)) as server,
        Raw(("127.0.0.1", server.port)) as painter,
        Raw(("127.0.0.1", server.port)) as other,
    ):
        painter.send(b"1:vget /camera/0/lit png")
        painter.send(b"2:vget /unrealcv/echo after")
        for k in range(200):
            assert other.text(f"vget /unrealcv/echo {k}") == str(k)
        Slow.go.set()
        assert painter.read().startswith(b"1:\x89PNG")
        assert painter.read() == b"2:after"


def test_a_client_killed_while_its_picture_is_made_leaves_the_others_theirs():
    Slow.go.clear()
    with open_server(open_desk(renderer=Slow)) as server, Raw(("127.0.0.1", server.port)) as other:
        killed = Raw(("127.0.0.1", server.port))
        for k in range(20):
            killed.send(f"{k}:vget /camera/0/lit png".encode())
        killed.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # as a killed process
        killed.close()
        other.send(b"1:vget /camera/0/object_mask png")
        other.send(b"2:vget /cameras")
        Slow.go.set()
        assert other.read().startswith(b"1:\x89PNG")
        assert other.read() == b"2:FusionCameraActor_1"
        end = time.monotonic() + 5.0  # in which whoever is gone must have been found out
        while len(server.peers) > 1:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_two_clients_on_one_stage(server):
    with Raw(("127.0.0.1", server.port)) as one, Raw(("127.0.0.1", server.port)) as other:
        assert one.text("vset /objects/spawn Drum mine") == "mine"
        assert other.text("vset /objects/spawn Drum mine") == "error Failed to spawn mine, object exists."
        assert other.text("vset /object/mine/location 1 2 3") == "ok"
        assert one.text("vget /object/mine/location") == "1.000 2.000 3.000"
        assert other.text("vset /object/mine/destroy") == "ok"
        assert one.text("vget /object/mine/location").startswith("error Cannot find object 'mine'")


def test_long_bursts_of_one_peer_do_not_keep_another_waiting(server):
    held, order, execute = threading.Event(), [], server.desk.execute

    def noted(text):
        order.append(text)
        assert text != "vget /cameras" or held.wait(20)
        return execute(text)

    server.desk.execute = noted
    with Raw(("127.0.0.1", server.port)) as burst, Raw(("127.0.0.1", server.port)) as other:
        burst.send(b"0:vget /cameras")
        for k in range(3000):
            burst.send(f"{k}:vget /level/name".encode())
        other.send(b"1:vget /scene/name")
        held.set()
        assert other.read() == b"1:basic"
        assert [burst.read() for _ in range(3001)][-1] == b"2999:Kitchen"
    assert order.index("vget /scene/name") < 3000


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        bytes.fromhex("c1832b9e00000000"),
        bytes.fromhex("c1832b9effffffff"),
        bytes.fromhex("c1832b9e04000000") + b"1:\xff\xfe",
        bytes.fromhex("c1832b9e05000000") + b"hello",
    ],
)
def test_malformed_frames_end_a_peer_at_once_and_nobody_else(server, data):
    with Raw(("127.0.0.1", server.port)) as good, Raw(("127.0.0.1", server.port)) as bad:
        began = time.monotonic()
        bad.socket.sendall(data)
        assert bad.read() is None
        assert time.monotonic() - began < 1.0
        assert good.text("vget /unrealcv/echo still") == "still"
    assert server.dropped == 1


def test_half_a_frame_ends_a_peer_within_5_seconds(server):
    with Raw(("127.0.0.1", server.port)) as good, Raw(("127.0.0.1", server.port)) as slow:
        began = time.monotonic()
        slow.socket.sendall(bytes.fromhex("c1832b9e0a000000") + b"1:vget")
        assert slow.read() is None
        assert 3.0 < time.monotonic() - began < 5.0
        assert good.text("vget /unrealcv/echo still") == "still"  # idle all the while, which is no offence


def test_split_bytes_are_put_together(server):
    with Raw(("127.0.0.1", server.port)) as raw:
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in bytes.fromhex("c1832b9e18000000") + b"1:vget /unrealcv/echo xy":
            raw.socket.sendall(bytes([byte]))
        assert raw.read() == b"1:xy"


def send_for(seconds, raw):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        raw.send(b"1:vget /unrealcv/help")


def test_a_peer_that_does_not_read_is_dropped_and_others_are_served(server, monkeypatch):
    monkeypatch.setattr(peers, "MOST_UNREAD", 1 << 16)
    with Raw(("127.0.0.1", server.port)) as good, Raw(("127.0.0.1", server.port)) as deaf:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.socket.settimeout(6.0)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError, TimeoutError):
            send_for(12.0, deaf)
        assert server.dropped == 1
        assert good.text("vget /unrealcv/echo still") == "still"
    assert time.monotonic() - began < 11.0


def test_long_batches_of_an_honest_client_are_answered(server):
    """The official client sends all of a batch before it reads."""
    with Raw(("127.0.0.1", server.port)) as raw:
        n = 20_000
        for k in range(n):
            raw.send(f"{k}:vget /object/character_1/color".encode())
        answers = [raw.read() for _ in range(n)]
    assert answers[-1] == answers[0].replace(b"0:", f"{n - 1}:".encode(), 1)


def test_no_more_peers_than_there_is_room_for(server):
    raws = [Raw(("127.0.0.1", server.port)) for _ in range(MOST_PEERS)]
    with Raw(("127.0.0.1", server.port)) as one_too_many:
        assert one_too_many.greeting is None
    raws.pop().close()
    time.sleep(0.1)
    with Raw(("127.0.0.1", server.port)) as fits:
        assert fits.text("vget /unrealcv/echo x") == "x"
    for raw in raws:
        raw.close()


def test_a_token_comes_first(server):
    token = "0123456789abcdef"
    with open_server(token=token) as guarded:
        with Raw(("127.0.0.1", guarded.port)) as raw:
            assert raw.text("vget /objects").startswith("error this server wants its token first")
            assert raw.text("vset /unrealcv/token wrong") == "error that is not the token"
            assert raw.text(f"vset /unrealcv/token {token}") == "ok"
            assert raw.text("vget /unrealcv/echo in") == "in"
        with Raw(("127.0.0.1", guarded.port)) as raw:
            assert [raw.text("vset /unrealcv/token é") for _ in range(2)] == ["error that is not the token"] * 2
            raw.send(b"9:vset /unrealcv/token x")
            assert raw.read() is None


def test_a_unix_socket_for_this_user_alone(tmp_path):
    path = tmp_path / "socket"
    with open_server(port=None, unix=path) as server:
        assert server.port == 0
        assert path.stat().st_mode & 0o777 == 0o600
        with Raw(path) as raw:
            assert raw.text("vget /unrealcv/echo x") == "x"
        with pytest.raises(ValueError, match="another server listens on"):
            Server(open_desk(), port=None, unix=path)
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with open_server(port=None, unix=path):  # nobody listened there any more
        pass
    path.write_text("")
    with pytest.raises(ValueError, match="is no socket"):
        Server(open_desk(), port=None, unix=path)


def test_a_port_in_use(server, tmp_path):
    with pytest.raises(
        OSError, match=rf"127.0.0.1:{server.port} can't be listened on \(.*in use.*\): give another --port"
    ):
        Server(open_desk(), port=server.port)
    with pytest.raises(OSError, match=r"can't be made \(AF_UNIX path too long\): choose a shorter path"):
        Server(open_desk(), port=0, unix=tmp_path / ("x" * 200))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("0.0.0.0", 9000, None, None), "0.0.0.0 is open to other machines: give --token-file too"),
        (("example.org", 9000, None, None), "is open to other machines"),
        (("127.0.0.1", 9000, None, "short"), "a token has 16 characters at least, got 5"),
        (("127.0.0.1", None, None, None), "there is nowhere to listen"),
        (("127.0.0.1", 70000, None, None), "a port is 0 to 65535, got 70000"),
    ],
)
def test_addresses(settings, message):
    with pytest.raises(ValueError, match=message):
        check_address(*settings)
    check_address("localhost", 9000, None, None)
    check_address("::1", 9000, None, None)
    check_address("0.0.0.0", 9000, None, "x" * 16)


def test_a_fault_of_the_servers_is_an_answer():
    desk = open_desk()
    desk.stage = None
    with Server(desk, port=0) as server, Raw(("127.0.0.1", server.port)) as raw:
        assert raw.text("vget /objects").startswith("error a fault of the server's: AttributeError")
        assert raw.text("vget /unrealcv/echo on") == "on"
        assert len(server.faults) == 1
