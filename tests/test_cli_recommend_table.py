"""``tenuto recommend fit``, ``for`` and ``export``: a table in, lists and plain files out."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from test_cli import tenuto
from test_recommend_table import camps, log, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a table, a model made from it, and what was shown."""
    place = tmp_path_factory.mktemp("songs")
    table = written(place, camps())
    shown = tenuto(
        *("recommend", "fit", table, "--out", place / "songs"),
        *("--model", "als", "--no-tuning", "-k", "5"),
    )
    assert shown.exit_code == 0, shown.output
    (place / "shown.txt").write_text(shown.stdout, "utf-8")
    return place


def test_fitting_says_what_was_read_and_how_good_it_would_have_been(folder):
    shown = (folder / "shown.txt").read_text("utf-8")
    assert "320 of 320 rows: 40 users, 24 items, 320 pairs." in shown
    assert "user 'userID' (by its name), item 'artistID' (by its name)" in shown
    assert "A random 20% of each listener's items was held out" in shown
    lines = [line.split() for line in shown.splitlines() if line.startswith("what is new")]
    assert [line[6] for line in lines] == ["als", "popularity"]
    assert f"tenuto recommend for {folder / 'songs'} --user ID" in shown


def test_json_has_the_same_figures(folder, tmp_path):
    shown = tenuto(
        *("recommend", "fit", folder / "pairs.csv", "--out", tmp_path / "songs"),
        *("--model", "item-knn", "--no-tuning", "--test", "0", "--json"),
    )
    told = json.loads(shown.stdout)
    assert told["model"] == "item_knn"
    assert told["figures"] == []
    assert told["folder"] == str(tmp_path / "songs")


def test_a_log_is_judged_on_what_comes_next_and_on_what_is_new(tmp_path):
    shown = tenuto(
        *("recommend", "fit", written(tmp_path, log()), "--out", tmp_path / "songs"),
        *("--model", "item_knn", "--no-tuning"),
    )
    assert "Learned from all before 2024-01-" in shown.stdout
    assert "personal then global" in shown.stdout
    assert "(discover and mix for everybody)" in shown.stdout


def test_one_user_gets_a_list_with_reasons(folder):
    shown = tenuto("recommend", "for", folder / "songs", "--user", "7", "-k", "2")
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["rank", "item_id", "score", "reason"]
    assert len(lines) == 3
    assert "because you played " in lines[1]


def test_a_newcomer_is_served_as_json(folder):
    shown = tenuto("recommend", "for", folder / "songs", "--history", "1,2", "--json")
    told = json.loads(shown.stdout)
    assert told["n_heard"] == 2
    assert all(song["item_id"] < 12 for song in told["songs"])


def test_an_unknown_user_is_the_users_mistake(folder):
    shown = tenuto("recommend", "for", folder / "songs", "--user", "4711")
    assert shown.exit_code == 2
    assert "no user 4711" in shown.stderr
    assert "--history" in shown.stderr


def test_a_folder_without_a_model_says_how_to_make_one(tmp_path):
    shown = tenuto("recommend", "for", tmp_path, "--user", "1")
    assert shown.exit_code == 2
    assert "tenuto recommend fit" in shown.stderr


def test_a_column_that_cannot_be_told_is_asked_for(tmp_path):
    file = written(tmp_path, camps().rename(columns={"artistID": "thing"}))
    shown = tenuto("recommend", "fit", file, "--out", tmp_path / "songs")
    assert shown.exit_code == 2
    assert "There are: userID, thing, weight" in shown.stderr
    assert "--item COLUMN" in shown.stderr
    assert not (tmp_path / "songs").exists()


def test_a_model_moves_out_and_in_again_with_the_same_lists(folder, tmp_path):
    factors, pairs = tmp_path / "factors.npz", tmp_path / "pairs.parquet"
    shown = tenuto(
        *("recommend", "export", folder / "songs", "--factors", factors, "--pairs", pairs),
        *("--similar", tmp_path / "similar.csv"),
    )
    assert shown.exit_code == 0, shown.output
    assert "320 pairs." in shown.stdout
    shown = tenuto(
        *("recommend", "fit", pairs, "--factors", factors, "--out", tmp_path / "again", "-k", "5"),
    )
    assert shown.exit_code == 0, shown.output
    assert "factors of Tenuto's 'als'" in shown.stdout
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "again" / "lists.csv"), pd.read_csv(folder / "songs" / "lists.csv")
    )


def test_a_model_without_factors_says_what_has_some(folder, tmp_path):
    tenuto(
        *("recommend", "fit", folder / "pairs.csv", "--out", tmp_path / "songs"),
        *("--model", "item_knn", "--no-tuning", "--test", "0"),
    )
    shown = tenuto("recommend", "export", tmp_path / "songs", "--factors", tmp_path / "f.npz")
    assert shown.exit_code == 2
    assert "'item_knn' has no factors" in shown.stderr
