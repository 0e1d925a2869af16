import pytest

from sims.scenes.unrealcv.wire import LONGEST, FrameError, Frames, framed, reply, request_of


def test_a_frame_byte_by_byte():
    assert framed(b"hi") == bytes.fromhex("c1832b9e 02000000") + b"hi"
    assert reply("7", b"ok") == bytes.fromhex("c1832b9e 04000000") + b"7:ok"
    assert request_of(b"12:vget /objects") == ("12", "vget /objects")
    assert request_of("3:echo é:\n".encode()) == ("3", "echo é:\n")


def test_payloads_come_out_of_any_pieces():
    whole = framed(b"0:a") + framed(b"1:" + b"b" * 300) + framed(b"2:c")
    for step in (1, 3, 8, 11, 1000):
        frames, out = Frames(), []
        for k in range(0, len(whole), step):
            frames.feed(whole[k : k + step])
            while (payload := frames.next()) is not None:
                out.append(payload)
        assert out == [b"0:a", b"1:" + b"b" * 300, b"2:c"]
        assert not frames.waiting


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"G", "a frame begins with 47"),
        (bytes.fromhex("c1832b9f"), "a frame begins with c1832b9f"),
        (bytes.fromhex("c1832b9e00000000"), f"a payload of 0 bytes: expected 1 to {LONGEST}"),
        (bytes.fromhex("c1832b9effffffff"), "a payload of 4294967295 bytes"),
        (bytes.fromhex("c1832b9e01000100"), f"a payload of {LONGEST + 1} bytes"),
    ],
)
def test_what_is_no_frame_is_told_before_more_is_waited_for(data, message):
    frames = Frames()
    frames.feed(data)
    with pytest.raises(FrameError, match=message):
        frames.next()


@pytest.mark.parametrize(
    ("payload", "message"),
    [(b"1:\xff", "not UTF-8"), (b"vget /objects", "without a number"), ("\u0661:x".encode(), "without a number")],
)
def test_what_is_no_request(payload, message):
    with pytest.raises(FrameError, match=message):
        request_of(payload)
