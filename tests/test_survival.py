"""A model of when it happens, in worlds whose hazard is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tenuto.churn import survival
from tenuto.churn._contract import ChurnModel
from tenuto.churn._examples import Examples
from tenuto.churn._follow_up import FollowUp
from tenuto.churn._hazard import borders, spells
from tenuto.churn._hazard import survival as curve
from tenuto.churn._hazard_outlook import outlooks
from tenuto.churn._protocols import forward
from tenuto.errors import ContractError, LeakError

NAN = float("nan")
HORIZON, DAYS = 10, np.array([7, 14, 28])


def world(hazard, followed=28, is_return=False, seed=0):
    """Listeners to whom it happens with a chance of ``hazard`` a day, seen for ``followed`` days.

    ``x`` is the hazard, so that a model can know all there is to know.
    """
    rng = np.random.default_rng(seed)
    n = len(hazard)
    day = rng.geometric(hazard).astype(float) - 1
    times = FollowUp(
        np.where(day < followed, day, NAN), np.broadcast_to(followed, n), HORIZON, is_return
    )
    X = pd.DataFrame({"x": hazard, "noise": rng.normal(size=n)})
    cutoffs = np.full(n, np.datetime64("2020-01-01"))
    return Examples(np.arange(n), cutoffs, X, times.labels(), follow_up=times)


def alike(hazard=0.05, n=3_000, **kwargs):
    return world(np.full(n, hazard), **kwargs)


def two_kinds(n=3_000, **kwargs):
    return world(np.tile([0.02, 0.2], n // 2), **kwargs)


def fitted(examples):
    return survival.Model(rounds_when_few=60).fit(examples, random_state=0)


def of_both_kinds(model):
    """The mean outlook of the calm kind and of the hasty one."""
    unseen = two_kinds(seed=1).X
    return model.outlook(unseen).groupby(unseen["x"].to_numpy()).mean().reset_index(drop=True)


@pytest.fixture(scope="module")
def leaving():
    return fitted(two_kinds())


@pytest.fixture(scope="module")
def returning():
    return fitted(two_kinds(is_return=True))


def test_where_every_day_is_as_dangerous_the_hazard_is_found_again():
    outlook = fitted(alike(0.05)).outlook(alike(0.05).X)

    found = outlook[["probability_7d", "probability_14d", "probability_28d"]].mean()
    assert found.to_numpy() == pytest.approx(1 - 0.95**DAYS, abs=0.03)
    assert outlook["expected_days_left"].mean() == pytest.approx(
        sum(0.95**t for t in range(1, 29)), abs=0.5
    )


def test_each_kind_of_listener_gets_its_own_curve(leaving):
    found = of_both_kinds(leaving)[["probability_7d", "probability_14d", "probability_28d"]]

    for row, hazard in enumerate([0.02, 0.2]):
        assert found.loc[row].to_numpy() == pytest.approx(1 - (1 - hazard) ** DAYS, abs=0.05)


def test_the_longer_the_horizon_the_likelier_is_an_event(leaving):
    outlook = leaving.outlook(two_kinds(seed=1).X)

    assert (outlook["probability_7d"] < outlook["probability_14d"]).all()
    assert (outlook["probability_14d"] < outlook["probability_28d"]).all()


def test_the_longer_the_horizon_the_rarer_is_a_silence_that_lasts(returning):
    outlook = returning.outlook(two_kinds(seed=1).X)

    assert (outlook["probability_7d"] > outlook["probability_14d"]).all()
    assert (outlook["probability_14d"] > outlook["probability_28d"]).all()


def test_a_return_is_the_same_event_told_from_the_other_side(leaving, returning):
    left, back = (model.outlook(two_kinds().X) for model in (leaving, returning))

    assert np.allclose(back["probability_14d"], 1 - left["probability_14d"])
    assert np.allclose(back["expected_days_left"], 28 - left["expected_days_left"])


def test_the_prediction_is_the_outlook_at_the_horizon_of_the_label(leaving, returning):
    p = [model.predict(two_kinds(20).X).mean() for model in (leaving, returning)]

    expected = 1 - (0.98**HORIZON + 0.8**HORIZON) / 2
    assert p == pytest.approx([expected, 1 - expected], abs=0.04)


def test_who_is_followed_for_a_shorter_time_does_not_shift_the_answer():
    # Arbitrary days from 10 to 28: periods end in the midst of many.
    followed = np.random.default_rng(3).integers(HORIZON, 29, size=6_000)

    model = fitted(alike(0.05, 6_000, followed=followed))

    found = model.outlook(alike(0.05, 10).X).iloc[0]
    assert found[["probability_14d", "probability_28d"]].to_numpy(dtype=float) == pytest.approx(
        1 - 0.95 ** DAYS[1:], abs=0.03
    )
    assert not found["is_extrapolated"]


def test_days_that_nobody_was_followed_to_go_on_like_the_last_ones_and_are_marked():
    model = fitted(alike(0.05, followed=14))

    found = model.outlook(alike(0.05, 10).X).iloc[0]
    assert found["probability_28d"] == pytest.approx(1 - 0.95**28, abs=0.05)
    assert found["is_extrapolated"]


def test_an_example_is_at_risk_in_each_period_until_it_happens_or_is_lost_sight_of():
    # It happens on day 0, on day 5, after day 9 was the last one seen, and never.
    times = FollowUp([0, 5, NAN, NAN], [14, 14, 10, 14], horizon_days=7, is_return=False)

    edges = borders(times)
    found = spells(times, edges)

    assert edges.tolist() == [0, 1, 2, 4, 7, 10, 14]
    rows = list(
        zip(found.row.tolist(), found.period.tolist(), found.happened.tolist(), strict=True)
    )
    assert rows[0] == (0, 0, 1)
    assert rows[1:5] == [(1, 0, 0), (1, 1, 0), (1, 2, 0), (1, 3, 1)]
    assert [period for row, period, _ in rows if row == 2] == [0, 1, 2, 3, 4]
    assert [period for row, period, _ in rows if row == 3] == [0, 1, 2, 3, 4, 5]


def test_an_event_in_a_period_that_is_half_known_is_not_counted():
    times = FollowUp([8], [9], horizon_days=7, is_return=False)

    found = spells(times, borders(FollowUp([NAN], [28], 7, False)))

    assert found.period.tolist() == [0, 1, 2, 3]
    assert found.happened.sum() == 0


def test_within_a_period_every_day_is_as_dangerous():
    half = curve(np.array([[0.19]]), np.array([0, 2]), np.array([1, 2, 3]))

    assert half[0] == pytest.approx([0.9, 0.81, 0.729])


def test_what_is_certain_leaves_nobody_and_no_riddle():
    assert curve(np.array([[1.0, 0.5]]), np.array([0, 1, 2]), np.array([1, 2])) == pytest.approx(0)


def test_a_loaded_model_has_the_same_outlook(leaving, tmp_path):
    leaving.save(tmp_path / "kept")

    X = two_kinds(40).X
    assert ChurnModel.load(tmp_path / "kept").outlook(X).equals(leaving.outlook(X))


def test_more_person_periods_than_allowed_leave_whole_users_out():
    model = survival.Model(max_spells=2_000, rounds_when_few=5).fit(alike(), random_state=0)

    assert model.base == pytest.approx(fitted(alike()).base, abs=0.5)
    assert (model.base != fitted(alike()).base).any()


def test_labels_without_days_give_a_probability_but_no_outlook():
    timed = two_kinds()
    model = fitted(Examples(timed.user_id, timed.cutoff, timed.X, timed.y))

    p = model.predict(timed.X)
    both = p[::2].mean(), p[1::2].mean()
    assert both == pytest.approx([1 - 0.98**HORIZON, 1 - 0.8**HORIZON], abs=0.05)
    with pytest.raises(ContractError, match="labels without days"):
        model.outlook(timed.X)


# What is followed, and how far.


def test_an_event_after_the_last_day_followed_is_a_contradiction():
    with pytest.raises(ContractError, match="outside the days followed"):
        FollowUp([14], [14], 14, is_return=False)


def test_a_horizon_that_is_not_over_is_refused():
    with pytest.raises(ContractError, match="horizon of 14 days, lies outside"):
        FollowUp([NAN], [13], 14, is_return=False)


def test_labels_that_say_something_else_than_the_days_are_refused():
    times = FollowUp([3.0], [14], 14, is_return=False)

    with pytest.raises(ContractError, match="do not agree"):
        Examples([1], ["2020-01-01"], pd.DataFrame({"x": [0.0]}), [0], follow_up=times)


def test_the_days_go_with_their_rows():
    examples = two_kinds(40)
    shuffle = np.random.default_rng(0).permutation(40)

    again = examples.take(shuffle).in_order()

    assert np.array_equal(again.follow_up.event_day, examples.follow_up.event_day, equal_nan=True)


def test_cutoffs_together_have_days_only_if_all_of_them_have():
    timed = two_kinds(40)
    plain = Examples(timed.user_id + 40, timed.cutoff, timed.X, timed.y)

    assert len(Examples.concatenate([timed, timed]).follow_up) == 80
    assert Examples.concatenate([timed, plain]).follow_up is None


def test_examples_followed_past_the_cutoff_to_be_scored_are_a_leak():
    examples = two_kinds(40, followed=14)

    examples.refuse_knowing_later_than(np.datetime64("2020-01-15"))
    with pytest.raises(LeakError, match="followed until 2020-01-15"):
        examples.refuse_knowing_later_than(np.datetime64("2020-01-14"))


def test_twice_the_hazard_is_found_in_the_order_of_listeners():
    x = np.random.default_rng(5).normal(size=3_000)
    examples = world(expit(x - 3), seed=6)

    p = fitted(examples).predict(examples.X)

    assert np.corrcoef(p, 1 - (1 - expit(x - 3)) ** HORIZON)[0, 1] > 0.9


# The outlook of a whole list.


def test_everybody_on_a_list_has_an_outlook_from_a_model_that_never_saw_them():
    training, asked = two_kinds(400), two_kinds(200, seed=1)
    later = np.full(200, np.datetime64("2020-01-29"))
    test = Examples(asked.user_id, later, asked.X, asked.y)

    scored = forward(training, test, ["survival"], horizon_days=HORIZON, random_state=0)
    table = outlooks(scored)

    assert table["user_id"].tolist() == list(range(200))
    assert table["fold"].tolist() == scored.of("survival")["fold"].tolist()
    own = scored.models["survival"][table["fold"][7]].outlook(test.X.iloc[[7]])
    assert table.iloc[7]["probability_28d"] == own["probability_28d"].item()


def test_a_list_without_a_survival_model_has_no_outlook():
    training, later = two_kinds(400), np.full(400, np.datetime64("2020-01-29"))
    test = Examples(training.user_id, later, training.X, training.y)

    scored = forward(training, test, ["base_rate"], horizon_days=HORIZON, random_state=0)

    assert outlooks(scored).empty
