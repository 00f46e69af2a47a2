"""What every member of ``tenuto.simulation`` promises."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tenuto.errors import SettingsError, WorkspaceError
from tenuto.simulation import CATALOGUE

every_simulation = pytest.mark.parametrize("name", CATALOGUE.names())


def simulate(name: str, out: Path, **settings) -> Path:
    return CATALOGUE.get(name).simulate(out, **{"listeners": 40, "days": 2, **settings})


def contents(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }


@every_simulation
def test_the_same_seed_gives_the_same_bytes(name, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    simulate(name, first, seed=7)
    simulate(name, second, seed=7)
    assert contents(first) == contents(second)


@every_simulation
def test_another_seed_gives_other_listeners(name, tmp_path):
    seven, eight = tmp_path / "seven", tmp_path / "eight"
    simulate(name, seven, seed=7)
    simulate(name, eight, seed=8)
    assert contents(seven)["truth/listeners.parquet"] != contents(eight)["truth/listeners.parquet"]


@every_simulation
def test_listeners_do_not_depend_on_how_many_days_are_logged(name, tmp_path):
    short = simulate(name, tmp_path / "short", days=1)
    long = simulate(name, tmp_path / "long", days=3)
    table = "listeners.parquet"
    assert (short / table).read_bytes() == (long / table).read_bytes()


@every_simulation
def test_a_longer_log_begins_with_the_shorter_one(name, tmp_path):
    short, long = tmp_path / "short", tmp_path / "long"
    simulate(name, short, days=2)
    simulate(name, long, days=3)
    longer = contents(long)
    logs = {path: data for path, data in contents(short).items() if "truth" not in path}
    assert logs
    assert all(longer[path] == data for path, data in logs.items())


@every_simulation
def test_the_truth_lies_in_a_folder_of_its_own(name, tmp_path):
    truth = simulate(name, tmp_path)
    assert truth == tmp_path / "truth"
    assert not list(truth.glob("*.log*"))


@every_simulation
def test_there_are_as_many_listeners_as_were_asked_for(name, tmp_path):
    truth = simulate(name, tmp_path, listeners=123)
    listeners = pd.read_parquet(truth / "listeners.parquet")
    assert len(listeners) == listeners["user_id"].nunique() == 123


@every_simulation
def test_one_listener_is_enough(name, tmp_path):
    truth = simulate(name, tmp_path, listeners=1)
    assert len(pd.read_parquet(truth / "listeners.parquet")) == 1


@every_simulation
def test_progress_is_told_after_each_day(name, tmp_path):
    told: list[tuple[int, int]] = []
    simulate(name, tmp_path, days=3, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@every_simulation
def test_a_folder_with_logs_is_left_alone(name, tmp_path):
    simulate(name, tmp_path)
    before = contents(tmp_path)
    with pytest.raises(WorkspaceError, match="already holds logs"):
        simulate(name, tmp_path, seed=1)
    assert contents(tmp_path) == before


@every_simulation
def test_a_file_is_no_place_for_logs(name, tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    with pytest.raises(WorkspaceError, match="is not a folder"):
        simulate(name, file)
    assert file.read_text() == "kept"


@every_simulation
@pytest.mark.parametrize(
    ("setting", "value"), [("listeners", 0), ("days", 0), ("seed", -1), ("listeners", -5)]
)
def test_numbers_that_make_no_sense_are_refused(name, setting, value, tmp_path):
    with pytest.raises(SettingsError, match=f"{setting} is {value}"):
        simulate(name, tmp_path, **{setting: value})
    assert not list(tmp_path.iterdir())
