"""The sections on what happens over time: calibration, drift, slices, matured figures, cards."""

from __future__ import annotations

import re
from datetime import timedelta

import pandas as pd
import pytest

import saved_results
from saved_monitoring import drift_rows, monitored_workspace, with_alarms
from saved_results import CUTOFF
from tenuto.reports import CATALOGUE
from tenuto.reports._parts import Figure, Notice, Row, Table
from tenuto.reports._results import Results

SECTIONS = ("calibration", "drift", "slices", "matured", "model_card")
every_section = pytest.mark.parametrize("name", SECTIONS)


def parts_of(name, workspace, cutoff=CUTOFF):
    return CATALOGUE.get(name).section(Results(workspace, cutoff))


def texts_of(parts):
    said = [part.text for part in parts if isinstance(part, Notice)]
    for part in parts:
        if isinstance(part, Table):
            said += [part.note, part.caption, *(column.title for column in part.columns)]
            said += [cell for row in part.rows for cell in ([row] if isinstance(row, str) else row)]
    rows = [figure for part in parts if isinstance(part, Row) for figure in part.figures]
    figures = rows + [part for part in parts if isinstance(part, Figure)]
    return said + [text for each in figures for text in (each.title, each.says, each.note)]


@pytest.fixture
def workspace(tmp_path):
    return monitored_workspace(tmp_path / "w")


@every_section
def test_a_run_that_was_not_monitored_has_no_such_section(name, tmp_path):
    assert parts_of(name, saved_results.saved_workspace(tmp_path / "w")) == []


@every_section
def test_a_section_shows_no_missing_value_as_nan_or_none(name, workspace):
    for text in texts_of(parts_of(name, workspace)):
        assert not {"nan", "NaN", "None", "<NA>"} & set(re.split(r"[\s\[\],;]+", text)), text


@every_section
def test_every_row_of_a_table_has_a_cell_for_every_column(name, workspace):
    tables = [part for part in parts_of(name, workspace) if isinstance(part, Table)]
    assert tables
    for table in tables:
        wide = {len(row) for row in table.rows if not isinstance(row, str)}
        assert wide == {len(table.columns)}


@every_section
def test_a_section_speaks_of_leavers_only_where_leaving_is_foretold(name, workspace):
    saved_results.foretelling(workspace, "cancellation")
    said = " ".join(texts_of(parts_of(name, workspace)))
    assert not re.findall(r"leavers|no event in the \d|do nothing|to leave", said)


def test_an_alarm_is_said_first_and_by_name(workspace):
    with_alarms(workspace, CUTOFF, "n_plays_7d")
    notice = parts_of("drift", workspace)[0]
    assert notice.tone == "warning"
    assert "n_plays_7d" in notice.text


def test_a_first_breach_is_no_alarm_yet(workspace):
    breached = drift_rows(level="alert", by_design=None)
    file = workspace.run_folder(CUTOFF) / "monitoring" / "drift.csv"
    pd.DataFrame(breached).to_csv(file, index=False)
    assert "not an alarm yet" in parts_of("drift", workspace)[0].text


def test_a_log_of_a_cohort_says_why_everything_moves(workspace):
    ageing = drift_rows(by_design="the log follows a cohort", may_alarm=False)
    file = workspace.run_folder(CUTOFF) / "monitoring" / "drift.csv"
    pd.DataFrame(ageing).to_csv(file, index=False)
    assert "follows a cohort" in parts_of("drift", workspace)[0].text


def test_what_matured_after_the_day_of_a_report_is_not_in_it(workspace):
    """A report drawn again in a year says what it said then."""
    told = " ".join(texts_of(parts_of("matured", workspace)))
    assert str(CUTOFF - timedelta(days=14)) in told
    assert str(CUTOFF + timedelta(days=1) - timedelta(days=14)) not in told


def test_equal_curves_before_and_after_are_drawn_once(workspace):
    figure = next(part for part in parts_of("calibration", workspace) if isinstance(part, Figure))
    assert len(figure.swatches) == 2
    file = workspace.run_folder(CUTOFF) / "monitoring" / "reliability.csv"
    table = pd.read_csv(file)
    after = table[table["stage"] == "after"]
    pd.concat([after, after.assign(stage="before")]).to_csv(file, index=False)
    figure = next(part for part in parts_of("calibration", workspace) if isinstance(part, Figure))
    assert [words for _, words in figure.swatches] == ["as the list says it"]


def test_slices_that_are_off_are_named_and_a_list_that_is_off_as_a_whole_too(workspace):
    file = workspace.run_folder(CUTOFF) / "monitoring" / "slices.csv"
    table = pd.read_csv(file)
    table.loc[table["slice"] == "all", "verdict"] = "says too much"
    table.to_csv(file, index=False)
    assert "Of all listeners together" in parts_of("slices", workspace)[0].text
    table.loc[table["value"] == "android", "verdict"] = "says too little"
    table.to_csv(file, index=False)
    notice = parts_of("slices", workspace)[0]
    assert notice.tone == "warning"
    assert "device android (says too little)" in notice.text


def test_a_feature_that_can_only_grow_is_in_the_table_and_not_in_the_chart(workspace):
    parts = parts_of("drift", workspace)
    (figure,) = [part for part in parts if isinstance(part, Figure)]
    (table,) = [part for part in parts if isinstance(part, Table)]
    assert "days_since_first_event" not in figure.svg
    assert "n_plays_7d" in figure.svg
    assert [row[0] for row in table.rows] == ["days_since_first_event", "n_plays_7d"]


def test_probabilities_a_little_high_as_a_whole_are_said_to_be_so(workspace):
    file = workspace.run_folder(CUTOFF) / "monitoring" / "calibration.csv"
    table = pd.read_csv(file)
    is_intercept = table["metric"] == "calibration_intercept"
    table.loc[is_intercept, ["value", "low", "high"]] = [-0.17, -0.3, -0.05]
    table.to_csv(file, index=False)
    assert "a little high as a whole" in parts_of("calibration", workspace)[0].text


def test_probabilities_that_are_off_are_said_to_be(workspace):
    file = workspace.run_folder(CUTOFF) / "monitoring" / "calibration.csv"
    table = pd.read_csv(file)
    is_slope = table["metric"] == "calibration_slope"
    table.loc[is_slope, ["value", "low", "high"]] = [0.6, 0.5, 0.7]
    table.to_csv(file, index=False)
    notice = parts_of("calibration", workspace)[0]
    assert notice.tone == "warning"
    assert "not its percentages" in notice.text
