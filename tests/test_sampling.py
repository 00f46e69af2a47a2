"""Few positives: what single samplings do, and that only training rows are ever touched."""

import numpy as np
import pandas as pd
import pytest

from tenuto import churn, sampling
from tenuto.churn import boosting, neural
from tenuto.churn._examples import Examples
from tenuto.churn._inner_split import validation_rows
from tenuto.churn._protocols import forward
from tenuto.errors import ContractError, NotEnoughData, UnknownName
from tenuto.sampling import class_weights, log_odds_shift, resampled, shifted


def table(n_positive, n_negative):
    y = np.repeat([1, 0], [n_positive, n_negative])
    return np.arange(len(y), dtype=np.float64)[:, None], y


def test_class_weights_make_one_leaver_of_ten_count_nine_times_a_stayer():
    X, y = table(10, 90)

    rows = resampled(sampling.CATALOGUE.get("class_weight"), X, y, seed=0)

    assert (rows.X == X).all()
    assert rows.weight[y == 1].mean() / rows.weight[y == 0].mean() == pytest.approx(9)
    assert rows.weight.mean() == pytest.approx(1)


def test_undersampling_keeps_every_leaver_and_takes_no_row_twice():
    X, y = table(10, 90)

    rows = resampled(sampling.CATALOGUE.get("undersample"), X, y, seed=0)

    assert set(rows.X[rows.y == 1, 0]) == set(range(10))
    assert len(np.unique(rows.X)) == len(rows.X) == 20


def test_oversampling_repeats_leavers_and_keeps_every_row():
    X, y = table(10, 90)

    rows = resampled(sampling.CATALOGUE.get("oversample"), X, y, seed=0)

    assert set(rows.X[:, 0]) == set(range(100))
    assert (rows.X[rows.y == 1] < 10).all()
    assert len(rows.y) == 180


def test_smote_makes_up_leavers_between_leavers():
    X = np.array([[1.0], [2.0], [3.0], *[[100.0 + row] for row in range(20)]])
    y = np.repeat([1, 0], [3, 20])

    rows = resampled(sampling.CATALOGUE.get("smote"), X, y, seed=0)

    made = rows.X[len(y) :]
    assert (rows.X[: len(y)] == X).all()
    assert len(made) == 17
    assert made.min() >= 1 - 1e-9
    assert made.max() <= 3 + 1e-9
    assert len(np.unique(made)) > 3


def test_what_no_leaver_has_no_made_up_leaver_has_either():
    X, y = table(5, 30)
    X = np.column_stack([X, np.where(y == 1, np.nan, 1.0)])

    rows = resampled(sampling.CATALOGUE.get("smote"), X, y, seed=0)

    assert np.isnan(rows.X[rows.y == 1, 1]).all()


def test_smote_between_one_leaver_and_nobody_is_refused():
    X, y = table(1, 30)

    with pytest.raises(NotEnoughData, match="at least 2 rows"):
        resampled(sampling.CATALOGUE.get("smote"), X, y, seed=0)


def test_one_class_alone_cannot_be_balanced():
    X, _ = table(0, 30)

    with pytest.raises(NotEnoughData, match="0 positives among 30"):
        resampled(sampling.CATALOGUE.get("oversample"), X, np.zeros(30, dtype=int), seed=0)


def test_the_correction_is_that_of_the_odds():
    # Trained at one half, asked where one in ten leaves: odds shrink by 1 / 9.
    shift = log_odds_shift(0.1, 0.5)

    assert shifted(np.array([0.5]), shift) == pytest.approx([0.1])
    assert shifted(np.array([0.9]), shift) == pytest.approx([0.5])


def test_a_sure_thing_stays_sure_and_the_order_stays():
    p = np.linspace(0, 1, 11)

    found = shifted(p, log_odds_shift(0.02, 0.5))

    assert found[[0, -1]].tolist() == [0, 1]
    assert (np.diff(found) > 0).all()


def test_there_and_back_again_changes_nothing():
    p = np.array([0.01, 0.3, 0.99])

    there = shifted(p, log_odds_shift(0.1, 0.5))

    assert shifted(there, log_odds_shift(0.5, 0.1)) == pytest.approx(p)


