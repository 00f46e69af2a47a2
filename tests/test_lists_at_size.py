"""Many listeners: a range of them at a time, lists side by side, a quick model by itself."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fake_past import FakePast, downloaded, played
from tenuto.lists import _chosen, _desk
from tenuto.lists._chosen import chosen_for, in_words, settled
from tenuto.lists._desk import learners_of
from tenuto.lists._risk import digest_of_risk
from tenuto.recommenders import CATALOGUE, _ranges
from tenuto.recommenders._histories import Histories
from tenuto.recommenders._interactions import interactions_before
from tenuto.recommenders._ranges import in_ranges
from tenuto.settings import RecommendSettings

HAPPENINGS = [
    *[played(f"u{user}", f"s{song}", ago=1 + song) for user in range(9) for song in range(user)],
    downloaded("u3", "saved"),
    played("u8", "long ago", ago=40),
]
FEEDBACK = pa.table(
    {
        "user_id": ["u1", "u7"],
        "item_id": ["s0", "never heard"],
        "opinion": ["dislike", "like"],
        "day": pa.array([FakePast.cutoff, FakePast.cutoff]).cast(pa.date32()),
    }
)


@pytest.fixture
def past(duckdb_engine):
    return FakePast(duckdb_engine, *HAPPENINGS)


def assert_same(left, right):
    assert left.user_ids.equals(right.user_ids)
    assert left.item_ids.equals(right.item_ids)
    pd.testing.assert_frame_equal(left.item_sums, right.item_sums)
    for field in fields(Histories):
        one, other = (getattr(each.histories, field.name) for each in (left, right))
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype


# A range at a time.


@pytest.mark.parametrize("most_rows", [1, 7, 20])
def test_listeners_in_ranges_are_listeners_at_once(past, monkeypatch, most_rows):
    at_once = interactions_before(past, "max_score", feedback=FEEDBACK)

    monkeypatch.setattr(_ranges, "MOST_ROWS", most_rows)
    in_parts = interactions_before(past, "max_score", feedback=FEEDBACK)

    assert len(in_ranges(past)) > 1
    assert_same(at_once, in_parts)


def test_of_a_few_who_were_drawn_nothing_is_known_less_and_of_others_nothing(past):
    everybody = interactions_before(past, "max_score")

    drawn = interactions_before(past, "max_score", users=pa.array(["u3", "u8"]))

    rows = everybody.user_ids.get_indexer(pd.Index(["u3", "u8"]))
    assert drawn.user_ids.tolist() == ["u3", "u8"]
    assert drawn.item_ids.equals(everybody.item_ids)
    assert drawn.histories.n_plays.tolist() == everybody.histories.take(rows).n_plays.tolist()


# Some learn for all.


def test_who_was_not_learned_from_is_served_like_the_others(past, monkeypatch):
    known = interactions_before(past, "max_score")
    monkeypatch.setattr(_desk, "MAX_LEARNERS", 5)

    model = CATALOGUE.get("item_knn").Model().fit_from(learners_of(known), known)

    assert len(learners_of(known).user_ids) == 5
    assert model.user_ids.equals(known.user_ids)
    assert model.histories_of(pd.Index(["u8"])).lengths().tolist() == [9]


def test_few_listeners_are_all_learned_from(past):
    known = interactions_before(past, "max_score")

    assert learners_of(known) is known


# A model by itself.


def test_up_to_a_number_of_listeners_auto_is_the_blend_and_beyond_it_the_quick_one():
    assert chosen_for(_chosen.MOST_LISTENERS) == "blend"
    assert chosen_for(_chosen.MOST_LISTENERS + 1) == "ials"
    assert {chosen_for(1), chosen_for(10**9)} <= set(CATALOGUE.names())


def test_a_model_that_was_asked_for_stays_and_nobody_is_counted():
    asked = RecommendSettings(model="svd")

    assert settled(asked, lambda: pytest.fail("counted")) is asked


def test_what_auto_came_to_is_all_that_differs():
    assert settled(RecommendSettings(), lambda: 3) == RecommendSettings(model="blend")


def test_why_is_said_with_the_number_of_listeners():
    assert "594,735 listeners" in in_words("ials", 594_735)


# The digest of risk.


def test_another_risk_or_another_listener_is_another_digest():
    risk = pd.Series([0.0, 0.5], index=[1, 2])
    others = [pd.Series([0.0, 0.6], index=[1, 2]), pd.Series([0.0, 0.5], index=[1, 3])]

    digests = {digest_of_risk(each) for each in (risk, *others, risk[:0])}

    assert len(digests) == 4
    assert digest_of_risk(risk) == digest_of_risk(risk.copy())
