"""Files of state that were cut short."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from platform_compiler.engine.safeguard import Mended, cure, drop_cut_attributes, is_whole, keep_good, mend

GOOD = '{"version": 3, "checkpoint": {}}\n'
NEWER = '{"version": 3, "checkpoint": {"latest": {"resources": [{"urn": "u", "type": "t"}]}}}\n'
NAMELESS = '{"checkpoint": {"latest": {"resources": [{"type": "t"}]}}}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    state = tmp_path / "dev.json"
    state.write_text(GOOD)
    return state


def test_a_whole_state_is_left_alone(file: Path) -> None:
    keep_good(file)
    assert mend(file) is None
    assert file.read_text() == GOOD
    assert sorted(item.name for item in file.parent.iterdir()) == ["dev.json", "dev.last-good"]


@pytest.mark.parametrize(
    "rest", ["", GOOD[:9], GOOD[:-2], "not json}", "{}", "[]", '{"checkpoint": []}', NAMELESS, "\udcff"]
)
def test_the_last_good_state_takes_the_place_of_a_broken_one(file: Path, rest: str) -> None:
    keep_good(file)
    file.write_bytes(rest.encode(errors="surrogateescape"))
    assert mend(file) == Mended(file.with_suffix(".last-good"), file.with_suffix(".broken"))
    assert file.read_text() == GOOD
    assert file.with_suffix(".broken").read_bytes() == rest.encode(errors="surrogateescape")
    assert sorted(item.name for item in file.parent.iterdir()) == ["dev.broken", "dev.json", "dev.last-good"]


def test_of_two_copies_the_newest_whole_one_counts(file: Path) -> None:
    keep_good(file)
    os.utime(file.with_suffix(".last-good"), (1, 1))
    backup = file.with_name("dev.json.bak")
    backup.write_text(NEWER)
    file.write_text("")
    assert mend(file) == Mended(backup, file.with_suffix(".broken"))
    assert file.read_text() == NEWER
    backup.write_text(NEWER[:-3])
    file.write_text("")
    assert mend(file) == Mended(file.with_suffix(".last-good"), file.with_suffix(".broken-2"))
    assert file.read_text() == GOOD


def test_each_broken_state_is_kept(file: Path) -> None:
    keep_good(file)
    for text in ("one", "two", "three"):
        file.write_text(text)
        assert mend(file)
    kept = {item.name: item.read_text() for item in file.parent.glob("dev.broken*")}
    assert kept == {"dev.broken": "one", "dev.broken-2": "two", "dev.broken-3": "three"}


def test_without_a_whole_copy_a_broken_state_stays_where_it_is(file: Path) -> None:
    file.with_name("dev.json.bak").write_text(GOOD[:4])
    file.write_text("")
    assert mend(file) is None
    assert not is_whole(file)
    assert sorted(item.name for item in file.parent.iterdir()) == ["dev.json", "dev.json.bak"]
    told = cure(file, "dev")
    assert "dev.last-good" in told
    assert "dev.json.bak is a whole copy" in told
    assert "`platc up --env dev`" in told


def test_attributes_that_were_cut_short_go(file: Path) -> None:
    cut, whole = file.with_name("dev.json.attrs"), file.with_name("dev.json.bak.attrs")
    cut.write_text("")
    whole.write_text("{}")
    drop_cut_attributes(file.parent)
    assert sorted(item.name for item in file.parent.iterdir()) == ["dev.json", "dev.json.bak.attrs"]
