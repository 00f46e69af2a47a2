"""Clusters of listeners by taste: found where they are, and the same for whoever comes later."""

import numpy as np
import pytest

from tenuto.errors import ContractError, NotEnoughData
from tenuto.recommenders._clusters import NO_CLUSTER, ListenerClusters
from tenuto.recommenders._histories import Histories

N_STYLES, ITEMS_PER_STYLE = 3, 20
N_ITEMS = N_STYLES * ITEMS_PER_STYLE


def histories(style, rng=None, n_heard=8):
    """Listeners who hear songs of one style each; -1 hears nothing."""
    rng = rng or np.random.default_rng(5)
    row, item = [], []
    for number, of in enumerate(style):
        if of >= 0:
            row += [number] * n_heard
            own = rng.permutation(ITEMS_PER_STYLE)[:n_heard] + of * ITEMS_PER_STYLE
            item += own.tolist()
    liked = rng.integers(1, 50, len(row))
    return Histories.of_pairs(
        row, item, liked, np.ones(len(row)), n_rows=len(style), n_items=N_ITEMS
    )


STYLES = np.repeat([0, 1, 2], [60, 50, 40])


@pytest.fixture(scope="module")
def found():
    return ListenerClusters.fit(histories(STYLES))


def test_listeners_of_one_style_are_one_cluster_and_the_largest_is_the_first(found):
    assert found.assign(histories(STYLES)).tolist() == STYLES.tolist()


def test_the_number_of_clusters_is_the_one_that_halves_agree_on(found):
    chosen = found.choice[found.choice["is_chosen"]]
    assert chosen["n_clusters"].tolist() == [3]
    assert chosen["agreement"].item() == pytest.approx(1)
    assert found.choice["n_clusters"].tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_a_new_listener_goes_where_the_taste_is_alike(found):
    late = histories([2, -1, 0], np.random.default_rng(99), n_heard=3)
    assert found.assign(late).tolist() == [2, NO_CLUSTER, 0]


def test_a_batch_is_its_listeners_one_by_one(found):
    some = histories(np.array([0, 2, 1, -1, 1]))
    alone = [found.assign(some.take([row])).item() for row in range(5)]
    assert found.assign(some).tolist() == alone


def test_much_listening_and_little_of_the_same_taste_are_alike(found):
    one = histories([1])
    more = Histories.of_pairs(
        one.row_of_entry(), one.item, np.full(8, 9_000), np.ones(8), n_rows=1, n_items=N_ITEMS
    )
    assert found.assign(more).tolist() == found.assign(one).tolist()


def test_the_same_fit_twice_is_the_same(found):
    again = ListenerClusters.fit(histories(STYLES))
    np.testing.assert_array_equal(again.centres, found.centres)
    np.testing.assert_array_equal(again.directions, found.directions)


def test_saved_and_read_it_is_the_same(found):
    again = ListenerClusters.of_tables(found.to_tables())
    np.testing.assert_array_equal(again.centres, found.centres)
    assert again.choice.equals(found.choice)
    assert again.assign(histories(STYLES)).tolist() == STYLES.tolist()


def test_a_number_of_clusters_may_be_given():
    two = ListenerClusters.fit(histories(STYLES), n_clusters=2)
    assert len(two.centres) == 2
    assert set(two.assign(histories(STYLES))) == {0, 1}


def test_too_few_listeners_are_not_clustered():
    with pytest.raises(NotEnoughData, match="10 listeners"):
        ListenerClusters.fit(histories(STYLES[:10]))


def test_histories_of_other_items_are_refused(found):
    other = Histories.of_pairs([0], [0], [1], [1], n_rows=1, n_items=5)
    with pytest.raises(ContractError, match="histories of 5 items"):
        found.assign(other)


def test_no_cluster_at_all_is_refused():
    with pytest.raises(ContractError, match="below 1"):
        ListenerClusters.fit(histories(STYLES), n_clusters=0)
