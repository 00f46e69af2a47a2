"""What comes next: one model whose probabilities of all outcomes add up to one."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tenuto.churn._dataset import CutoffData
from tenuto.churn._examples import Examples
from tenuto.churn._next_step import NextStep, cross_fitted, judged
from tenuto.errors import ContractError, NotEnoughData

OUTCOMES = ("cancels", "downgrades", "stays", "upgrades")


def examples(n=400, seed=0, outcomes=OUTCOMES, is_planted=True):
    """Users whose column says what they will do, or says nothing."""
    rng = np.random.default_rng(seed)
    sign = rng.integers(0, len(outcomes), n)
    came = np.array(outcomes)[sign if is_planted else rng.integers(0, len(outcomes), n)]
    X = pd.DataFrame({"sign": sign.astype(float), "chance": rng.random(n)})
    cutoff = np.full(n, np.datetime64("2018-11-01"))
    return Examples(np.arange(n), cutoff, X, (came == "cancels").astype(int), came)


def test_the_probabilities_of_what_can_come_add_up_to_one():
    made = examples()
    found = NextStep.fit(made, random_state=0).predict(made.X)
    assert tuple(found.columns) == OUTCOMES
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_planted_sign_is_read_for_every_outcome():
    made = examples()
    found = NextStep.fit(made, random_state=0).predict(made.X)
    assert (found.idxmax(axis=1).to_numpy() == made.outcome).mean() > 0.75  # 0.25 by chance


def test_out_of_fold_a_coin_cannot_be_foretold():
    made = examples(is_planted=False)
    found = cross_fitted(made, made, n_folds=4, random_state=0)
    hits = (found.idxmax(axis=1).to_numpy() == made.outcome).mean()
    assert hits < 0.4  # 0.25 by chance, 1.0 for who has seen the answers


def test_an_outcome_that_never_came_has_no_probability():
    made = examples(outcomes=("cancels", "stays"))
    assert tuple(NextStep.fit(made, random_state=0).outcomes) == ("cancels", "stays")


def test_one_outcome_alone_cannot_be_learned_from():
    with pytest.raises(NotEnoughData, match="1 kind of outcome"):
        NextStep.fit(examples(outcomes=("stays",)), random_state=0)


def test_rows_in_another_order_give_the_same_model():
    made, order = examples(), np.random.default_rng(3).permutation(400)
    first = NextStep.fit(made, random_state=0).predict(made.X)
    second = NextStep.fit(made.take(order), random_state=0).predict(made.X)
    pd.testing.assert_frame_equal(first, second)


def test_a_saved_model_says_the_same_again(tmp_path):
    made = examples()
    model = NextStep.fit(made, random_state=0)
    digest = model.save(tmp_path / "first")
    assert model.save(tmp_path / "second") == digest
    pd.testing.assert_frame_equal(
        NextStep.load(tmp_path / "first").predict(made.X), model.predict(made.X)
    )


def test_a_changed_file_is_refused(tmp_path):
    NextStep.fit(examples(), random_state=0).save(tmp_path / "model")
    (tmp_path / "model" / "model.txt").write_text("tree")
    with pytest.raises(ContractError):
        NextStep.load(tmp_path / "model")


def test_each_outcome_is_judged_against_the_rest_beside_its_base_rate():
    made = examples()
    people = pd.DataFrame({"user_id": made.user_id, "days_since_last_event": 1})
    data = CutoffData(date(2018, 11, 1), made, people, [], 0)
    found = cross_fitted(made, made, n_folds=4, random_state=0)
    table = judged(found, data, np.random.default_rng(0), 50).set_index(["outcome", "metric"])
    assert set(table.index.get_level_values("outcome")) == set(OUTCOMES)
    row = table.loc[("cancels", "auc")]
    assert row["low"] <= row["value"] <= row["high"]
    assert row["base_rate"] == pytest.approx((made.outcome == "cancels").mean())
    assert row["n_with"] == (made.outcome == "cancels").sum()
