"""Zips of our own writing: read by another's reader, of the length that was said, and never in memory as a whole."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from backoffice.web import zips
from backoffice.web.zips import Measure, Member, Stream, whole

AT = datetime(2026, 11, 30, 9, 30, 12, tzinfo=UTC)


def packed_by(members: list[Member], **limits: int) -> bytes:
    with closing(Stream(members, AT, **limits)) as stream:
        return b"".join(stream)


def measured(members: list[Member], **limits: int) -> int:
    measure = Measure(**limits)
    for member in members:
        measure.add(member.name, member.size)
    return measure.total


@pytest.mark.parametrize("limits", [{}, {"far": 500}, {"most": 3}, {"far": 40, "most": 2}])
def test_another_reader_finds_what_was_packed(limits: dict[str, int]) -> None:
    """Beyond a limit the directory is that of ZIP64; here the limits are near."""
    packed = {
        "INV-1 上海流明.pdf": b"x" * 700,
        "empty": b"",
        "folder/a.csv": "金额".encode() * 9,
        "last": b"\0\xff" * 5,
    }
    members = [whole(name, content) for name, content in packed.items()]
    content = packed_by(members, **limits)
    assert len(content) == measured(members, **limits)
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == packed
        assert {info.date_time for info in read.infolist()} == {(2026, 11, 30, 9, 30, 12)}
    assert content == packed_by(members, **limits)


def test_one_document_at_a_time_is_in_memory() -> None:
    opened = []

    def read(turn: int) -> bytes:
        opened.append(turn)
        return bytes([turn % 256]) * 500_000

    def members() -> Iterator[Member]:
        for turn in range(300):
            yield Member(f"{turn}.pdf", 500_000, lambda turn=turn: read(turn))  # type: ignore[misc]

    tracemalloc.start()
    with closing(Stream(members(), AT)) as stream:
        first = next(stream)
        assert (first[:4], opened) == (b"PK\x03\x04", [0]), "a document is read when its turn comes"
        length = len(first) + sum(map(len, stream))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length > 150_000_000
    assert peak < 4_000_000


def test_a_stream_that_nobody_reads_lets_go() -> None:
    done: list[str] = []
    Stream([], AT, lambda: done.append("x")).close()
    assert done == ["x"]
    with pytest.raises(ValueError, match="not 5"):
        packed_by([Member("a", 5, lambda: b"four")])
    with pytest.raises(ValueError, match="4 GiB"):
        Measure().add("a", 2**32)
    assert zips.whole("a", b"b").size == 1
