"""The short of a study: one sentence on whether models can be ranked at all, in words that fit."""

from __future__ import annotations

import pandas as pd
import pytest

from tenuto import labels
from tenuto.churn._results import label_in_words, verdict


def metrics(n_positive: int, *, said: str) -> pd.DataFrame:
    """AUCs of boosting and of the recency rule among 100 active listeners."""
    base = {"protocol": "forward", "population": "active_14d", "metric": "auc", "n_rows": 100}
    base |= {"base_rate": n_positive / 100, "low": 0.4, "high": 0.9, "difference": 0.1}
    gaps = {"difference_low": -0.1, "difference_high": 0.3}
    rows = [{"model": "boosting", "value": 0.7, "verdict": said}]
    rows += [{"model": "recency_rule", "value": 0.6, "verdict": None}]
    return pd.DataFrame([base | gaps | row for row in rows])


def test_too_few_to_rank_by_are_counted_and_the_intervals_shown():
    said = verdict(metrics(4, said="undecided"), "boosting", "cancellation")

    assert said.startswith("Not enough data to rank models. Of the 100 listeners active")
    assert "only 4 cancel: the AUC of boosting, 0.700 here, may lie anywhere from 0.400" in said
    assert "from -0.100 to +0.300; with fewer than 20 even these intervals are too narrow." in said


def test_one_of_them_is_spoken_of_as_one():
    assert "only 1 comes back:" in verdict(
        metrics(1, said="undecided"), "boosting", "first_day_return"
    )


def test_enough_of_them_and_no_difference_is_the_rule_unbeaten():
    said = verdict(metrics(60, said="undecided"), "boosting")

    assert said.startswith("The trivial rule is not beaten.")


def test_a_difference_beyond_chance_is_said_even_of_few():
    said = verdict(metrics(30, said="better"), "boosting", "downgrade")

    assert "boosting ranks those who downgrade better than the recency rule" in said
    assert said.endswith("base rate 30.0%.")


@pytest.mark.parametrize("label", labels.CATALOGUE.names())
def test_every_label_can_be_spoken_of(label):
    words = label_in_words(label)

    assert words["who"] in (f"those who {words['verb']}", "leavers")
    assert words["label_words"] == labels.CATALOGUE.get(label).LABEL
