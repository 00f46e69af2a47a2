"""The figures agree with closed forms and with scikit-learn, and say NaN where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from tenuto.errors import ContractError
from tenuto.evaluation.calibration import errors_of_truth, expected_calibration_error
from tenuto.evaluation.classification import SHARES, metrics, threshold_for_share

# A handful of levels, so that ties are everywhere.
LEVELS = (0.05, 0.2, 0.5, 0.65, 0.9)
tied_rows = st.lists(
    st.tuples(st.sampled_from((0, 1)), st.sampled_from(LEVELS)), min_size=4, max_size=60
).filter(lambda rows: len({y for y, _ in rows}) == 2)


def columns(rows):
    y, p = zip(*rows, strict=True)
    return np.array(y), np.array(p)


@settings(max_examples=40)
@given(tied_rows)
def test_figures_equal_those_of_scikit_learn_ties_included(rows):
    y, p = columns(rows)

    found = metrics(y, p, threshold=0.5)

    called = p >= 0.5
    assert found["auc"] == pytest.approx(theirs.roc_auc_score(y, p))
    assert found["average_precision"] == pytest.approx(theirs.average_precision_score(y, p))
    assert found["log_loss"] == pytest.approx(theirs.log_loss(y, p))
    assert found["brier"] == pytest.approx(theirs.brier_score_loss(y, p))
    assert found["accuracy"] == pytest.approx(theirs.accuracy_score(y, called))
    assert found["balanced_accuracy"] == pytest.approx(theirs.balanced_accuracy_score(y, called))
    assert found["recall"] == pytest.approx(theirs.recall_score(y, called))
    assert found["f1"] == pytest.approx(theirs.f1_score(y, called))
    if called.any():
        assert found["precision"] == pytest.approx(theirs.precision_score(y, called))


@given(tied_rows, st.data())
def test_a_row_that_counts_three_times_is_the_row_three_times(rows, data):
    y, p = columns(rows)
    counts = st.lists(st.integers(0, 3), min_size=len(y), max_size=len(y))
    weights = np.array(data.draw(counts.filter(lambda counts: sum(counts) > 0)))

    weighted = metrics(y, p, threshold=0.5, weights=weights)

    repeated = metrics(np.repeat(y, weights), np.repeat(p, weights), threshold=0.5)
    assert weighted == pytest.approx(repeated, nan_ok=True, abs=1e-6)


@given(tied_rows)
def test_no_figure_depends_on_the_order_of_tied_rows(rows):
    forwards, backwards = metrics(*columns(rows)), metrics(*columns(rows[::-1]))

    assert forwards == pytest.approx(backwards, nan_ok=True)


def test_lift_takes_the_expected_value_at_ties():
    # One sure row, then nine tied rows of which three are positive; a fifth of ten rows is two:
    # the sure one and one of the nine, positive one time in three.
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    p = np.array([0.9] + [0.3] * 9)

    found = metrics(y, p)

    assert found["precision_at_20"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["lift_at_20"] == pytest.approx((1 + 1 / 3) / 2 / 0.4)


def test_lift_is_capped_by_the_base_rate_and_a_perfect_list_reaches_the_cap():
    y = np.repeat([1, 0], [62, 38])

    found = metrics(y, np.linspace(1, 0, 100))

    assert found["lift_cap_at_10"] == pytest.approx(1 / 0.62)
    for share in SHARES:
        percent = round(100 * share)
        assert found[f"lift_at_{percent}"] == pytest.approx(found[f"lift_cap_at_{percent}"])


def test_a_rare_event_caps_lift_by_the_length_of_the_list():
    y = np.repeat([1, 0], [2, 98])

    assert metrics(y, np.linspace(1, 0, 100))["lift_cap_at_20"] == pytest.approx(5.0)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_gives_nan_not_an_exception(label):
    found = metrics(np.full(5, label), np.linspace(0.1, 0.9, 5), threshold=0.5)

    assert np.isnan([found["auc"], found["average_precision"], found["calibration_slope"]]).all()
    assert found["base_rate"] == label


def test_nobody_at_all_gives_nan_not_an_exception():
    found = metrics(np.array([]), np.array([]), threshold=0.5)

    assert found.pop("n") == 0
    assert np.isnan(list(found.values())).all()


def test_without_a_threshold_there_is_no_accuracy():
    assert not {"accuracy", "precision", "recall", "f1"} & set(metrics([0, 1], [0.2, 0.8]))


def test_a_constant_model_has_auc_one_half_and_the_base_rate_as_average_precision():
    found = metrics([1, 0, 0, 0], [0.25] * 4)

    assert found["auc"] == 0.5
    assert found["average_precision"] == 0.25
    assert found["ece"] == pytest.approx(0.0)
    assert np.isnan(found["calibration_slope"])


def test_calibration_slope_and_intercept_say_how_the_log_odds_were_bent():
    # Four groups whose observed shares are exact: the logits passed are twice the true ones
    # plus 1, so the slope is 1/2.
    true_shares = np.array([0.1, 0.3, 0.6, 0.8])
    y = np.concatenate(
        [np.repeat([1, 0], [int(s * 1000), 1000 - int(s * 1000)]) for s in true_shares]
    )
    logit = np.log(true_shares / (1 - true_shares))
    p = np.repeat(1 / (1 + np.exp(-(2 * logit + 1))), 1000)

    assert metrics(y, p)["calibration_slope"] == pytest.approx(0.5)


def test_the_calibration_intercept_is_the_shift_of_the_log_odds():
    true_shares = np.array([0.2, 0.5])
    y = np.concatenate([np.repeat([1, 0], [200, 800]), np.repeat([1, 0], [500, 500])])
    logit = np.log(true_shares / (1 - true_shares))
    too_high = np.repeat(1 / (1 + np.exp(-(logit + 0.7))), 1000)

    assert metrics(y, too_high)["calibration_intercept"] == pytest.approx(-0.7)


def test_calibration_error_is_the_mean_gap_between_promised_and_seen():
    y = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    p = np.array([0.5] * 4 + [0.75] * 4)

    # First half promises 0.5 and sees 0.25; the second promises 0.75 and sees 0.75.
    assert expected_calibration_error(y, p, n_bins=2) == pytest.approx(0.125)


@pytest.mark.parametrize("digits", [1, 9])
def test_the_error_of_true_probabilities_is_that_of_outcomes_drawn_with_them(digits):
    chance = np.sort(np.round(np.random.default_rng(3).beta(1, 3, 400), digits))[::-1]
    drawn = np.random.default_rng(4).random((20, 400)) < chance
    expected = [expected_calibration_error(y, chance) for y in drawn]

    found = errors_of_truth(chance, 20, np.random.default_rng(4))
    of_other_order = errors_of_truth(chance[::-1], 20, np.random.default_rng(4))

    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert found.tolist() == of_other_order.tolist()
    assert np.isnan(errors_of_truth(np.empty(0), 1, np.random.default_rng(4))).all()


def test_the_threshold_for_a_tenth_calls_a_tenth():
    p = np.arange(100) / 100

    assert (p >= threshold_for_share(p, 0.07)).sum() == 7
    assert (p >= threshold_for_share(p, 1.0)).all()


def test_a_tie_at_the_end_of_the_list_is_called_whole():
    assert threshold_for_share([0.9, 0.4, 0.4, 0.4], 0.5) == 0.4


@pytest.mark.parametrize(
    ("y", "p"),
    [([0, 2], [0.1, 0.2]), ([0, 1], [0.1]), ([0, 1], [0.1, np.nan]), ([0, 1], [0.1, 1.5])],
)
def test_labels_and_probabilities_that_are_none_are_refused(y, p):
    with pytest.raises(ContractError):
        metrics(y, p)


def test_a_slope_found_for_other_weights_does_not_lead_astray():
    """Seen once: the steps from the slope of all rows ran away from that of some of them."""
    y, p = np.array([0, 0, 0, 0, 1]), np.array([0.05, 0.05, 0.65, 0.05, 0.5])
    weights = np.array([0, 0, 2, 1, 3])
    repeated = metrics(np.repeat(y, weights), np.repeat(p, weights))
    slope = metrics(y, p, weights=weights)["calibration_slope"]
    assert slope == pytest.approx(repeated["calibration_slope"], abs=1e-6)
