"""The Brier score taken apart, on data whose parts can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.evaluation.brier import brier_decomposition

rows = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=60)


@given(rows)
def test_the_parts_add_up_to_the_score(pairs):
    y, p = map(np.array, zip(*pairs, strict=True))

    found = brier_decomposition(y, p)

    parts = found["uncertainty"] - found["resolution"] + found["reliability"]
    assert parts + found["within_bins"] == pytest.approx(np.mean((p - y) ** 2))
    assert found["reliability"] >= 0
    assert 0 <= found["resolution"] <= found["uncertainty"] + 1e-12


def test_the_base_rate_said_of_everybody_has_no_resolution_and_no_error():
    found = brier_decomposition([0, 0, 0, 1], np.full(4, 0.25))

    assert (found["reliability"], found["resolution"]) == (0, 0)
    assert found["brier"] == found["uncertainty"] == 0.25 * 0.75


def test_a_prophet_resolves_all_of_the_uncertainty():
    y = np.tile([0, 1], 10)

    found = brier_decomposition(y, y)

    assert found["brier"] == found["reliability"] == 0
    assert found["resolution"] == found["uncertainty"] == 0.25


def test_two_levels_said_wrongly_by_a_tenth_cost_a_hundredth():
    # 10 listeners of whom 2 leave, said 0.3; and 10 of whom 8 leave, said 0.7.
    y = np.repeat([0, 1, 0, 1], [8, 2, 2, 8])
    p = np.repeat([0.3, 0.7], 10)

    found = brier_decomposition(y, p, n_bins=2)

    assert found["reliability"] == pytest.approx(0.01)
    assert found["resolution"] == pytest.approx(0.3**2)
    assert found["within_bins"] == pytest.approx(0)


def test_nobody_to_judge_has_no_score():
    assert np.isnan(list(brier_decomposition([], []).values())).all()
