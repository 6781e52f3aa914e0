"""Files of state that were cut short."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_compiler.engine.safeguard import keep_good, mend

GOOD = '{"version": 3, "checkpoint": {}}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    state = tmp_path / "dev.json"
    state.write_text(GOOD)
    return state


def test_a_whole_state_is_left_alone(file: Path) -> None:
    file.with_name("dev.json.attrs").write_text("{}")
    assert not mend(file)
    assert file.read_text() == GOOD
    assert file.with_name("dev.json.attrs").exists()


@pytest.mark.parametrize("rest", ["", GOOD[:9], GOOD[:-2], "not json}"])
def test_the_last_good_state_takes_the_place_of_a_broken_one(file: Path, rest: str) -> None:
    keep_good(file)
    file.write_text(rest)
    assert mend(file)
    assert file.read_text() == GOOD
    assert file.with_suffix(".broken").read_text() == rest
    assert sorted(item.name for item in file.parent.iterdir()) == ["dev.broken", "dev.json", "dev.last-good"]


def test_without_a_good_state_the_stack_starts_anew(file: Path) -> None:
    file.write_text("")
    assert mend(file)
    assert not file.exists()


def test_attributes_that_were_cut_short_go(file: Path) -> None:
    cut = file.with_name("dev.json.attrs")
    cut.write_text("")
    assert not mend(file)
    assert not cut.exists()
