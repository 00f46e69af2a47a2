"""What every insight promises, whatever the log can tell."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from conftest import bytes_of
from insight_views import a_service, outcomes_of, scores_of, view_of
from service import CUTOFF, did, played
from tenuto.insights import CATALOGUE, View, write_insights
from tenuto.insights._small_cells import MIN_LISTENERS

INSIGHTS = CATALOGUE.names()
#: How many listeners a row of a shared table is about.
SIZES = ("n_listeners", "n_cohort", "n_test", "n_loyal", "n_others", "n_listeners_before")


@pytest.fixture(scope="module")
def events() -> list[dict]:
    return a_service()


@pytest.fixture(scope="module")
def view(duckdb_engine, tmp_path_factory, events) -> View:
    return _judged(view_of(duckdb_engine, tmp_path_factory.mktemp("service"), events))


@pytest.fixture(scope="module")
def answers(view) -> dict[str, dict[str, pd.DataFrame]]:
    return {name: CATALOGUE.get(name).tables(view) for name in INSIGHTS}


def _judged(view: View) -> View:
    """``view`` after a study of who falls silent."""
    scores = scores_of(view, plans=True)
    return replace(
        view,
        scores=scores,
        test_scores=outcomes_of(scores, "boosting"),
        test_cutoff=CUTOFF,
        model="boosting",
    )


@pytest.mark.parametrize("name", INSIGHTS)
def test_an_insight_is_one_question_and_has_an_answer(name, answers):
    assert CATALOGUE.get(name).TITLE.endswith("?")
    assert any(len(table) for table in answers[name].values())


@pytest.mark.parametrize("name", INSIGHTS)
def test_a_shared_table_says_nothing_of_fewer_than_ten_listeners(name, answers):
    for title, table in answers[name].items():
        for column in {"user_id", *SIZES} & set(table.columns):
            if "user_id" not in table.columns:
                known = table[column].dropna()
                assert not known.between(1, MIN_LISTENERS - 1).any(), title


@pytest.mark.parametrize("name", INSIGHTS)
def test_a_table_about_single_listeners_has_each_of_them_once(name, answers):
    for table in answers[name].values():
        if "user_id" in table.columns:
            assert table["user_id"].is_unique
            assert table["user_id"].is_monotonic_increasing


@pytest.mark.parametrize("name", INSIGHTS)
def test_an_interval_holds_its_figure(name, answers):
    figures = ("share_active", "rate", "effect", "difference", "expected")
    for title, table in answers[name].items():
        if {"low", "high"} <= set(table.columns):
            for figure in set(figures) & set(table.columns):
                known = table.dropna(subset=[figure, "low", "high"])
                assert (known["low"] <= known[figure] + 1e-9).all(), title
                assert (known[figure] <= known["high"] + 1e-9).all(), title


@pytest.mark.parametrize("name", INSIGHTS)
def test_without_a_study_an_insight_tells_what_it_can(name, view):
    unstudied = View(view.engine, view.timeline, view.cutoff, view.horizon_days, "inactivity")
    for table in CATALOGUE.get(name).tables(unstudied).values():
        assert "mean_probability" not in table.columns


@pytest.mark.parametrize("name", INSIGHTS)
def test_two_listeners_are_too_few_to_say_anything_about(name, duckdb_engine, tmp_path):
    few = view_of(duckdb_engine, tmp_path, [played(1, 20), played(1, 2), played(2, 3)])
    for title, table in CATALOGUE.get(name).tables(few).items():
        for column in set(SIZES) & set(table.columns):
            if "user_id" not in table.columns:
                assert not table[column].dropna().any(), title


def test_the_same_view_leaves_the_same_bytes(view, tmp_path):
    for folder, n_threads in (("once", 1), ("again", 1), ("by three", 3)):
        write_insights(view, tmp_path / folder, n_threads)
    once = bytes_of(tmp_path / "once")
    assert bytes_of(tmp_path / "again") == once
    assert bytes_of(tmp_path / "by three") == once


def test_what_comes_after_the_cutoff_changes_nothing(view, events, duckdb_engine, tmp_path):
    later = [played(user, -(user % 5), item=user) for user in range(1, 60)]
    later += [did(user, "download", 0) for user in range(300, 340)]
    wiser = view_of(duckdb_engine, tmp_path / "log", [*events, *later])
    write_insights(view, tmp_path / "as it was")
    write_insights(_judged(wiser), tmp_path / "with more")
    assert bytes_of(tmp_path / "as it was") == bytes_of(tmp_path / "with more")


@pytest.mark.slow
@pytest.mark.parametrize("name", INSIGHTS)
def test_spark_gives_the_same_tables(name, answers, view, spark_engine):
    again = CATALOGUE.get(name).tables(replace(view, engine=spark_engine))
    for title, table in answers[name].items():
        pd.testing.assert_frame_equal(again[title], table, check_dtype=False, rtol=1e-9)


def test_tables_about_listeners_are_parquet_and_the_others_csv(view, answers, tmp_path):
    summary = write_insights(view, tmp_path)
    for tables in answers.values():
        for title, table in tables.items():
            kind = "parquet" if "user_id" in table.columns else "csv"
            assert (tmp_path / f"{title}.{kind}").exists() == (len(table) > 0)
            assert (title in summary["tables"]) == (len(table) > 0)
