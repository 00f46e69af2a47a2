"""Curves are small, begin and end where they must, and enclose the figures."""

import numpy as np
import pytest

from tenuto.evaluation import curves
from tenuto.evaluation.classification import metrics


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    p = rng.random(5_000)
    return (rng.random(5_000) < p).astype(int), p


@pytest.mark.parametrize("name", ["roc", "precision_recall", "gains", "lift", "reliability"])
def test_no_curve_has_more_than_200_points(name, many):
    table = getattr(curves, name)(*many)

    assert 2 <= len(table) <= 200
    assert not table.isna().any().any()


def test_the_area_under_the_roc_curve_is_the_auc(many):
    table = curves.roc(*many)

    area = np.trapezoid(table["true_positive_rate"], table["false_positive_rate"])
    assert area == pytest.approx(metrics(*many)["auc"], abs=2e-3)
    assert table.iloc[0, :2].tolist() == [0, 0]
    assert table.iloc[-1, :2].tolist() == [1, 1]


def test_a_tied_group_is_one_straight_line_of_the_roc_curve():
    table = curves.roc([1, 0, 1, 0], [0.5] * 4)

    assert table.iloc[:, :2].to_numpy().tolist() == [[0, 0], [1, 1]]


def test_precision_at_full_recall_is_the_base_rate():
    table = curves.precision_recall([1, 0, 0, 1], [0.9, 0.8, 0.7, 0.1])

    assert table["recall"].tolist() == [0.5, 0.5, 0.5, 1.0]
    assert table["precision"].tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 2])


def test_a_perfect_list_finds_what_can_be_found():
    y = np.repeat([1, 0], [25, 75])

    table = curves.gains(y, np.linspace(1, 0, 100))

    assert table["share_found"].to_numpy() == pytest.approx(table["perfect"].to_numpy())


def test_lift_at_the_whole_list_is_one(many):
    table = curves.lift(*many)

    assert table["lift"].iloc[-1] == pytest.approx(1)
    assert (table["lift"] <= table["cap"] + 1e-9).all()


def test_reliability_bins_are_of_one_size_and_hold_every_row(many):
    table = curves.reliability(*many, n_bins=10)

    assert table["n"].tolist() == [500] * 10
    assert table["predicted"].is_monotonic_increasing
    assert (table["low"] <= table["observed"]).all()
    assert (table["observed"] <= table["high"]).all()


def test_tied_predictions_stay_in_one_bin():
    table = curves.reliability([1, 0, 1, 1], [0.2, 0.2, 0.2, 0.7], n_bins=2)

    assert table["n"].tolist() == [3, 1]
    assert table["observed"].tolist() == pytest.approx([2 / 3, 1])


@pytest.mark.parametrize("name", ["roc", "precision_recall", "gains", "lift"])
def test_without_leavers_there_is_no_curve(name):
    assert len(getattr(curves, name)([0, 0, 0], [0.1, 0.2, 0.3])) == 0
