"""What the moment says of an item, and when it is not listened to."""

import numpy as np
import pytest

from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders._context import ContextPrior
from tenuto.recommenders._context_choice import Moments, choose_context
from tenuto.reranking import Candidates, Pairs

DAY, NIGHT = 0, 1
CONTEXTS = ("day", "night")


def lists(*rows):
    item = np.array(rows, dtype=np.int64)
    return Candidates(item, np.broadcast_to(-np.arange(item.shape[1], dtype=float), item.shape))


def prior(counts, **settings):
    return ContextPrior.fit(np.array(counts), CONTEXTS, **settings)


def test_the_lift_is_the_share_of_an_item_over_that_of_all():
    # Half of all plays are at night, of the second item nine in ten.
    found = prior([[9_000, 1_000], [1_000, 9_000]], shrinkage=1e-9)
    assert 2**found.log2_lift == pytest.approx(np.array([[1.8, 0.2], [0.2, 1.8]]), rel=1e-6)


def test_a_few_plays_say_little():
    counts = [[500, 500], [0, 1], [0, 1_000]]
    lift = 2.0 ** prior(counts, shrinkage=50).log2_lift[:, NIGHT]
    share = 1_501 / 2_001
    assert lift[1] == pytest.approx((1 + 50 * share) / 51 / share)
    assert 1 < lift[1] < 1.01 < lift[2]


def test_an_item_that_was_never_played_has_no_lift():
    assert prior([[3, 5], [0, 0]]).log2_lift[1].tolist() == [0, 0]


def test_a_context_in_which_nobody_plays_anything_says_nothing():
    assert prior([[3, 0], [9, 0]]).log2_lift[:, NIGHT].tolist() == [0, 0]


def test_a_list_at_night_is_led_by_what_is_played_at_night():
    found = prior([[900, 100], [100, 900]], shrinkage=1)
    after = found.adjust(lists([0, 1], [0, 1], [0, 1]), np.array([DAY, NIGHT, -1]))
    assert after.item.tolist() == [[0, 1], [1, 0], [0, 1]]


def test_a_strength_of_0_changes_nothing():
    found = prior([[900, 100], [100, 900]], shrinkage=1, strength=0)
    assert found.adjust(lists([0, 1]), np.array([NIGHT])).item.tolist() == [[0, 1]]


def test_no_lift_is_taken_beyond_sixteen():
    found = prior([[100_000, 1], [0, 1_000]], shrinkage=1e-6)
    assert np.abs(found.log2_lift).max() == 4


def test_saved_and_read_it_is_the_same():
    found = prior([[9, 1], [4, 6]], shrinkage=7, strength=0.5)
    again = ContextPrior.of_tables(found.to_tables())
    assert (again.contexts, again.shrinkage, again.strength) == (CONTEXTS, 7, 0.5)
    np.testing.assert_array_equal(again.log2_lift, found.log2_lift)
    assert again.log2_lift.dtype == np.float32
    assert (again.number_of("night"), again.number_of("dusk")) == (NIGHT, -1)


def test_counts_that_do_not_fit_are_refused():
    with pytest.raises(ContractError, match="for 2 contexts"):
        prior([[1, 2, 3]])
    with pytest.raises(ContractError, match="negative"):
        prior([[1, -2]])
    with pytest.raises(NotEnoughData):
        prior([[0, 0]])
    with pytest.raises(ContractError, match="2 contexts for 1 lists"):
        prior([[1, 2]]).adjust(lists([0]), np.array([0, 1]))


def played_by_the_clock(rng, n_moments, *, is_by_clock):
    """Ten items of the day and ten of the night, in counts; moments that keep to it, or not."""
    of_night = np.arange(20) >= 10
    counts = np.where(of_night[:, None] == np.array([False, True]), 90, 10)
    context = rng.integers(0, 2, n_moments)
    fitting = np.stack([np.flatnonzero(of_night == (now == NIGHT)) for now in context])
    anything = np.broadcast_to(np.arange(20), (n_moments, 20))
    offered = fitting if is_by_clock else anything
    heard = offered[np.arange(n_moments), rng.integers(0, offered.shape[1], n_moments)]
    candidates = lists(*[rng.permutation(20) for _ in range(n_moments)])
    played = Pairs(np.arange(n_moments + 1), heard)
    return counts, Moments(candidates, context, played, np.arange(n_moments) // 2)


def choice(n_moments=600, *, is_by_clock, seed=1):
    rng = np.random.default_rng(seed)
    counts, moments = played_by_the_clock(rng, n_moments, is_by_clock=is_by_clock)
    return choose_context(counts, CONTEXTS, moments, k=5, rng=np.random.default_rng(0))


def test_the_moment_is_used_where_it_surely_helps():
    found = choice(is_by_clock=True)
    assert found.prior.strength > 0
    assert 0 < found.low < found.gain < found.high
    assert len(found.tried) == 9


@pytest.mark.parametrize("seed", range(5))
def test_the_moment_is_left_out_where_it_does_not_help(seed):
    assert choice(is_by_clock=False, seed=seed).prior.strength == 0


def test_the_moment_is_left_out_where_too_few_can_show_that_it_helps():
    found = choice(n_moments=60, is_by_clock=True)
    assert found.prior.strength == 0
    assert np.isnan(found.low)


def test_choosing_twice_chooses_the_same():
    one, other = choice(is_by_clock=True), choice(is_by_clock=True)
    assert (one.prior.strength, one.prior.shrinkage) == (
        other.prior.strength,
        other.prior.shrinkage,
    )
    assert (one.low, one.high) == (other.low, other.high)
