"""How large a campaign has to be: the table of churn.md, section 4.8, and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.errors import SettingsError
from tenuto.retention._size import campaign_size, detectable_effect

TABLE = [
    (0.62, 0.10, 985, 537, 4_833),
    (0.62, 0.05, 3_901, 2_144, 19_295),
    (0.62, 0.02, 24_197, 13_379, 120_409),
    (0.22, 0.10, 5_358, 3_069, 27_620),
    (0.22, 0.05, 21_855, 12_323, 110_904),
    (0.05, 0.10, 28_405, 16_412, 147_708),
]


@pytest.mark.parametrize(("base", "effect", "each", "holdout", "treat"), TABLE)
def test_the_published_table_comes_out(base, effect, each, holdout, treat):
    equal, tenth = campaign_size(base, effect), campaign_size(base, effect, 0.1)
    assert equal.n_holdout == equal.n_treat == each
    assert (tenth.n_holdout, tenth.n_treat) == (holdout, treat)


@given(base=st.floats(0.02, 0.9), effect=st.floats(0.05, 0.5), holdout=st.floats(0.05, 0.95))
def test_a_campaign_of_the_size_needed_detects_the_effect_it_was_sized_for(base, effect, holdout):
    size = campaign_size(base, effect, holdout)
    found = detectable_effect(base, size.n_holdout, size.n_treat)
    # Few listeners are rounded by a share that shows.
    assert found == pytest.approx(effect, rel=0.6 / min(size.n_holdout, size.n_treat) + 1e-6)


def test_such_a_campaign_finds_the_effect_four_times_in_five():
    size = campaign_size(0.62, 0.10)
    rng = np.random.default_rng(0)
    n = size.n_holdout
    held_out, contacted = (rng.binomial(n, p, 4_000) / n for p in (0.62, size.contacted))
    error = np.sqrt(held_out * (1 - held_out) / n + contacted * (1 - contacted) / n)
    found = np.abs(held_out - contacted) / error > 1.96
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_two_small_groups_detect_nothing():
    assert np.isnan(detectable_effect(0.05, 10, 100))
    assert np.isnan(detectable_effect(0.05, 0, 100))


@pytest.mark.parametrize(("base", "effect"), [(0, 0.1), (1, 0.1), (0.5, 0), (0.5, 1), (62, 0.1)])
def test_a_share_that_is_none_is_refused(base, effect):
    with pytest.raises(SettingsError, match="not between 0 and 1"):
        campaign_size(base, effect)
