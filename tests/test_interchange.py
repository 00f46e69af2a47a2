"""Factors, pairs and similar items in and out: what goes out comes back, and others can read it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from scipy.sparse import csr_matrix, load_npz

from conftest import asked, every
from tenuto.errors import ContractError, SourceError
from tenuto.recommenders import CATALOGUE
from tenuto.recommenders._contract import Recommender
from tenuto.recommenders._factors import Factors
from tenuto.recommenders._histories import ENTRY_COLUMNS
from tenuto.recommenders._interchange import export_factors, factors_of, read_factors
from tenuto.recommenders._interchange_files import read_factor_file
from tenuto.recommenders._interchange_pairs import (
    export_pairs,
    pairs_frame,
    read_matrix,
    read_pairs,
)
from tenuto.recommenders._interchange_similar import export_similar, similar_items
from tenuto.recommenders._plays import interactions_of

WITH_FACTORS = [
    member for member in every(CATALOGUE) if issubclass(CATALOGUE.get(member.id).Model, Factors)
]
FORMS = ["factors.npz", "factors"]


def camps(n_users=40, n_items=12, seed=0, as_text=False):
    """Even listeners play low items, odd ones high items."""
    rng = np.random.default_rng(seed)
    rows = [
        (user, int(item) + n_items * (user % 2), float(rng.integers(1, 9)))
        for user in range(n_users)
        for item in rng.permutation(n_items)[:8]
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "weight"])
    if as_text:
        frame = frame.assign(
            **{name: [f"é{n:03d}" for n in frame[name]] for name in frame.columns[:2]}
        )
    return interactions_of(frame, weight="weight")


def small(name):
    """A member with few factors: there are only 24 items."""
    return CATALOGUE.get(name).Model(embedding_size=6)


def saved_by_implicit(model, known, path, random_state=3):
    model.fit(csr_matrix(known.histories.taste()), show_progress=False)
    model.save(str(path))
    return model


# Factors.


@pytest.fixture(params=WITH_FACTORS)
def name(request):
    return asked(request, CATALOGUE)


@pytest.mark.parametrize("form", FORMS)
def test_factors_that_went_out_serve_the_same_lists_when_they_come_back(tmp_path, name, form):
    known = camps(as_text=True)
    model = small(name).fit(known)
    assert export_factors(model, tmp_path / form) == name
    back = read_factors(tmp_path / form, known).recommender
    for exclude_heard in (True, False):
        pd.testing.assert_frame_equal(
            back.recommend(known.user_ids, 7, exclude_heard=exclude_heard),
            model.recommend(known.user_ids, 7, exclude_heard=exclude_heard),
        )


@pytest.mark.parametrize("form", FORMS)
def test_the_same_model_gives_the_same_bytes(tmp_path, form):
    model = small("als").fit(camps())
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        export_factors(model, tmp_path / name / form)
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert files
    for file in files:
        twin = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert twin.read_bytes() == file.read_bytes()


def test_what_came_in_can_be_saved_and_loaded(tmp_path):
    known = camps()
    export_factors(small("ials").fit(known), tmp_path / "f.npz")
    model = read_factors(tmp_path / "f.npz", known).recommender
    model.save(tmp_path / "model")
    pd.testing.assert_frame_equal(
        Recommender.load(tmp_path / "model").recommend([3], 5, exclude_heard=True),
        model.recommend([3], 5, exclude_heard=True),
    )


def test_scores_are_inner_products_of_what_went_out():
    model = small("als").fit(camps())
    found = factors_of(model)
    lists = model.recommend([5], 3, exclude_heard=False)
    user = found.user_factors[found.user_ids.get_loc(5)]
    items = found.item_factors[found.item_ids.get_indexer(lists["item_id"])]
    np.testing.assert_allclose(items @ user, lists["score"], rtol=1e-4)


def test_implicit_loads_the_file_as_it_stands(tmp_path):
    known = camps()
    model = small("als").fit(known)
    export_factors(model, tmp_path / "f.npz")
    theirs = AlternatingLeastSquares.load(str(tmp_path / "f.npz"))
    heard = csr_matrix(known.histories.taste())[:1]
    items, _ = theirs.recommend(0, heard, N=4)
    ours = model.recommend([known.user_ids[0]], 4, exclude_heard=True)["item_id"]
    assert theirs.item_ids[items].tolist() == ours.tolist()


def test_als_of_implicit_keeps_its_lists(tmp_path):
    known = camps()
    theirs = AlternatingLeastSquares(factors=6, alpha=10.0, regularization=1.0, random_state=3)
    saved_by_implicit(theirs, known, tmp_path / "als.npz")
    found = read_factors(tmp_path / "als.npz", known, item_ids=known.item_ids)
    items, _ = theirs.recommend(np.arange(40), csr_matrix(known.histories.taste()), N=4)
    ours, _ = found.recommender.rank(known.histories, 4, True)
    shared = np.mean([len(set(one) & set(other)) for one, other in zip(items, ours, strict=True)])
    assert found.how == "factors of implicit's ALS"
    assert shared > 3.8


def test_bpr_of_implicit_serves_ones_own_camp(tmp_path):
    known = camps()
    theirs = BayesianPersonalizedRanking(factors=6, random_state=3, num_threads=1)
    saved_by_implicit(theirs, known, tmp_path / "bpr.npz")
    found = read_factors(tmp_path / "bpr.npz", known, item_ids=known.item_ids)
    lists = found.recommender.recommend(known.user_ids, 3, exclude_heard=True)
    assert found.recommender.name() == "bpr"
    assert ((lists["item_id"] >= 12) == (lists["user_id"] % 2 == 1)).mean() > 0.95


def test_factors_of_unknown_make_are_served_as_like_the_given_users_as_can_be(tmp_path):
    known = camps()
    made = factors_of(small("als").fit(known))
    np.savez(
        tmp_path / "plain.npz",
        item_factors=made.item_factors,
        item_ids=made.item_ids.to_numpy(),
        user_factors=made.user_factors,
        user_ids=made.user_ids.to_numpy(),
    )
    found = read_factors(tmp_path / "plain.npz", known)
    assert found.agreement > 0.9
    assert "unknown make" in found.how


def test_rows_without_ids_are_numbers_where_items_are(tmp_path):
    known = camps()
    made = factors_of(small("als").fit(known))
    np.savez(tmp_path / "plain.npz", item_factors=made.item_factors)
    assert read_factors(tmp_path / "plain.npz", known).n_without_factors == 0


def test_rows_without_ids_are_refused_where_items_have_names(tmp_path):
    known = camps(as_text=True)
    made = factors_of(small("als").fit(known))
    np.savez(tmp_path / "plain.npz", item_factors=made.item_factors)
    with pytest.raises(ContractError, match="nothing says which item each of 24 rows"):
        read_factors(tmp_path / "plain.npz", known)


def test_an_item_that_nobody_heard_can_be_recommended_by_its_factors(tmp_path):
    known = camps()
    made = factors_of(small("als").fit(known))
    twin = made.item_factors[made.item_ids.get_loc(0)] * 2
    np.savez(
        tmp_path / "wide.npz",
        item_factors=np.vstack([made.item_factors, twin]),
        item_ids=np.append(made.item_ids.to_numpy(), 777),
    )
    found = read_factors(tmp_path / "wide.npz", known)
    lists = found.recommender.recommend([0], 3, exclude_heard=True)
    assert 777 in lists["item_id"].tolist()


def test_an_item_without_factors_is_counted_and_never_recommended(tmp_path):
    known = camps()
    made = factors_of(small("als").fit(known))
    np.savez(
        tmp_path / "few.npz",
        item_factors=made.item_factors[1:],
        item_ids=made.item_ids.to_numpy()[1:],
    )
    found = read_factors(tmp_path / "few.npz", known)
    lists = found.recommender.recommend(known.user_ids, 24, exclude_heard=False)
    assert found.n_without_factors == 1
    assert made.item_ids[0] not in set(lists["item_id"])


def test_factors_of_other_items_are_refused(tmp_path):
    known = camps()
    export_factors(small("als").fit(known), tmp_path / "f.npz")
    with pytest.raises(ContractError, match="no item of the pairs has factors"):
        read_factors(tmp_path / "f.npz", camps(as_text=True))


def test_a_model_without_factors_has_none_to_give(tmp_path):
    model = CATALOGUE.get("item_knn").Model().fit(camps())
    with pytest.raises(ContractError, match="'item_knn' has no factors"):
        export_factors(model, tmp_path / "f.npz")


def test_a_blend_gives_the_factors_of_its_heaviest_member_with_some(tmp_path):
    members = {"als": {"embedding_size": 4}, "item_knn": {}}
    model = CATALOGUE.get("blend").Model(members=members).fit(camps())
    if "als" not in model.ensemble.members:
        pytest.skip("nothing weighed on als")
    assert export_factors(model, tmp_path / "f.npz") == "als"


def test_pickled_objects_are_never_read(tmp_path):
    np.savez(tmp_path / "bad.npz", item_factors=np.array([{"a": 1}], dtype=object))
    with pytest.raises(SourceError, match="no npz of plain arrays"):
        read_factor_file(tmp_path / "bad.npz")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_a_broken_file_is_a_mistake_that_names_it(tmp_path, content):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.npz"):
        read_factor_file(tmp_path / "bad.npz")


def test_too_few_ids_are_refused(tmp_path):
    np.savez(tmp_path / "f.npz", item_factors=np.ones((3, 2)), item_ids=np.array([1, 2]))
    with pytest.raises(ContractError, match="2 ids for 3 rows"):
        read_factor_file(tmp_path / "f.npz")


def test_an_id_that_is_there_twice_is_refused(tmp_path):
    np.savez(tmp_path / "f.npz", item_factors=np.ones((2, 2)), item_ids=np.array([1, 1]))
    with pytest.raises(ContractError, match="id 1 is there twice"):
        read_factor_file(tmp_path / "f.npz")


# Pairs.

plays = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(0, 8), st.integers(1, 50), st.integers(0, 30 * 86_400)
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=30)
@given(rows=plays, has_time=st.booleans())
def test_pairs_that_went_out_are_the_same_when_they_come_back(tmp_path_factory, rows, has_time):
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "weight", "second"])
    frame["time"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(frame["second"], unit="s")
    known = interactions_of(frame, weight="weight", time="time" if has_time else None)
    file = tmp_path_factory.mktemp("pairs") / "pairs.parquet"
    assert export_pairs(known, file) == len(frame[["user_id", "item_id"]].drop_duplicates())
    back = read_pairs(file)
    for name in ("start", *ENTRY_COLUMNS):
        np.testing.assert_array_equal(
            getattr(back.histories, name), getattr(known.histories, name), err_msg=name
        )
    assert back.user_ids.equals(known.user_ids)
    assert back.item_ids.equals(known.item_ids)
    assert (back.cutoff, back.window_days) == (known.cutoff, known.window_days)
    pd.testing.assert_frame_equal(back.item_sums, known.item_sums)


def test_a_recommender_gives_the_pairs_that_it_learned_from(tmp_path):
    known = camps()
    pd.testing.assert_frame_equal(
        pairs_frame(CATALOGUE.get("popularity").Model().fit(known)), pairs_frame(known)
    )


def test_a_frame_of_pairs_has_the_columns_that_rectools_reads(tmp_path):
    frame = pd.DataFrame({"user_id": [1, 1], "item_id": ["a", "a"], "weight": [1.0, 2.0]})
    frame["time"] = pd.to_datetime(["2024-03-01 10:00", "2024-03-02 11:30"])
    known = interactions_of(frame, weight="weight", time="time")
    export_pairs(known, tmp_path / "pairs.csv")
    (row,) = pd.read_csv(tmp_path / "pairs.csv").to_dict("records")
    assert set(row) == {"user_id", "item_id", "weight", "datetime"}
    assert row["weight"] == 3.0
    # An age in single precision is good to a second in a month.
    assert abs(pd.Timestamp(row["datetime"]) - frame["time"].max()) < pd.Timedelta(seconds=1)


def test_scipy_reads_the_matrix_of_pairs(tmp_path):
    known = camps()
    export_pairs(known, tmp_path / "pairs.npz")
    matrix = load_npz(tmp_path / "pairs.npz")
    assert matrix.shape == (40, 24)
    assert (matrix != csr_matrix(known.histories.taste())).nnz == 0


def test_a_matrix_comes_back_with_its_ids(tmp_path):
    known = camps(as_text=True)
    export_pairs(known, tmp_path / "pairs.npz")
    back = interactions_of(read_matrix(tmp_path / "pairs.npz"), weight="weight")
    assert (back.histories.preference == known.histories.preference).all()
    assert back.item_ids.tolist() == known.item_ids.tolist()


def test_another_parquet_file_is_no_file_of_pairs(tmp_path):
    pd.DataFrame({"user_id": [1], "item_id": [2]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ContractError, match="no Parquet file of Tenuto's pairs"):
        read_pairs(tmp_path / "other.parquet")


def test_factors_are_no_matrix_of_pairs(tmp_path):
    export_factors(small("als").fit(camps()), tmp_path / "f.npz")
    with pytest.raises(SourceError, match="no sparse matrix; it has alpha, factors, item_f"):
        read_matrix(tmp_path / "f.npz")


# Similar items.


@pytest.mark.parametrize("name", ["item_knn", "als", "ease"])
def test_similar_items_are_of_the_same_camp_and_never_the_item_itself(name):
    similar = similar_items(CATALOGUE.get(name).Model().fit(camps()), k=5)
    assert ((similar["item_id"] >= 12) == (similar["similar_item_id"] >= 12)).all()
    assert (similar["item_id"] != similar["similar_item_id"]).all()
    assert set(similar["item_id"]) == set(range(24))
    assert similar.groupby("item_id")["rank"].apply(list).map(json.dumps).nunique() == 1


def test_similar_items_of_neighbours_are_the_neighbours():
    model = CATALOGUE.get("item_knn").Model().fit(camps())
    first = similar_items(model, k=1).set_index("item_id")
    nearest = np.asarray(model.similarity.argmax(axis=1)).ravel()
    assert first["similar_item_id"].tolist() == model.item_ids[nearest].tolist()


@pytest.mark.parametrize("name", ["similar.parquet", "similar.csv"])
def test_similar_items_are_written_as_a_plain_table(tmp_path, name):
    model = CATALOGUE.get("item_knn").Model().fit(camps())
    n_rows = export_similar(model, tmp_path / name, k=3)
    read = pd.read_csv if name.endswith("csv") else pd.read_parquet
    table = read(tmp_path / name)
    assert len(table) == n_rows == 24 * 3
    assert list(table) == ["item_id", "rank", "similar_item_id", "score"]
