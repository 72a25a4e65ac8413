"""The file of a process: whole lines or none, a limit, and nothing left of what is done."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.store import spool
from cds_service.store.spool import Spool, holding, sizes, take_over


def drained(made: Spool) -> list[bytes]:
    found: list[bytes] = []
    while lines := made.next():
        found += lines
        made.done(lines)
    return found


def test_lines_come_out_as_they_went_in_and_are_then_gone(tmp_path: Path) -> None:
    made = Spool(tmp_path, 1 << 20)
    lines = [b"%d\n" % x for x in range(1200)]
    assert all(map(made.add, lines))
    assert made.waiting() == sum(map(len, lines))
    assert drained(made) == lines
    assert (made.waiting(), sum(sizes(tmp_path).values())) == (0, 0)
    assert made.add(b"again\n")
    assert drained(made) == [b"again\n"]


def test_a_line_that_is_not_done_comes_again(tmp_path: Path) -> None:
    made = Spool(tmp_path, 1 << 20)
    made.add(b"a\n")
    assert made.next() == made.next() == [b"a\n"]
    made.add(b"b\n")
    made.done([b"a\n"])
    assert made.next() == [b"b\n"]


@pytest.mark.parametrize(("size", "taken"), [(9, True), (10, True), (11, False)])
def test_the_limit_counts_every_byte(size: int, taken: bool, tmp_path: Path) -> None:
    assert Spool(tmp_path, 10).add(b"x" * (size - 1) + b"\n") is taken


def test_what_others_hold_counts_too(tmp_path: Path) -> None:
    one, other = Spool(tmp_path, 10), Spool(tmp_path, 10)
    assert one.add(b"12345\n")
    assert other.add(b"12\n")
    other.weigh()
    assert not other.add(b"12\n")
    drained(one)
    other.weigh()
    assert other.add(b"12\n")


def test_half_a_line_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Spool(tmp_path, 1 << 20)
    assert made.add(b"first\n")
    write = os.write
    monkeypatch.setattr(spool.os, "write", lambda file, line: write(file, line[:3]))
    assert not made.add(b"second\n")
    monkeypatch.undo()
    assert made.add(b"third\n")
    assert drained(made) == [b"first\n", b"third\n"]


def test_a_folder_that_cannot_be_made_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not Spool(tmp_path / "file" / "spool", 100).add(b"x\n")


def test_an_empty_file_goes_when_it_is_closed_and_another_stays(tmp_path: Path) -> None:
    for rest in (b"", b"left\n"):
        made = Spool(tmp_path, 100)
        made.add(b"done\n")
        drained(made)
        if rest:
            made.add(rest)
        made.close()
    assert list(sizes(tmp_path).values()) == [len(b"left\n")]
    made.done([b"late\n"])
    assert made.waiting() == 0


def test_a_file_is_kept_where_its_lines_could_not_be_written(tmp_path: Path) -> None:
    left = tmp_path / "left.jsonl"
    left.write_bytes(b"a\nb\n")

    def fail(_: Sequence[bytes]) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        take_over(tmp_path, fail)
    found: list[bytes] = []
    take_over(tmp_path, found.extend)
    assert found == [b"a\n", b"b\n"]
    assert not left.exists()


def test_what_a_file_holds_can_be_asked(tmp_path: Path) -> None:
    made = Spool(tmp_path, 100)
    made.add(b"abc\n")
    assert holding(tmp_path, b"bc") == list(sizes(tmp_path))
    assert holding(tmp_path, b"bd") == []


@given(st.lists(st.integers(1, 300), max_size=40), st.integers(1, 500))
def test_no_portion_cuts_a_line(tmp_path_factory: pytest.TempPathFactory, lengths: list[int], portion: int) -> None:
    folder = tmp_path_factory.mktemp("spool")
    lines = [b"%d" % (x % 10) * x + b"\n" for x in lengths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "_PORTION", portion)
        made = Spool(folder, 1 << 20)
        assert all(map(made.add, lines))
        assert drained(made) == lines
        found: list[bytes] = []
        (folder / "left.jsonl").write_bytes(b"".join(lines) + b"half")
        take_over(folder, found.extend)
        made.close()
    assert found == [*lines, b"half"]
