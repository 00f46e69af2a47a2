"""What the room promises of every recommender, whoever adds the next one."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from conftest import asked, every
from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._interactions import ITEM_SUMS, Interactions
from tenuto.rollups import CATALOGUE as ROLLUPS

CUTOFF = date(2017, 4, 29)


def interactions(*pairs, window_days=30):
    """From (user, item, preference, days ago); 0 days ago: saved, never played."""
    schema = pa.schema(
        [
            ("user_id", pa.string()),
            ("item_id", pa.string()),
            ("preference", pa.float64()),
            ("last_played", pa.date32()),
        ]
    )
    rows = [
        (user, item, liking, CUTOFF - timedelta(days=ago) if ago else None)
        for user, item, liking, ago in pairs
    ]
    names = schema.names
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)
    items = sorted({item for _, item, *_ in pairs})
    counts = [sum(pair[1] == item for pair in pairs) for item in items]
    sums = {"item_id": pa.array(items, pa.string())} | {
        column: pa.array(counts, pa.int64()) for column in ITEM_SUMS
    }
    return Interactions.of_tables(
        table, pa.table(sums), cutoff=CUTOFF, window_days=window_days, preference="counts"
    )


def a_crowd(n_users=40, n_items=25, seed=3):
    """Everybody knows some items, low numbers better than high ones."""
    rng = np.random.default_rng(seed)
    return [
        (f"u{user:02d}", f"i{item:02d}", float(rng.integers(1, 6)), int(rng.integers(0, 31)))
        for user in range(n_users)
        for item in range(n_items)
        if rng.random() < 0.6 * (1 - item / n_items) + 0.05
    ]


CROWD = a_crowd()
HEARD = {(user, item) for user, item, *_ in CROWD}


@pytest.fixture(scope="module", params=every(CATALOGUE))
def name(request):
    return asked(request, CATALOGUE)


@pytest.fixture(scope="module")
def fitted(name):
    return CATALOGUE.get(name).Model().fit(interactions(*CROWD))


def fit(name, *pairs):
    return CATALOGUE.get(name).Model().fit(interactions(*pairs))


def items_of(lists):
    return lists["item_id"].tolist()


def discovers(name):
    """Whether a member can recommend what a listener has not heard: all but `DISCOVERS = False`."""
    return getattr(CATALOGUE.get(name), "DISCOVERS", True)


def test_it_says_what_it_is_what_it_needs_and_what_it_costs(name):
    member = CATALOGUE.get(name)

    assert member.LABEL
    assert member.COST
    assert set(member.NEEDS) <= set(ROLLUPS)
    assert member.Model.name() == name


def test_lists_are_ranked_from_1_by_falling_score_without_an_item_twice(fitted):
    lists = fitted.recommend(["u03", "u01"], k=7, exclude_heard=False)

    assert list(lists.columns) == ["user_id", "rank", "item_id", "score"]
    assert lists["user_id"].drop_duplicates().tolist() == ["u03", "u01"]
    for _, one in lists.groupby("user_id"):
        assert one["rank"].tolist() == list(range(1, len(one) + 1))
        assert one["score"].is_monotonic_decreasing
        assert one["item_id"].is_unique


def test_what_was_heard_is_never_recommended_when_it_is_excluded(fitted):
    lists = fitted.recommend(fitted.user_ids, k=25, exclude_heard=True)

    shown = set(zip(lists["user_id"], lists["item_id"], strict=True))
    assert bool(shown) == discovers(fitted.name())
    assert not shown & HEARD


def test_what_was_heard_may_come_again_when_it_is_not_excluded(fitted):
    lists = fitted.recommend(fitted.user_ids, k=25, exclude_heard=False)

    assert set(zip(lists["user_id"], lists["item_id"], strict=True)) & HEARD


def test_a_batch_gives_what_its_users_get_one_by_one(fitted):
    users = [*fitted.user_ids[:6], "nobody"]
    together = fitted.recommend(users, k=5, exclude_heard=True)
    alone = [fitted.recommend([user], k=5, exclude_heard=True) for user in users]

    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_chunks_do_not_show(fitted, monkeypatch):
    whole = fitted.recommend(fitted.user_ids, k=5, exclude_heard=True)
    monkeypatch.setattr(type(fitted), "chunk_users", 7)

    pd.testing.assert_frame_equal(fitted.recommend(fitted.user_ids, 5, exclude_heard=True), whole)


def test_a_shorter_list_is_the_beginning_of_a_longer_one(fitted):
    long = fitted.recommend(fitted.user_ids, k=9, exclude_heard=True)
    short = fitted.recommend(fitted.user_ids, k=4, exclude_heard=True)

    beginning = long[long["rank"] <= 4].reset_index(drop=True)
    pd.testing.assert_frame_equal(short, beginning)


def test_the_order_of_rows_does_not_matter(name, fitted):
    backwards = fit(name, *CROWD[::-1])

    pd.testing.assert_frame_equal(
        backwards.recommend(fitted.user_ids, 25, exclude_heard=True),
        fitted.recommend(fitted.user_ids, 25, exclude_heard=True),
    )


def test_an_unknown_user_gets_what_a_user_without_a_history_gets(fitted):
    unknown = fitted.recommend(["nobody"], k=5, exclude_heard=True)
    nothing_known = pd.DataFrame(
        {"user_id": ["nobody"], "item_id": ["never met"], "preference": [1.0]}
    )

    folded_in = fitted.recommend_new(nothing_known, k=5, exclude_heard=True)

    pd.testing.assert_frame_equal(unknown, folded_in)


def test_a_new_user_with_a_known_users_history_gets_the_known_users_list(fitted):
    history = [(item, liking, ago) for user, item, liking, ago in CROWD if user == "u05"]
    newcomer = pd.DataFrame(history, columns=["item_id", "preference", "last_played_age"])

    folded_in = fitted.recommend_new(newcomer.assign(user_id="new"), k=8, exclude_heard=True)
    known = fitted.recommend(["u05"], k=8, exclude_heard=True)

    pd.testing.assert_frame_equal(folded_in, known.assign(user_id="new"))


def test_items_it_has_not_met_in_a_new_history_are_ignored(fitted):
    history = pd.DataFrame({"user_id": "new", "item_id": ["i00", "other"], "preference": 1.0})

    lists = fitted.recommend_new(history, k=25, exclude_heard=True)

    assert not {"i00", "other"} & set(lists["item_id"])


def test_nobody_is_asked_for(fitted):
    lists = fitted.recommend([], k=5, exclude_heard=True)

    assert len(lists) == 0
    assert list(lists.columns) == ["user_id", "rank", "item_id", "score"]


def test_one_user_and_one_item(name):
    model = fit(name, ("ann", "a", 1.0, 1))

    assert items_of(model.recommend(["bob"], 5, exclude_heard=False)) in ([], ["a"])
    assert len(model.recommend(["ann"], 5, exclude_heard=True)) == 0


def test_everything_was_heard_already(name):
    model = fit(name, *[("ann", item, 1.0, 1) for item in "abc"], ("bob", "a", 1.0, 1))

    assert len(model.recommend(["ann"], 5, exclude_heard=True)) == 0
    assert set(items_of(model.recommend(["bob"], 5, exclude_heard=True))) <= {"b", "c"}


def test_on_a_checkerboard_the_one_missing_square_is_found(name):
    # given even users who know the even items and odd users the odd ones, all but one pair
    pairs = [
        (f"u{user}", f"i{item}", 5.0, 1)
        for user in range(8)
        for item in range(8)
        if (user + item) % 2 == 0 and (user, item) != (0, 2)
    ]
    model = fit(name, *pairs)

    lists = model.recommend(["u0"], 8, exclude_heard=True)

    # then it is on the list, first for a model that knows tastes, and nothing heard is there
    assert ("i2" in items_of(lists)) == discovers(name)
    assert not {"i0", "i4", "i6"} & set(items_of(lists))


def test_a_saved_recommender_is_the_same_after_loading(fitted, tmp_path):
    digest = fitted.save(tmp_path / "saved")
    loaded = Recommender.load(tmp_path / "saved")

    for exclude_heard in (True, False):
        pd.testing.assert_frame_equal(
            loaded.recommend(fitted.user_ids, 9, exclude_heard=exclude_heard),
            fitted.recommend(fitted.user_ids, 9, exclude_heard=exclude_heard),
        )
    shown = fitted.recommend(["u01"], 5, exclude_heard=True)
    pd.testing.assert_frame_equal(loaded.explain(shown), fitted.explain(shown))
    assert loaded.settings == fitted.settings
    assert loaded.save(tmp_path / "again") == digest


def test_the_same_fit_is_saved_as_the_same_bytes(name, fitted, tmp_path):
    digest = fitted.save(tmp_path / "one")

    assert fit(name, *CROWD[::-1]).save(tmp_path / "two") == digest


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "users.parquet").write_bytes(b"x"),
        lambda folder: (folder / "users.parquet").unlink(),
        lambda folder: (folder / "extra.pkl").write_bytes(b"x"),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text("{}"),
    ],
    ids=["changed", "missing", "added", "no manifest", "half a manifest", "an empty manifest"],
)
def test_a_folder_that_is_not_as_it_was_saved_is_refused(fitted, tmp_path, harm):
    fitted.save(tmp_path)
    harm(tmp_path)

    with pytest.raises(ContractError):
        Recommender.load(tmp_path)


def test_another_format_is_refused_with_what_to_do(fitted, tmp_path):
    fitted.save(tmp_path / "saved")
    manifest = tmp_path / "saved" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 99}))

    with pytest.raises(ContractError, match="format 99"):
        Recommender.load(tmp_path / "saved")


def test_a_folder_with_other_files_is_not_overwritten(fitted, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(ContractError, match="holds other files"):
        fitted.save(tmp_path)


def test_every_row_has_a_reason_in_words_and_an_item_it_has_not_met_has_none(fitted):
    shown = fitted.recommend(["u01", "u02"], k=4, exclude_heard=True)
    shown.loc[len(shown)] = ["u02", 5, "never met", 0.0]

    reasons = fitted.explain(shown)

    causes = ["because_1", "share_1", "because_2", "share_2"]
    assert list(reasons.columns) == ["user_id", "item_id", "reason", *causes]
    assert all(isinstance(reason, str) and reason for reason in reasons["reason"][:-1])
    assert reasons["reason"].iloc[-1] is None


def test_what_the_entries_of_a_history_add_and_the_rest_is_the_score(fitted):
    histories = fitted.histories_of(pd.Index(["u01", "u02", "u03", "nobody"]))
    item = np.array([3, 8, 20, 0])

    value, rest = fitted.contributions(histories, item)

    total = np.bincount(histories.row_of_entry(), value, minlength=4) + rest
    scores = fitted.scores(histories)[np.arange(4), item]
    offered = scores > -np.inf
    np.testing.assert_allclose(total[offered], scores[offered], rtol=1e-6, atol=1e-6)


def test_lists_follow_the_scores(fitted):
    users = pd.Index(fitted.user_ids[:5])
    scores = fitted.scores(fitted.histories_of(users))
    item, score = fitted.rank(fitted.histories_of(users), 6, False)

    row, place = np.nonzero(item >= 0)
    np.testing.assert_allclose(score[row, place], scores[row, item[row, place]], rtol=1e-6)
    for number, of_row in enumerate(item):
        left_out = np.setdiff1d(np.arange(scores.shape[1]), of_row)
        if (of_row >= 0).all():
            assert scores[number, left_out].max() <= score[number].min() + 1e-9


def test_a_disliked_item_is_never_recommended_whatever_was_heard(fitted):
    history = pd.DataFrame(
        {
            "user_id": "new",
            "item_id": ["i00", "i01", "i02"],
            "preference": [3.0, 0.0, 2.0],
            "opinion": [0, -1, 1],
        }
    )

    for exclude_heard in (True, False):
        lists = fitted.recommend_new(history, k=25, exclude_heard=exclude_heard)
        assert "i01" not in set(lists["item_id"])


def test_it_has_to_be_fitted_on_something(name):
    with pytest.raises(NotEnoughData, match="nobody played anything in the 30 days"):
        fit(name)
    with pytest.raises(ContractError, match="was not fitted"):
        CATALOGUE.get(name).Model().recommend(["ann"], 5, exclude_heard=True)


def test_a_user_asked_for_twice_and_a_k_of_0_are_refused(fitted):
    with pytest.raises(ContractError, match="u01 is asked for twice"):
        fitted.recommend(["u01", "u01"], 5, exclude_heard=True)
    with pytest.raises(ContractError, match="k is 0"):
        fitted.recommend(["u01"], 0, exclude_heard=True)


def test_a_pair_there_twice_is_refused(fitted):
    with pytest.raises(ContractError, match="same item twice"):
        interactions(("ann", "a", 1.0, 1), ("ann", "a", 2.0, 1))
    twice = pd.DataFrame({"user_id": "new", "item_id": ["i00", "i00"], "preference": 1.0})
    with pytest.raises(ContractError, match="same item twice"):
        fitted.recommend_new(twice, 5, exclude_heard=True)
