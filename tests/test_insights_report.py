"""The sections that show insights: what they say, and that they are silent without them."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import saved_results
from insight_views import a_service, outcomes_of, scores_of, view_of
from service import CUTOFF
from tenuto.insights import write_insights
from tenuto.reports import CATALOGUE
from tenuto.reports._parts import Facts, Figure, Notice, Paragraph, Row, Table
from tenuto.reports._results import Results
from tenuto.workspace import Workspace

SECTIONS = ("cohorts", "lifecycle", "outlook", "segments", "loyal", "before_leaving")


@pytest.fixture(scope="module")
def workspace(duckdb_engine, tmp_path_factory) -> Workspace:
    """The results of a run with the insights of an invented service."""
    folder = tmp_path_factory.mktemp("service")
    view = view_of(duckdb_engine, folder / "log", a_service())
    scores = scores_of(view, plans=True)
    view = replace(
        view,
        scores=scores,
        test_scores=outcomes_of(scores, "boosting"),
        test_cutoff=CUTOFF,
        model="boosting",
    )
    made = saved_results.saved_workspace(folder / "w")
    write_insights(view, made.run_folder(CUTOFF) / "insights")
    return made


@pytest.fixture
def results(workspace) -> Results:
    return Results(workspace, CUTOFF)


def copied(workspace: Workspace, folder: Path) -> Path:
    """The insights of a copy of the workspace in ``folder``, to be changed."""
    shutil.copytree(workspace.root, folder)
    return Workspace(folder).run_folder(CUTOFF) / "insights"


def section(name: str, results: Results) -> list:
    return CATALOGUE.get(name).section(results)


def figures(parts) -> list[Figure]:
    inside = [figure for part in parts if isinstance(part, Row) for figure in part.figures]
    return inside + [part for part in parts if isinstance(part, Figure)]


def words(parts) -> str:
    found = [part.text for part in parts if isinstance(part, Paragraph | Notice)]
    found += [figure.says + figure.note for figure in figures(parts)]
    for part in parts:
        if isinstance(part, Facts):
            found += [text for item in part.items for text in item]
        if isinstance(part, Table):
            found += [part.note, *(cell for row in part.rows for cell in row)]
    return " ".join(found)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_run_without_insights_has_no_such_section(name, tmp_path):
    bare = saved_results.saved_workspace(tmp_path / "w")
    assert section(name, Results(bare, CUTOFF)) == []


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_what_was_found_and_shows_no_missing_value(name, results):
    parts = section(name, results)
    assert parts
    assert not {"nan", "NaN", "None", "<NA>"} & set(words(parts).split())


@pytest.mark.parametrize("name", SECTIONS)
def test_a_figure_tells_its_definition_population_and_interval(name, results):
    for figure in figures(section(name, results)):
        assert figure.says.endswith(".")
        assert re.search(r"\d", figure.note)
        assert "interval" in figure.note or "robots" in figure.note


@pytest.mark.parametrize("name", SECTIONS)
def test_the_same_results_are_drawn_the_same(name, results):
    assert section(name, results) == section(name, results)


def test_cells_that_are_not_over_are_grey_and_said_to_be(results):
    heat_map = next(figure for figure in section("cohorts", results) if figure.name == "cohorts")
    assert ("other", "not over for all") in heat_map.swatches
    assert "Grey: not over for all of the row" in heat_map.note


def test_a_difference_between_overlapping_groups_is_not_claimed(workspace, tmp_path):
    folder = copied(workspace, tmp_path / "w")
    table = pd.read_csv(folder / "cohorts_by_group.csv")
    table.assign(low=0.2, high=0.9).to_csv(folder / "cohorts_by_group.csv", index=False)
    parts = section("cohorts", Results(Workspace(tmp_path / "w"), CUTOFF))
    assert "no difference by device is shown" in words(parts)


def test_segments_that_are_no_separate_kinds_come_with_a_warning(workspace, tmp_path):
    folder = copied(workspace, tmp_path / "w")
    for silhouette, is_warned in ((0.1, True), (0.6, False)):
        table = pd.read_csv(folder / "segments_choice.csv")
        sharp = table.assign(silhouette=silhouette, agreement=0.9)
        sharp.to_csv(folder / "segments_choice.csv", index=False)
        parts = section("segments", Results(Workspace(tmp_path / "w"), CUTOFF))
        assert ("Take care" in words(parts)) == is_warned


def test_fewer_than_ten_newly_at_risk_are_not_counted_out(workspace, tmp_path):
    folder = copied(workspace, tmp_path / "w")
    states = pd.read_parquet(folder / "states_of.parquet")
    for n, said in ((9, "< 10"), (10, "10"), (0, "0")):
        states.assign(is_newly_at_risk=[i < n for i in range(len(states))]).to_parquet(
            folder / "states_of.parquet"
        )
        facts = section("lifecycle", Results(Workspace(tmp_path / "w"), CUTOFF))[0]
        assert facts.items[-1][:2] == (said, "newly at risk")


def test_when_no_song_is_found_the_report_says_how_many_were_tried(workspace, tmp_path):
    folder = copied(workspace, tmp_path / "w")
    for name in ("songs", "artists"):
        saved_results.edit(folder / f"before_leaving_{name}.csv", is_found=False)
    parts = section("before_leaving", Results(Workspace(tmp_path / "w"), CUTOFF))
    assert re.search(r"Of \d+ songs and \d+ artists none was heard more", words(parts))
    assert [part.caption for part in parts if isinstance(part, Table)] == ["Who was compared"]


def test_songs_of_both_sides_are_listed_under_their_side(workspace, tmp_path):
    folder = copied(workspace, tmp_path / "w")
    file = folder / "before_leaving_songs.csv"
    songs = pd.read_csv(file).head(2).assign(is_found=True, difference=[0.2, -0.1])
    songs.to_csv(file, index=False)
    parts = section("before_leaving", Results(Workspace(tmp_path / "w"), CUTOFF))
    rows = next(part for part in parts if isinstance(part, Table)).rows
    heads = [row for row in rows if isinstance(row, str)]
    assert heads == ["heard more before leaving", "heard more by those who stay"]


def test_the_return_curve_says_how_many_labels_would_have_been_wrong(results):
    """After three idle days one of a hundred comes back (`saved_results`)."""
    says = figures(section("windows", results))[-1].says
    assert "1.0% [0.2%, 5.4%] of 100 with a horizon of 3 days" in says
