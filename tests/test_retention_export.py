"""What goes to a CRM: a CSV that is safe to open, without the hold-out, and only what changed."""

import csv

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saved_retention import campaigns, planned, saved_run
from tenuto.errors import NotEnoughData
from tenuto.privacy import guarded, read_table, unguarded, write_csv, write_table
from tenuto.retention._exported import export


def rows_of(file):
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def run(tmp_path):
    return saved_run(tmp_path)


def exported(run, name="list.csv", listed=None, **options):
    listed = planned(run) if listed is None else listed
    done = export(listed, campaigns(run), run / name, **options)
    return done, [row for file in done.files for row in rows_of(file)]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_kept_from_it(begins):
    assert guarded(f"{begins}cmd|' /C calc'!A0").startswith(f"'{begins}")


@pytest.mark.parametrize("number", ["-1", "-0.5", "+3", "-1e-05", "-.5"])
def test_a_negative_number_stays_a_number(number):
    assert guarded(number) == number


@given(st.text(), st.integers(0, 3))
def test_what_is_guarded_comes_back_as_it_was(text, n_quotes):
    text = "'" * n_quotes + text
    assert unguarded(guarded(text)) == text


def test_a_table_is_read_back_as_it_was_written(tmp_path):
    titles = ["=cmd|' /C calc'!A0", "'=1+1", "@home", "NA", "null", "-1", None, "'s Nachts"]
    table = pd.DataFrame({"title": titles, "n": range(8), "share": [0.5, None] * 4})
    write_table(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8").splitlines()[1].startswith("'=cmd")
    read = read_table(tmp_path / "t.csv")
    assert read["title"].astype(object).where(read["title"].notna(), None).tolist() == titles
    pd.testing.assert_frame_equal(read[["n", "share"]], table[["n", "share"]])


def test_a_table_that_is_not_there_or_empty_has_no_rows(tmp_path):
    (tmp_path / "t.csv").write_text("\n")
    assert read_table(tmp_path / "t.csv").empty
    assert read_table(tmp_path / "none.csv").empty


@given(st.text())
def test_no_guarded_text_begins_a_formula_unless_it_is_a_number(text):
    cell = guarded(text)
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == f"'{text}"
    if cell[:1] in ("=", "@", "\t", "\r"):
        raise AssertionError(cell)
    if cell[:1] in ("+", "-"):
        float(cell)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"))))
def test_whatever_is_in_a_cell_comes_back_from_the_file(tmp_path_factory, cells):
    file = tmp_path_factory.getbasetemp() / "cells.csv"
    write_csv(
        pd.DataFrame({"n": range(len(cells)), "text": pd.Series(cells, dtype="object")}), file
    )
    assert [row["text"] for row in rows_of(file)] == [guarded(cell) for cell in cells]


def test_lines_end_as_rfc_4180_wants_and_the_unknown_is_empty(tmp_path):
    table = pd.DataFrame({"a": ["x,y", None], "b": [1.5, float("nan")], "c": [True, False]})
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b'a,b,c\r\n"x,y",1.5,true\r\n,,false\r\n'


def test_those_held_out_are_not_in_the_file(run):
    done, rows = exported(run)
    assert {row["group"] for row in rows} == {"treat"}
    assert done.n_held_out > 0
    listed = planned(run)
    assert len(rows) == done.n_rows == listed["contacted"].sum()


def test_those_held_out_are_in_it_for_a_crm_that_keeps_the_groups(run):
    done, rows = exported(run, with_holdout=True)
    assert sum(row["group"] == "holdout" for row in rows) == done.n_held_out


def test_nobody_who_is_left_alone_is_sent(run):
    _, rows = exported(run)
    assert "leave_alone" not in {row["recommended_action"] for row in rows}


def test_song_titles_cannot_run_in_a_spreadsheet(run):
    _, rows = exported(run)
    assert rows[0]["song_1_title"] == "'=Song 1 by Ann"
    parquet = pd.read_parquet(run / "list.parquet")
    assert parquet["song_1_title"].iloc[0] == "=Song 1 by Ann"


def test_a_second_export_of_what_changed_is_empty(run):
    exported(run)
    done, rows = exported(run, "again.csv", only_changed=True)
    assert rows == []
    assert done.n_unchanged == planned(run)["contacted"].sum()


def test_what_moves_every_day_is_no_change(run):
    listed = planned(run)
    exported(run, listed=listed)
    moved = listed.assign(probability=listed["probability"] * 0.99, as_of="2017-04-30")
    _, rows = exported(run, "again.csv", listed=moved, only_changed=True)
    assert rows == []


def test_another_action_is_a_change(run):
    listed = planned(run)
    exported(run, listed=listed)
    first = listed.index[listed["contacted"]][0]
    listed.loc[first, "action"] = "discount!"
    _, rows = exported(run, "again.csv", listed=listed, only_changed=True)
    assert [row["recommended_action"] for row in rows] == ["discount!"]


def test_who_was_sent_and_is_not_to_be_contacted_now_is_named_once(run):
    listed = planned(run)
    exported(run, listed=listed)
    first = listed.index[listed["contacted"]][0]
    listed.loc[first, ["contacted", "is_planned"]] = False
    done, rows = exported(run, "again.csv", listed=listed, only_changed=True)
    assert [row["recommended_action"] for row in rows] == ["leave_alone"]
    assert rows[0]["external_id"] == str(listed.loc[first, "user_id"])
    assert done.n_withdrawn == 1
    assert exported(run, "third.csv", listed=listed, only_changed=True)[1] == []


def test_a_long_list_is_split_into_files_with_a_header_each(run):
    done, rows = exported(run, rows_per_file=20)
    assert [file.name for file in done.files[:2]] == ["list-1.csv", "list-2.csv"]
    assert [len(rows_of(file)) for file in done.files[:2]] == [20, 20]
    assert len(rows) == done.n_rows


def test_an_empty_list_is_not_exported(run):
    with pytest.raises(NotEnoughData, match="nobody is on the call list"):
        exported(run, listed=planned(run).head(0))
