"""What the room promises of every re-ranking, whoever adds the next one."""

import inspect

import numpy as np
import pytest
from scipy.sparse import csr_array

from tenuto.errors import ContractError, SettingsError
from tenuto.reranking import CATALOGUE, Candidates, Facts, Pairs, in_turn, promises_of, reranked

EVERYBODY = list(CATALOGUE)
every_member = pytest.mark.parametrize("name", EVERYBODY)
K = 5
N_LISTENERS, N_ITEMS, N_PLACES = 12, 60, 30


def pairs(*rows, values=None):
    """One row of items per listener."""
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    item = np.array([item for row in rows for item in row], dtype=np.int64)
    return Pairs(start, item, values)


def candidates(rng, n_listeners=N_LISTENERS):
    """Lists of different lengths, among them an empty one."""
    item = np.stack([rng.permutation(N_ITEMS)[:N_PLACES] for _ in range(n_listeners)])
    score = -np.sort(-rng.random((n_listeners, N_PLACES)), axis=1)
    length = rng.integers(1, N_PLACES + 1, n_listeners)
    length[0], length[1] = N_PLACES, 0
    is_over = np.arange(N_PLACES) >= length[:, None]
    return Candidates(np.where(is_over, -1, item), np.where(is_over, np.nan, score))


def facts(rng, n_listeners=N_LISTENERS):
    """Everything a member could ask for; some listeners have no history, dislike or risk."""

    def some():
        return [rng.permutation(N_ITEMS)[: rng.integers(0, 8)] for _ in range(n_listeners)]

    shown = pairs(*some())
    age = rng.integers(0, 10, len(shown.item)).astype(np.float64)
    return Facts(
        popularity=rng.integers(0, 100, N_ITEMS).astype(np.float64),
        artist=rng.integers(-1, 6, N_ITEMS).astype(np.int32),
        vectors=rng.normal(size=(N_ITEMS, 4)),
        n_shown=rng.integers(0, 50, N_ITEMS).astype(np.float64),
        heard=pairs(*some()),
        disliked=pairs(*some()),
        shown=Pairs(shown.start, shown.item, age),
        risk=np.where(np.arange(n_listeners) % 4 == 0, np.nan, rng.random(n_listeners)),
        listener=np.arange(n_listeners) + 1_000,
        day=20_000,
    )


@pytest.fixture
def world():
    rng = np.random.default_rng(7)
    return candidates(rng), facts(rng)


def alike(one, other):
    np.testing.assert_array_equal(one.item, other.item)
    np.testing.assert_array_equal(one.score, other.score)
    return True


def is_moved(before, after):
    return not np.array_equal(before.item, after.item)


@every_member
def test_it_says_what_it_is_and_what_its_settings_mean(name):
    member = CATALOGUE.get(name)
    keywords = {
        keyword: parameter.default
        for keyword, parameter in inspect.signature(member.rerank).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }

    assert member.LABEL
    assert set(member.SETTINGS) == set(keywords)
    assert all(isinstance(default, int | float) for default in keywords.values())
    assert member.STRENGTH in keywords
    assert set(member.NEEDS) <= set(Facts.__dataclass_fields__)


def test_every_member_has_a_turn_of_its_own():
    turns = [CATALOGUE.get(name).TURN for name in EVERYBODY]
    assert len(set(turns)) == len(turns)


@every_member
def test_it_does_something_by_default(name, world):
    assert is_moved(world[0], reranked(*world, K, {name: {}}))


@every_member
def test_a_strength_of_0_changes_nothing(name, world):
    off = {name: {CATALOGUE.get(name).STRENGTH: 0}}
    assert alike(reranked(*world, K, off), world[0])


@every_member
def test_it_adds_no_item_and_shows_none_twice(name, world):
    before, after = world[0], reranked(*world, K, {name: {}})

    assert after.item.shape == before.item.shape
    for offered, listed in zip(before.item, after.item, strict=True):
        kept = listed[listed >= 0]
        assert len(set(kept)) == len(kept)
        assert set(kept) <= set(offered[offered >= 0])


@every_member
def test_only_a_promise_leaves_items_out(name, world):
    before, after = world[0], reranked(*world, K, {name: {}})

    is_shorter = (before.is_there().sum(1) > after.is_there().sum(1)).any()
    assert is_shorter == bool(promises_of({name: {}}))


@pytest.mark.parametrize("name", list(promises_of({name: {} for name in EVERYBODY})))
def test_what_keeps_a_promise_stays_as_it_is_with_more_behind_it(name, world):
    kept = reranked(*world, K, {name: {}}).first(K)
    further = np.stack([np.random.default_rng(n).permutation(N_ITEMS) for n in range(N_LISTENERS)])
    further = np.where((further[:, :, None] == kept.item[:, None, :]).any(2), -1, further)
    item = np.hstack([kept.item, further])
    packed = np.argsort(item < 0, axis=1, kind="stable")
    item = np.take_along_axis(item, packed, 1)
    score = np.where(item >= 0, -np.arange(item.shape[1], dtype=np.float64), np.nan)

    filled = reranked(Candidates(item, score), world[1], K, {name: {}}).first(K)

    np.testing.assert_array_equal(filled.item[kept.is_there()], kept.item[kept.is_there()])


