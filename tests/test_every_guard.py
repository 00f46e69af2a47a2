"""What every guard promises: an honest study passes, and what it looked at is said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from guarded_service import a_service, looked_at
from tenuto.errors import LeakError, NotEnoughData
from tenuto.guards import CATALOGUE, Rows, Study, run_guards

GUARDS = CATALOGUE.names()


@pytest.fixture(scope="module")
def honest(duckdb_engine, tmp_path_factory):
    """A study with nothing wrong, scored by a model that knows a little."""
    timeline = a_service(duckdb_engine, tmp_path_factory.mktemp("service"))
    with looked_at(duckdb_engine, timeline) as study:
        luck = np.random.default_rng(0).random(len(study.tested))
        scored = {"coin": 0.2 * study.tested.y + luck}
        arrivals = pd.DataFrame({"day": [timeline.first_day], "arrived": [timeline.first_day]})
        yield replace(
            study,
            probability=scored,
            predict={"coin": lambda X, fold: np.full(len(X), 0.5)},
            arrivals=arrivals.assign(n_rows=1),
        )


@pytest.fixture(scope="module")
def table():
    """A table that somebody made: no cutoffs, no log, nothing scored."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"plays": rng.poisson(30, 90), "friends": rng.poisson(3, 90)}).astype(float)
    rows = Rows(np.arange(90), np.full(90, np.datetime64("2017-01-01")), X, rng.integers(0, 2, 90))
    return Study(rows, rows)


@pytest.mark.parametrize("name", GUARDS)
def test_an_honest_study_passes_and_what_was_looked_at_is_said(name, honest):
    said = CATALOGUE.get(name).check(honest)
    assert len(said.split()) > 5


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_is_a_question(name):
    assert CATALOGUE.get(name).LABEL.endswith("?")


@pytest.mark.parametrize("name", GUARDS)
def test_what_cannot_be_asked_of_a_table_is_said_and_is_no_refusal(name, table):
    try:
        said = CATALOGUE.get(name).check(table)
    except NotEnoughData as unasked:
        said = unasked.message
    assert len(said.split()) > 4


@pytest.mark.parametrize("name", GUARDS)
def test_looking_changes_nothing_and_says_the_same_again(name, honest):
    before = honest.tested.X.copy()
    assert CATALOGUE.get(name).check(honest) == CATALOGUE.get(name).check(honest)
    pd.testing.assert_frame_equal(honest.tested.X, before)


# All of them together.


def test_the_record_has_a_row_for_every_guard_and_tells_unasked_from_passed(honest, table):
    assert run_guards(honest)["passed"].all()
    of_table = run_guards(table).set_index("guard")
    assert list(of_table.index) == GUARDS
    assert of_table["passed"].isna()["truncation"]
    assert of_table.loc["truncation", "said"].startswith("not asked: ")
    assert of_table.loc["single_feature", "passed"]


def test_all_refusals_are_told_at_once_each_under_its_guards_name(table):
    y = table.tested.y
    rows = replace(table.tested, X=table.tested.X.assign(left=y.astype(float)))
    copied = Study(rows, rows, label_starts_days=-14, label="now")
    with pytest.raises(LeakError) as caught:
        run_guards(copied)
    assert "single_feature: a feature alone" in caught.value.message
    assert "same_window: 'now' looks at the 14 days" in caught.value.message
    assert caught.value.mend.count(";") >= 2


def test_what_is_let_pass_by_name_stays_in_the_record(table):
    y = table.tested.y
    rows = replace(table.tested, X=table.tested.X.assign(left=y.astype(float)))
    by_column = run_guards(Study(rows, rows), ["left"], ["single_feature"])
    assert by_column["passed"].tolist() == [True]
    assert "let pass by name: left" in by_column["said"][0]
    by_guard = run_guards(Study(rows, rows), ["single_feature"], ["single_feature"])
    assert by_guard["passed"].tolist() == [False]
    assert by_guard["said"][0].startswith("let pass by name: a feature alone")
