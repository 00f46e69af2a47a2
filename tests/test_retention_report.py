"""What the report shows of a plan: whom to contact and why, what it earns, what is assumed."""

import shutil

import pandas as pd
import pytest

import saved_results
from saved_results import CUTOFF
from saved_retention import planned, saved_run
from tenuto.record import read_json, write_json
from tenuto.reports import call_list, in_short, profit
from tenuto.reports._parts import Facts, Figure, Notice, Paragraph, Row, Table
from tenuto.reports._results import Results


def results_of(tmp_path, **retention):
    """A full run, with the retention of a smaller one beside it."""
    workspace = saved_results.saved_workspace(tmp_path / "w")
    run = saved_run(tmp_path / "planned")
    planned(run, **retention)
    shutil.copytree(run / "retention", workspace.run_folder(CUTOFF) / "retention")
    return Results(workspace, CUTOFF)


@pytest.fixture
def results(tmp_path):
    return results_of(tmp_path)


def tables(parts):
    return {part.caption: part for part in parts if isinstance(part, Table)}


def said(parts):
    return " ".join(str(part.text) for part in parts if isinstance(part, Paragraph | Notice))


def figures(parts):
    return {one.name: one for part in parts if isinstance(part, Row) for one in part.figures}


def test_without_a_plan_the_call_list_is_the_ranked_one_and_nothing_is_said_of_profit(tmp_path):
    results = Results(saved_results.saved_workspace(tmp_path / "w"), CUTOFF)
    assert profit.section(results) == []
    assert list(tables(call_list.section(results))) == ["The first 20 listeners to call"]


def test_a_plan_that_was_skipped_is_none(results):
    file = results.folder / "retention" / "summary.json"
    write_json(file, read_json(file) | {"skipped": "too short"})
    assert profit.section(results) == []


def test_the_first_to_contact_are_shown_with_why_what_and_songs(results):
    table = tables(call_list.section(results))["The first 20 listeners to contact"]
    listed = pd.read_parquet(results.folder / "retention" / "call_list.parquet")
    first = listed[listed["contacted"]].iloc[0]
    rank, listener, _, _, why, action, songs = table.rows[0]
    assert (rank, listener) == (str(first["rank"]), str(first["user_id"]))
    assert why == "sentence 1\nsentence 2"
    assert action == "discount"
    assert songs == "=Song 1 by Ann\n=Song 2 by Ann"


def test_those_held_out_are_not_shown(tmp_path):
    results = results_of(tmp_path, holdout_share=0.5)
    listed = pd.read_parquet(results.folder / "retention" / "call_list.parquet")
    held_out = set(listed.loc[listed["group"] == "holdout", "user_id"].astype(str))
    table = tables(call_list.section(results))
    (shown,) = [table[name] for name in table if name.endswith("to contact")]
    assert not held_out & {row[1] for row in shown.rows}


def test_the_answer_says_how_profit_compares_with_the_recency_rule(results):
    (notice,) = [part for part in profit.section(results) if isinstance(part, Notice)]
    assert "recency rule" in notice.text
    file = results.folder / "retention" / "summary.json"
    summary = read_json(file)
    summary["profit"][0] |= {"difference": -5.0, "difference_low": -9.0, "difference_high": -1.0}
    write_json(file, summary)
    (notice,) = [part for part in profit.section(results) if isinstance(part, Notice)]
    assert notice.tone == "warning"
    assert "The recency rule would have brought more" in notice.text


def test_the_curves_have_their_maximum_and_their_cap_in_words(results):
    drawn = figures(profit.section(results))
    assert set(drawn) == {"profit", "profit_lift"}
    assert drawn["profit"].says.startswith("Most is earned with")
    assert "no order could have more than" in drawn["profit_lift"].says
    assert all(isinstance(one, Figure) and "<title>" in one.svg for one in drawn.values())


def test_a_capacity_is_a_line_and_a_sentence(tmp_path):
    drawn = figures(profit.section(results_of(tmp_path, capacity=10)))
    assert "The capacity of 10 earns" in drawn["profit"].says


def test_everything_assumed_is_said(results):
    parts = profit.section(results)
    text = said(parts)
    assert "10.00 on the free plan and 100 on the paid plan" in text
    assert "a contact costs 0.05" in text
    table = tables(parts)["Actions, as assumed"]
    assert ["free month", "30%", "8.00", "0.05"] in [list(row[:4]) for row in table.rows]


def test_the_stage_of_stickiness_says_what_it_changes(tmp_path):
    text = said(profit.section(results_of(tmp_path, stage="stickiness")))
    assert "price cuts at twice" in text


def test_without_a_test_the_assumptions_are_all_there_is(results):
    file = results.folder / "retention" / "summary.json"
    write_json(file, read_json(file) | {"profit": []})
    parts = profit.section(results)
    assert not any(isinstance(part, Row | Facts) for part in parts)
    assert "Actions, as assumed" in tables(parts)


def test_no_part_shows_a_missing_value(results):
    for part in [*profit.section(results), *call_list.section(results)]:
        rows = part.rows if isinstance(part, Table) else []
        words = " ".join(" ".join(row) for row in rows).split()
        assert not {"nan", "None", "<NA>", "NaN"} & set(words)


def test_the_first_page_says_how_many_to_contact_and_what_it_is_expected_to_bring(results):
    found = read_json(results.folder / "retention" / "summary.json")
    first_page = said(in_short.section(results))
    assert f"contact the {found['n_contacted']} listeners" in first_page
    assert f"{found['n_held_out']} other" in first_page