@every_member
def test_a_list_ends_once_and_its_scores_never_rise(name, world):
    after = reranked(*world, K, {name: {}})

    is_there = after.item >= 0
    assert (is_there[:, :-1] >= is_there[:, 1:]).all()
    assert (np.isnan(after.score) == ~is_there).all()
    for score, there in zip(after.score, is_there, strict=True):
        assert (np.diff(score[there]) <= 0).all()


@every_member
def test_a_listeners_list_does_not_depend_on_who_else_is_there(name, world):
    together = reranked(*world, K, {name: {}})
    for row in range(N_LISTENERS):
        alone = reranked(world[0].take([row]), world[1].take([row]), K, {name: {}})
        assert alike(alone, together.take([row]))


@every_member
def test_it_makes_no_difference_in_how_many_parts_listeners_are_served(name, world, monkeypatch):
    together = reranked(*world, K, {name: {}})
    monkeypatch.setattr("tenuto.reranking._run._CELLS_AT_ONCE", 5 * N_PLACES)
    assert alike(reranked(*world, K, {name: {}}), together)


@every_member
def test_the_order_of_the_listeners_does_not_matter(name, world):
    order = np.random.default_rng(3).permutation(N_LISTENERS)
    turned = reranked(world[0].take(order), world[1].take(order), K, {name: {}})
    assert alike(turned, reranked(*world, K, {name: {}}).take(order))


@every_member
def test_it_leaves_what_it_was_given_as_it_was(name, world):
    item, score = world[0].item.copy(), world[0].score.copy()
    heard = world[1].heard.item.copy()

    reranked(*world, K, {name: {}})

    np.testing.assert_array_equal(world[0].item, item)
    np.testing.assert_array_equal(world[0].score, score)
    np.testing.assert_array_equal(world[1].heard.item, heard)


@every_member
def test_the_same_twice_is_the_same(name, world):
    assert alike(reranked(*world, K, {name: {}}), reranked(*world, K, {name: {}}))


@every_member
def test_settings_from_a_file_may_be_whole_numbers_with_a_point(name, world):
    keywords = inspect.signature(CATALOGUE.get(name).rerank).parameters.values()
    known = {one.name: one.default for one in keywords if one.kind is one.KEYWORD_ONLY}
    with_a_point = {keyword: float(default) for keyword, default in known.items()}
    assert alike(reranked(*world, K, {name: with_a_point}), reranked(*world, K, {name: known}))


@every_member
def test_lists_without_anything_on_them_stay_so(name, world):
    item = np.full((N_LISTENERS, N_PLACES), -1)
    nothing = Candidates(item, np.full(item.shape, np.nan))
    assert alike(reranked(nothing, world[1], K, {name: {}}), nothing)


@every_member
def test_more_can_be_asked_for_than_there_are(name, world):
    after = reranked(*world, N_PLACES + 20, {name: {}})
    assert after.item.shape == world[0].item.shape


@every_member
def test_nobody_at_all_is_served_too(name, world):
    nobody = np.arange(0)
    after = reranked(world[0].take(nobody), world[1].take(nobody), K, {name: {}})
    assert after.item.shape == (0, N_PLACES)


@every_member
def test_vectors_may_be_sparse(name, world):
    sparse = Facts(**{**vars(world[1]), "vectors": csr_array(world[1].vectors)})
    assert alike(reranked(world[0], sparse, K, {name: {}}), reranked(*world, K, {name: {}}))


@every_member
def test_a_missing_fact_is_asked_for_by_name(name, world):
    for needed in CATALOGUE.get(name).NEEDS:
        without = Facts(**{**vars(world[1]), needed: None})
        with pytest.raises(ContractError, match=f"needs to know '{needed}'"):
            reranked(world[0], without, K, {name: {}})


@every_member
def test_a_setting_below_0_is_refused(name, world):
    with pytest.raises(SettingsError, match="is -1"):
        reranked(*world, K, {name: {CATALOGUE.get(name).STRENGTH: -1}})


@every_member
def test_a_setting_that_it_does_not_have_is_refused_with_the_nearest(name, world):
    strength = CATALOGUE.get(name).STRENGTH
    with pytest.raises(SettingsError, match=f"Did you mean '{strength}'"):
        reranked(*world, K, {name: {strength + "s": 1}})


def test_all_of_them_together_keep_the_promises_of_each(world):
    before, everything = world[0], {name: {} for name in EVERYBODY}
    after = reranked(*world, K, everything)

    assert is_moved(before, after)
    assert alike(after, reranked(*world, K, dict(reversed(everything.items()))))
    one_by_one = before
    for member in in_turn(EVERYBODY):
        name = member.__name__.rpartition(".")[2]
        one_by_one = reranked(one_by_one, world[1], K, {name: {}})
    assert alike(after, one_by_one)
