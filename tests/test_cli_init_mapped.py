"""`tenuto init --source mapped`: a guess, its reasons, and the rows that come of it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from conftest import log
from tenuto.cli._program import build_program

PAGE = Path(__file__).resolve().parents[1] / "docs" / "how-to" / "bring-your-own-log.md"
HEADER, ROW = "user_id,ts,song_id,playtime", "7,1390209967,9,189"


def tenuto(*words: object, status: int = 0) -> Result:
    shown = CliRunner().invoke(build_program(), [str(word) for word in words])
    assert shown.exit_code == status, shown.output
    return shown


@pytest.fixture
def plays(tmp_path) -> Path:
    return log(tmp_path, "plays.csv", HEADER, ROW)


def init(tmp_path, plays, *words, status=0):
    return tenuto(
        "init", tmp_path / "w", "--source", "mapped", "--logs", plays, *words, status=status
    )


def test_the_mapping_is_written_with_its_reasons_and_shown(tmp_path, plays):
    said = init(tmp_path, plays).stdout
    settings = (tmp_path / "w" / "tenuto.toml").read_text("utf-8")
    assert 'user_id = "user_id"  # by its name' in settings
    assert 'user_id = "user_id"  # by its name' in said
    assert tomllib.loads(settings)["source"]["mapping"]["time_unit"] == "s"


def test_the_first_rows_are_shown_as_they_are_understood(tmp_path, plays):
    (row,) = json.loads(init(tmp_path, plays, "--json").stdout)["rows"]
    assert row == {
        "user": "7",
        "action": "play",
        "time (UTC)": "2014-01-20T09:26:07",
        "item": "9",
        "played_s": "189",
    }


def test_ten_rows_are_shown_and_no_line_that_is_none(tmp_path):
    path = log(tmp_path, "plays.csv", HEADER, *["broken", ROW] * 30)
    assert len(json.loads(init(tmp_path, path, "--json").stdout)["rows"]) == 10


def test_without_a_user_nothing_is_written_and_it_is_said_what_to_put_in(tmp_path):
    path = log(tmp_path, "plays.csv", "who,ts,song_id", "7,1390209967,9")
    said = init(tmp_path, path, status=2).stderr
    assert "There are: who, ts, song_id." in said
    assert "--map user_id=COLUMN" in said
    assert not (tmp_path / "w").exists()
    init(tmp_path, path, "--map", "user_id=who")
    assert (tmp_path / "w" / "tenuto.toml").exists()


def test_what_is_said_may_be_any_line_of_the_mapping(tmp_path):
    path = log(tmp_path, "plays.csv", "user;when", "ann;2024-03-30 12:00:00")
    words = ("--map", "time_zone=Asia/Tokyo", "--json")
    (row,) = json.loads(init(tmp_path, path, *words).stdout)["rows"]
    assert row["time (UTC)"] == "2024-03-30T03:00:00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("user_id", "not of the form KEY=COLUMN"),
        ("usr_id=user_id", "there is no setting 'usr_id'"),
        ("user_id=usr", "no column 'usr' in plays.csv. Did you mean"),
    ],
)
def test_what_is_said_wrongly_is_the_users_mistake(tmp_path, plays, words, said):
    assert said in init(tmp_path, plays, "--map", words, status=2).stderr
    assert not (tmp_path / "w").exists()


def test_a_workspace_that_is_there_shows_its_rows_again_by_its_own_mapping(tmp_path, plays):
    init(tmp_path, plays)
    settings = tmp_path / "w" / "tenuto.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('played_unit = "s"', 'played_unit = "ms"')
    )
    (row,) = json.loads(init(tmp_path, plays, "--json").stdout)["rows"]
    assert row["played_s"] == "0.189"


def test_a_mapping_that_was_edited_wrongly_is_named(tmp_path, plays):
    init(tmp_path, plays)
    settings = tmp_path / "w" / "tenuto.toml"
    settings.write_text(settings.read_text("utf-8").replace('"ts"', '"tss"'))
    said = init(tmp_path, plays, status=2).stderr
    assert "source.mapping.timestamp: no column 'tss' in plays.csv. Did you mean 'ts'?" in said
    assert "edit [source.mapping]" in init(tmp_path, plays, "--map", "user_id=ts", status=2).stderr


def test_a_source_that_knows_its_format_takes_no_mapping(tmp_path):
    words = ("init", tmp_path / "w", "--source", "musicbox", "--logs", tmp_path)
    assert "musicbox logs need no mapping" in tenuto(*words, "--map", "user_id=x", status=2).stderr


# The page that tells of it.


def blocks_of(page: Path) -> list[str]:
    return re.findall(
        r"^```(?:console|text)\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.M
    )


def test_the_page_shows_what_the_command_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sample, session, *_ = blocks_of(PAGE)
    Path("plays.csv").write_text(sample, "utf-8")
    command, _, shown = session.partition("\n")
    said = tenuto(*command.removeprefix("$ tenuto ").split()).stdout
    assert said.rstrip() == shown.rstrip()


@pytest.mark.slow
def test_ten_minutes_from_a_table_to_a_call_list(tmp_path, monkeypatch):
    """Every command of the page, on the plays of an invented service written as that table."""
    monkeypatch.chdir(tmp_path)
    tenuto("simulate", "musicbox", "raw", "--listeners", 150, "--plain")
    sample, *others = blocks_of(PAGE)
    Path("plays.csv").write_text("".join(as_table(sample.splitlines()[0], Path("raw"))), "utf-8")
    commands = [line[2:] for block in others for line in block.splitlines() if line[:2] == "$ "]
    assert [command.split()[1] for command in commands][:3] == ["init", "init", "run"]
    for command in commands:
        tenuto(*command.split()[1:])
    (day,) = (tmp_path / "my-service" / "runs").iterdir()
    assert (day / "report.html").stat().st_size > 0
    assert len((day / "churn" / "churn_scores.csv").read_text("utf-8").splitlines()) > 10


def as_table(header: str, raw: Path):
    """Plays with a clock, which the invented service does not tell, as lines of a table."""
    yield header + "\n"
    for path in sorted(raw.rglob("*_play.log")):
        day = f"{path.name[6:8]}.{path.name[4:6]}.{path.name[:4]}"
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines()):
            fields = line.strip("\t").split("\t")
            if len(fields) == 9:
                user, _, _, _, title, artist, played, *_ = fields
                clock = f"{day} {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
                cells = (user, clock, artist, title.replace('"', ""), f"{played}000", "SE")
                yield ";".join(f'"{cell}"' for cell in cells) + "\n"