def test_weights_bring_a_share_to_the_one_asked_for():
    y = np.repeat([1, 0], [5, 95])

    assert np.average(y, weights=class_weights(y, 0.3)) == pytest.approx(0.3)


def at_risk(n=1_500, seed=0):
    rng = np.random.default_rng(seed)
    plays = rng.normal(size=n)
    y = (rng.random(n) < 0.4 / (1 + np.exp(2 * plays))).astype(int)
    X = pd.DataFrame({"n_plays": plays, "user": np.arange(n, dtype=np.float64)})
    return Examples(np.arange(n), np.full(n, np.datetime64("2020-01-01")), X, y)


@pytest.fixture
def asked(monkeypatch):
    """What a sampling was handed: the users of each call, as the column ``user`` names them."""
    seen = []
    member = sampling.CATALOGUE.get("oversample")
    resample = member.resample

    def spy(X, y, seed):
        seen.append(set(X[:, -1]))
        return resample(X, y, seed)

    monkeypatch.setattr(member, "resample", spy)
    return seen


def test_rows_that_are_scored_are_never_resampled(asked):
    everybody = at_risk(600)

    scored = forward(
        everybody, everybody, ["logistic"], horizon_days=0, random_state=0, sampling="oversample"
    )

    fold = scored.scores["fold"].to_numpy()
    assert len(asked) == 5
    for number, users in enumerate(asked):
        assert not users & set(everybody.user_id[fold == number])
    assert len(scored.scores) == len(everybody)


@pytest.mark.parametrize("member", [boosting, neural])
def test_rows_held_out_to_stop_early_are_not_resampled(member, asked):
    everybody = at_risk()
    name = member.Model.name()
    held_out = validation_rows(everybody.user_id, everybody.y, name)

    member.Model().fit(everybody, random_state=0, sampling="oversample")

    (users,) = asked
    assert users == set(everybody.user_id[~held_out])


def test_reasons_add_up_after_the_rate_was_put_back():
    everybody = at_risk(400)
    for name in ("boosting", "logistic", "blend"):
        model = churn.CATALOGUE.get(name).Model()
        model.fit(everybody, random_state=0, sampling="undersample")

        parts, p = model.contributions(everybody.X), model.predict(everybody.X)

        assert parts.sum(axis=1).to_numpy() == pytest.approx(np.log(p / (1 - p)), abs=1e-6)


def test_fitted_again_without_sampling_a_model_forgets_the_correction():
    everybody = at_risk(400)
    model = churn.CATALOGUE.get("logistic").Model()
    model.fit(everybody, random_state=0, sampling="class_weight")

    again = model.fit(everybody, random_state=0)

    fresh = churn.CATALOGUE.get("logistic").Model().fit(everybody, random_state=0)
    assert (again.predict(everybody.X) == fresh.predict(everybody.X)).all()


def test_a_misspelt_sampling_gets_the_nearest_one():
    with pytest.raises(UnknownName, match="Did you mean 'smote'"):
        churn.CATALOGUE.get("base_rate").Model().fit(at_risk(50), random_state=0, sampling="smot")


def test_a_blend_is_the_mean_of_the_log_odds_of_its_parts():
    everybody = at_risk(400)
    blend, *parts = (
        churn.CATALOGUE.get(name).Model().fit(everybody, random_state=0)
        for name in ("blend", "boosting", "logistic")
    )

    p = blend.predict(everybody.X)

    log_odds = [np.log(q / (1 - q)) for q in (part.predict(everybody.X) for part in parts)]
    assert np.log(p / (1 - p)) == pytest.approx(np.mean(log_odds, axis=0), abs=1e-9)


@pytest.mark.parametrize("parts", [[], ["logistic", "logistic"], ["logistic", "recency_rule"]])
def test_a_blend_of_nothing_of_twins_or_of_choosy_models_is_refused(parts):
    with pytest.raises(ContractError, match="cannot blend"):
        churn.CATALOGUE.get("blend").Model(parts)
