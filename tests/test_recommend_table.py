"""Recommendations from a plain table: which column is what, what is held out, what is written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.sparse import coo_array, save_npz

from tenuto.errors import ContractError, SettingsError, SourceError, UnknownName
from tenuto.lists._table import export_model, fit_table, songs_for
from tenuto.lists._table_fit import PairSettings
from tenuto.lists._table_names import read_names
from tenuto.lists._table_read import read_pair_table
from tenuto.lists._table_split import Asked, has_repeats, held_out_of

QUICK = PairSettings(model="item_knn", budget_s=None, k=5)


def written(folder, frame, name="pairs.csv", **options):
    file = folder / name
    frame.to_csv(file, index=False, **options)
    return file


def camps(n_users=40, n_items=12, seed=0):
    """Two camps: even listeners play low items, odd ones high items; each leaves a third out."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(1, n_users + 1):
        own = np.arange(n_items) + n_items * (user % 2)
        rows += [(user, int(item), int(rng.integers(1, 9))) for item in rng.permutation(own)[:8]]
    return pd.DataFrame(rows, columns=["userID", "artistID", "weight"])


def log(n_users=30, days=20, seed=0):
    """Plays with a clock, and with repeats."""
    rng = np.random.default_rng(seed)
    day = pd.date_range("2024-01-01", periods=days)
    frames = [
        pd.DataFrame(
            {
                "user_id": user,
                "song_id": rng.integers(0, 8, days) + 8 * (user % 2),
                "ts": day + pd.to_timedelta(rng.integers(0, 80_000, days), unit="s"),
            }
        )
        for user in range(n_users)
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder made from the two camps."""
    place = tmp_path_factory.mktemp("camps")
    summary = fit_table(written(place, camps()), place / "out", QUICK)
    return place / "out", summary


# Which column is what.


@pytest.mark.parametrize(
    "names",
    [
        ("userID", "artistID", "weight"),
        ("user_id", "item_id", "rating"),
        ("User", "Track", "Plays"),
        ("user_id:token", "item_id:token", "rating:float"),
        ("msno", "song_id", "play_count"),
    ],
)
def test_columns_are_told_by_their_names(tmp_path, names):
    table = read_pair_table(written(tmp_path, camps(4).set_axis(names, axis=1)))
    assert list(table.rows) == ["user_id", "item_id", "weight"]
    assert f"user '{names[0]}' (by its name)" in table.what


def test_a_table_without_a_header_is_told_by_its_looks(tmp_path):
    frame = pd.DataFrame(
        {"user": [196, 186, 22, 22], "item": [242, 302, 377, 51], "stars": [3, 3, 1, 3]}
    ).assign(at=[881250949, 891717742, 878887116, 880606923])
    table = read_pair_table(written(tmp_path, frame, "u.data", sep="\t", header=False))
    assert table.rows["user_id"].tolist() == [196, 186, 22, 22]
    assert table.rows["item_id"].tolist() == [242, 302, 377, 51]
    assert table.rows["weight"].tolist() == [3, 3, 1, 3]
    assert table.rows["time"].dt.year.tolist() == [1997, 1998, 1997, 1997]


def test_a_column_that_was_named_is_taken_whatever_it_is_called(tmp_path):
    frame = camps(4).set_axis(["a", "b", "c"], axis=1)
    table = read_pair_table(written(tmp_path, frame), {"user": "a", "item": "b", "weight": "c"})
    assert "user 'a' (as you said)" in table.what


def test_who_cannot_be_told_is_asked_for_with_the_columns_there_are(tmp_path):
    file = written(tmp_path, camps(4).rename(columns={"artistID": "thing"}))
    with pytest.raises(SourceError, match=r"like an item\. There are: userID, thing") as told:
        read_pair_table(file)
    assert told.value.mend == "name it with --item COLUMN"


def test_a_misspelt_column_is_named_with_those_that_there_are(tmp_path):
    with pytest.raises(SourceError, match=r"no column 'artist'\. There are: userID"):
        read_pair_table(written(tmp_path, camps(4)), {"item": "artist"})


def test_rows_that_cannot_be_used_are_counted_with_the_reason(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text("user,item,plays\n1,a,2\n,b,1\n2,,1\n2,b,-1\n2,b,many\n2,b,3\n1,b\n")
    # Given as a weight, what is no number cannot be one; by its name alone it would not be taken.
    table = read_pair_table(file, {"weight": "plays"})
    assert table.rows["weight"].tolist() == [2, 3]
    assert table.n_read == 7
    assert table.notes == [
        "lines with more or fewer cells than the others: 1",
        "1 row with no user left out",
        "1 row with no item left out",
        "1 row with a weight that is no number left out",
        "1 row with a weight below 0 left out",
    ]


@pytest.mark.parametrize(
    ("ids", "kept"),
    [(["1", "22"], [1, 22]), (["007", "8"], ["007", "8"]), (["a", "1"], ["a", "1"])],
)
def test_ids_are_whole_numbers_only_where_all_are(tmp_path, ids, kept):
    frame = pd.DataFrame({"user_id": ids, "item_id": ["x", "y"]})
    assert read_pair_table(written(tmp_path, frame)).rows["user_id"].tolist() == kept


def test_a_parquet_file_says_itself_whether_an_id_is_text(tmp_path):
    frame = pd.DataFrame({"user_id": ["1", "2"], "item_id": [3, 4]})
    frame.to_parquet(tmp_path / "pairs.parquet")
    rows = read_pair_table(tmp_path / "pairs.parquet").rows
    assert rows["user_id"].tolist() == ["1", "2"]
    assert rows["item_id"].tolist() == [3, 4]


def test_the_same_rows_in_any_format_are_the_same_table(tmp_path):
    frame = camps(6)
    files = [
        written(tmp_path, frame),
        written(tmp_path, frame, "pairs.tsv.gz", sep="\t"),
        tmp_path / "pairs.parquet",
        tmp_path / "pairs.jsonl",
    ]
    frame.to_parquet(files[2])
    frame.to_json(files[3], orient="records", lines=True)
    first, *others = [read_pair_table(file).rows for file in files]
    for other in others:
        pd.testing.assert_frame_equal(first, other, check_dtype=False)


def test_a_sparse_matrix_is_a_table_of_its_cells(tmp_path):
    save_npz(tmp_path / "m.npz", coo_array(([2.0, 5.0], ([0, 2], [1, 0])), shape=(3, 2)))
    table = read_pair_table(tmp_path / "m.npz", item_ids=pd.Index(["x", "y"]))
    assert table.rows.to_dict("list") == {
        "user_id": [0, 2],
        "item_id": ["y", "x"],
        "weight": [2.0, 5.0],
    }


def test_one_id_too_few_for_a_matrix_is_a_mistake(tmp_path):
    save_npz(tmp_path / "m.npz", coo_array(([2.0], ([0], [1])), shape=(3, 2)))
    with pytest.raises(ContractError, match="2 ids for 3"):
        read_pair_table(tmp_path / "m.npz", user_ids=pd.Index([1, 2]))


# What is held out.


def held(tmp_path, frame, split="auto", share=0.2):
    table = read_pair_table(written(tmp_path, frame))
    return table, held_out_of(table, Asked(share, split, 0))


@pytest.mark.parametrize("split", ["auto", "forward", "last", "random"])
def test_every_row_is_either_learned_from_or_asked_for(tmp_path, split):
    table, found = held(tmp_path, log(), split)
    both = pd.concat([found.train.rows, found.test]).sort_index()
    pd.testing.assert_frame_equal(both, table.rows)
    assert 0.1 < len(found.test) / len(table.rows) < 0.3


def test_a_log_is_held_out_forward_in_time(tmp_path):
    _, found = held(tmp_path, log())
    assert found.split == "forward"
    assert found.train.rows["time"].max() < found.cut <= found.test["time"].min()


def test_where_nobody_comes_back_the_last_part_of_each_listener_is_held_out(tmp_path):
    frame = log()
    # Everybody in a day of their own, as where people rate all at once.
    frame["ts"] = frame["ts"].dt.normalize().min() + pd.to_timedelta(
        frame["user_id"] * 86_400 + np.arange(len(frame)) % 1000, unit="s"
    )
    _, found = held(tmp_path, frame)
    assert found.split == "last"
    last_known = found.train.rows.groupby("user_id")["time"].max()
    first_asked = found.test.groupby("user_id")["time"].min()
    assert (last_known.reindex(first_asked.index) <= first_asked).all()


def test_without_a_time_no_pair_is_on_both_sides(tmp_path):
    _, found = held(tmp_path, pd.concat([camps(), camps()]))
    pairs = ["user_id", "item_id"]
    assert found.split == "random"
    assert found.train.rows.merge(found.test, on=pairs).empty


def test_a_table_without_a_clock_cannot_be_split_forward(tmp_path):
    with pytest.raises(SettingsError, match="no clock to go forward in"):
        held(tmp_path, camps(), "forward")


def test_repeats_need_a_time(tmp_path):
    assert has_repeats(read_pair_table(written(tmp_path, log())))
    twice = pd.concat([camps(), camps()])
    assert not has_repeats(read_pair_table(written(tmp_path, twice)))


# What is written.


def test_lists_are_of_ones_own_camp_and_new(made):
    folder, summary = made
    lists = pd.read_csv(folder / "lists.csv")
    heard = camps()[["userID", "artistID"]].set_axis(["user_id", "item_id"], axis=1)
    assert lists.merge(heard, on=["user_id", "item_id"]).empty
    # Four are left of everybody's own camp of twelve.
    assert (lists.groupby("user_id").size() == 4).all()
    assert ((lists["item_id"] >= 12) == (lists["user_id"] % 2 == 1)).all()
    assert summary.n_list_rows == len(lists) == 160


def test_both_files_of_lists_have_the_same_rows(made):
    folder, _ = made
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "lists.csv"),
        pq.read_table(folder / "lists.parquet").to_pandas(),
        check_dtype=False,
    )


def test_figures_stand_beside_popularity_and_personalisation_wins_where_it_must(made):
    folder, summary = made
    by = {row["recommender"]: row for row in summary.figures}
    assert set(by) == {"item knn", "popularity"}
    # Items of the other camp are worth nothing, and popularity shows them.
    assert by["item knn"]["ndcg@10"] > by["popularity"]["ndcg@10"] + 0.1
    assert by["item knn"]["verdict"] == "better"
    assert json.loads((folder / "table.json").read_text())["how"].startswith("A random 20%")


def test_a_log_with_repeats_gets_a_mix_as_well(tmp_path):
    summary = fit_table(written(tmp_path, log()), tmp_path / "out", QUICK)
    lists = pd.read_csv(tmp_path / "out" / "lists.csv")
    assert summary.lists == ["discover", "mix"]
    assert {row["target"] for row in summary.figures} == {"all", "new"}
    own = lists[lists["reason_code"] == "own"]
    assert set(own["list"]) == {"mix"}
    assert own["reason"].str.match(r"you played it .+, last (yesterday|\d+ days ago)").all()


def test_the_same_table_and_seed_give_the_same_bytes(tmp_path):
    file = written(tmp_path, camps())
    for name in ("one", "two"):
        fit_table(file, tmp_path / name, QUICK)
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert len(files) > 5
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_settings_are_searched_for_and_what_was_tried_is_kept(tmp_path):
    settings = PairSettings(model="item_knn", budget_s=20.0, k=5)
    file = written(tmp_path, camps())
    fit_table(file, tmp_path / "out", settings)
    trials = pd.read_csv(tmp_path / "out" / "tuning" / "item_knn.csv")
    assert len(trials) > 1
    manifest = json.loads((tmp_path / "out" / "model" / "manifest.json").read_text())
    assert len(manifest["tuning"]["trials"]) == len(trials)
    # The second time the answer is on the shelf.
    before = (tmp_path / "out" / "tuning" / "choices.json").read_bytes()
    fit_table(file, tmp_path / "out", settings)
    assert (tmp_path / "out" / "tuning" / "choices.json").read_bytes() == before


def test_a_table_too_small_to_hold_anything_out_is_still_learned_from(tmp_path):
    frame = pd.DataFrame({"user": [1, 2, 2], "item": ["a", "a", "b"]})
    settings = PairSettings(model="item_knn", k=5)
    summary = fit_table(written(tmp_path, frame), tmp_path / "out", settings)
    assert summary.n_pairs == 3
    assert any(note.startswith("not tuned: ") for note in summary.notes)
    assert [song["item_id"] for song in songs_for(tmp_path / "out", user="1").songs] == ["b"]


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match="holds other files"):
        fit_table(written(tmp_path, camps()), tmp_path / "out", QUICK)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


# One listener.


def test_a_listener_gets_the_list_that_was_written(made):
    folder, _ = made
    lists = pd.read_csv(folder / "lists.csv")
    songs = songs_for(folder, user="7", k=5).songs
    of_seven = lists[lists["user_id"] == 7]
    assert [song["item_id"] for song in songs] == of_seven["item_id"].tolist()
    assert [song["reason"] for song in songs] == of_seven["reason"].tolist()


def test_a_newcomer_gets_a_list_from_what_they_heard(made):
    folder, _ = made
    served = songs_for(folder, history=["1", "2", "99"], k=5)
    items = [song["item_id"] for song in served.songs]
    assert set(items) < set(range(12)) - {1, 2}
    assert served.unknown == ["99"]
    assert served.songs[0]["because_1"] in (1, 2)
    assert served.songs[0]["reason"].startswith("because you played ")


def test_what_was_heard_comes_back_when_asked_for(made):
    folder, _ = made
    served = songs_for(folder, history=["1", "2"], k=12, include_heard=True)
    assert {1, 2} <= {song["item_id"] for song in served.songs}


def test_a_listener_without_taste_gets_what_is_popular(tmp_path):
    frame = pd.concat(
        [camps(), pd.DataFrame({"userID": [99], "artistID": [0], "weight": [0]})],
        ignore_index=True,
    )
    fit_table(written(tmp_path, frame), tmp_path / "out", QUICK)
    songs = songs_for(tmp_path / "out", user="99", k=3).songs
    assert [song["reason_code"] for song in songs] == ["popular"] * 3
    assert 0 not in [song["item_id"] for song in songs]
    assert songs[0]["reason"].startswith("heard by ")


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"user": "nobody"}, "no user nobody among 40"), ({"history": ["zz"]}, "met none of zz")],
)
def test_who_or_what_is_unknown_is_said(made, asked, said):
    with pytest.raises(UnknownName, match=said):
        songs_for(made[0], **asked)


def test_one_of_user_and_history_is_wanted(made):
    with pytest.raises(SettingsError, match="for whom"):
        songs_for(made[0])


def test_nothing_to_export_is_a_mistake(made):
    with pytest.raises(SettingsError, match="nothing to write"):
        export_model(made[0])


# Names.


def test_items_are_called_by_their_names_in_reasons(tmp_path):
    items = pd.DataFrame({"id": range(24), "name": [f"Band {n}" for n in range(24)]})
    names = written(tmp_path, items, "artists.tsv", sep="\t")
    fit_table(written(tmp_path, camps()), tmp_path / "out", QUICK, names=names)
    song = songs_for(tmp_path / "out", user="1", k=1).songs[0]
    assert song["title"] == f"Band {song['item_id']}"
    assert song["reason"].startswith("because you played Band ")
    assert "title" in pd.read_csv(tmp_path / "out" / "lists.csv")


def test_a_title_is_told_with_its_artist(tmp_path):
    items = pd.DataFrame({"song_id": ["a", "b"], "title": ["Sleep", "Wake"], "artist": ["Ann", ""]})
    assert read_names(written(tmp_path, items)) == {"a": "Sleep by Ann", "b": "Wake"}


def test_a_table_of_names_needs_names(tmp_path):
    with pytest.raises(SourceError, match="no column is called like a name"):
        read_names(written(tmp_path, pd.DataFrame({"item_id": [1], "colour": ["red"]})))
