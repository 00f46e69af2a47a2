"""Adding a member to a room is adding one file, and nothing else."""

import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

import tenuto
from conftest import events_of, log, musicbox_logs, play, rollup_of, set_aside_of
from tenuto.catalogue import Catalogue
from tenuto.errors import ContractError
from tenuto.ingest import ingest
from tenuto.rollups import build_rollups
from tenuto.workspace import Workspace


def _catalogues() -> dict[str, Catalogue]:
    """The catalogue of every room that has one, by the name of the room."""
    names = [module.name for module in pkgutil.iter_modules(tenuto.__path__) if module.ispkg]
    rooms = {name: importlib.import_module(f"tenuto.{name}") for name in names}
    return {name: room.CATALOGUE for name, room in rooms.items() if hasattr(room, "CATALOGUE")}


CATALOGUES = _catalogues()


@pytest.fixture
def plant(tmp_path):
    """Function that puts a new member, as text, into a room until the test ends."""
    planted = []

    def put(room: str, name: str, text: str) -> None:
        package = importlib.import_module(f"tenuto.{room}")
        folder = tmp_path / f"planted_{room}"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text, "utf-8")
        package.__path__.append(str(folder))
        importlib.invalidate_caches()
        planted.append((package, str(folder), name))

    yield put
    for package, folder, name in planted:
        package.__path__.remove(folder)
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)


def test_the_rooms_with_members_are_found():
    assert {"engines", "sources", "cleaning", "rollups"} <= set(CATALOGUES)


@pytest.mark.parametrize("room", CATALOGUES)
def test_a_new_file_is_listed_described_and_found(plant, room):
    catalogue = CATALOGUES[room]
    provides = "".join(f"{name} = ()\n" for name in catalogue.must_provide)
    before = catalogue.names()
    plant(room, "zither_member", f'"""Planted by a test.\n\nAnd more."""\n\n{provides}')
    assert catalogue.names() == sorted([*before, "zither_member"])
    assert catalogue.describe("zither_member") == "Planted by a test."
    assert catalogue.get("zither-member").__doc__.startswith("Planted")


@pytest.mark.parametrize("room", [name for name in CATALOGUES if CATALOGUES[name].must_provide])
def test_a_new_file_that_lacks_something_is_told_what(plant, room):
    plant(room, "zither_member", '"""Planted by a test."""\n')
    with pytest.raises(ContractError) as error:
        CATALOGUES[room].get("zither_member")
    for part in CATALOGUES[room].must_provide:
        assert part in str(error.value)


@pytest.mark.parametrize("room", CATALOGUES)
def test_every_member_of_every_room_keeps_its_contract_and_is_described(room):
    members = CATALOGUES[room].all()
    assert members
    for name in members:
        assert len(CATALOGUES[room].describe(name)) > 10


RULE = '''"""A title that a test planted."""

EFFECT = "set_aside"
NEEDS = ("title", "user_id")


def applies(table):
    return table.title == "Planted"
'''


def test_a_new_cleaning_rule_is_applied_counted_and_its_reason_stored(plant, workspace, logs):
    plant("cleaning", "zither_rule", RULE)
    log(logs, "20170330_3_play.log", play(1, title="Planted"), play(2))
    summary = ingest(workspace)
    assert summary.rules["zither_rule"] == 1
    assert set_aside_of(workspace).reason.tolist() == ["zither_rule"]
    assert events_of(workspace).user_id.tolist() == [2]


ROLLUP = '''"""One row per plan and day, for a test."""

KEY = ("is_paid", "day")


def build(day):
    """How many events were paid for."""
    return day.events.group_by(list(KEY)).agg(n_events=day.events.count())
'''


def test_a_new_rollup_is_built_for_the_days_that_are_there_already(plant, workspace, logs):
    musicbox_logs(logs, days=2, kinds=("play",))
    ingest(workspace)
    build_rollups(workspace)
    plant("rollups", "zither_days", ROLLUP)
    build_rollups(workspace)
    assert rollup_of(workspace, "zither_days").n_events.tolist() == [3, 3]


# Lines such as "ann,hello,2017-03-30 12:00:00": ids of text, and a clock in every line.
SOURCE = '''"""Plays of a service that a test made up.

    ann,hello,2017-03-30 12:00:00
"""

import ibis
from datetime import date

from tenuto.sources._contract import Identity
from tenuto.sources._packing import LineReader

reader = LineReader

PRECISION = "second"
USER_ID = ITEM_ID = "string"
ACTIONS = ("play",)
KNOWS = ("timestamp", "title")
WHAT_TO_EXPECT = "files such as plays.csv"


def identify(name):
    if name != "plays.csv":
        return "not plays.csv"
    return Identity("plays", "play", "", None)


def split(lines, file):
    return lines.mutate(fields=lines.line.split(","), n_expected=ibis.literal(3, "int64"))


def records(table, file):
    nothing = ibis.null("string")
    return table.mutate(
        action=ibis.literal("play"),
        user_text=table.fields[0],
        item_text=table.fields[1],
        timestamp_text=table.fields[2],
        played_text=nothing,
        length_text=nothing,
        title=table.fields[1],
        artist=nothing,
        device=nothing,
        is_paid=ibis.literal(False),
        session_id=nothing,
        text=nothing,
    ).drop("fields", "n_expected")


def redacted(table, file):
    return table.line
'''


def test_a_new_source_is_read_by_its_name_from_raw_lines_to_sums(plant, tmp_path):
    plant("sources", "zither", SOURCE)
    logs = tmp_path / "raw"
    lines = ("ann,hello,2017-03-30 12:00:00", "bob,hello,2017-03-31 23:59:59", "broken")
    log(logs, "plays.csv", *lines)
    workspace = Workspace.create(tmp_path / "workspace", source="zither", logs=logs)
    workspace.settings.engine.threads = 1
    summary = ingest(workspace)
    assert (summary.n_lines, summary.n_kept, summary.n_set_aside) == (3, 2, 1)
    assert [str(day) for day in summary.days] == ["2017-03-30", "2017-03-31"]
    assert summary.rules["unreadable_clock"] == 0
    build_rollups(workspace)
    hours = rollup_of(workspace, "user_day_hours")
    assert list(zip(hours.user_id, hours.hour, strict=True)) == [("ann", 12), ("bob", 23)]


def test_nothing_of_a_planted_member_is_left_behind():
    for catalogue in CATALOGUES.values():
        assert not [name for name in catalogue if name.startswith("zither")]
    assert not list(Path(tenuto.__path__[0]).rglob("zither*"))
