"""Our figures of lists are those of independent libraries, or differ by a rule that is stated.

trec_eval (by its Python binding) is the standard of information retrieval; irspack, implicit and
scikit-learn are what others measure recommenders with.
"""

from types import SimpleNamespace

import implicit.evaluation
import numpy as np
import pandas as pd
import pytest
import pytrec_eval
from irspack.evaluation import Evaluator
from scipy import sparse
from sklearn.metrics import ndcg_score, roc_auc_score

from tenuto.evaluation import auc, exposure, ranking

N_USERS, N_ITEMS, K = 80, 40, 10
WITHIN = 1e-9


@pytest.fixture(scope="module")
def scores():
    """Users x items, no two alike in a row: libraries break ties each in its own way."""
    return np.random.default_rng(0).permuted(
        np.tile(np.arange(N_ITEMS) * 0.5, (N_USERS, 1)), axis=1
    )


@pytest.fixture(scope="module")
def truth():
    """Users x items, 1 where relevant: from one item, at ``K`` still few, to more than ``K``."""
    rng = np.random.default_rng(1)
    n_relevant = np.arange(N_USERS) % 15 + 1
    return (rng.random((N_USERS, N_ITEMS)).argsort(axis=1) < n_relevant[:, None]).astype(float)


@pytest.fixture(scope="module")
def recommended(scores):
    """The first 25 of everybody: more than ``K``, not the whole catalogue."""
    return lists_of(scores, 25)


@pytest.fixture(scope="module")
def relevant(truth):
    user, item = np.nonzero(truth)
    return pd.DataFrame({"user_id": user, "item_id": item})


def lists_of(scores, n):
    best = np.argsort(-scores, axis=1)[:, :n]
    user = np.repeat(np.arange(len(scores)), n)
    rank = np.tile(np.arange(1, n + 1), len(scores))
    return pd.DataFrame({"user_id": user, "rank": rank, "item_id": best.ravel()})


def trec(recommended, relevant, measures):
    """trec_eval's figures, one row per user."""
    truth = {str(user): dict.fromkeys(map(str, rows), 1) for user, rows in by_user(relevant)}
    ranks = recommended.set_index(["user_id", "item_id"])["rank"]
    run: dict = {}
    for (user, item), rank in ranks.items():
        run.setdefault(str(user), {})[str(item)] = -float(rank)
    found = pytrec_eval.RelevanceEvaluator(truth, measures).evaluate(run)
    table = pd.DataFrame.from_dict(found, orient="index")
    return table.set_index(table.index.astype(int)).sort_index()


def by_user(pairs):
    return pairs.groupby("user_id")["item_id"]


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_each_users_figures_are_those_of_trec_eval(recommended, relevant, k):
    ours = ranking.metrics_per_user(recommended, relevant, k)

    names = {"recall": f"recall_{k}", "precision": f"P_{k}", "ndcg": f"ndcg_cut_{k}"}
    names |= {"hit_rate": f"success_{k}"}
    measures = {f"{name.rpartition('_')[0]}.{k}" for name in names.values()}
    theirs = trec(recommended, relevant, measures)
    for name, trecs in names.items():
        assert ours[name].to_numpy() == pytest.approx(theirs[trecs].to_numpy(), abs=WITHIN), name


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_trec_eval_divides_average_precision_by_all_that_is_relevant(recommended, relevant, k):
    # Ours is over min(k, relevant), so that the best list scores 1 whatever k is.
    ours = ranking.map_at_k(recommended, relevant, k)
    theirs = trec(recommended, relevant, {f"map_cut.{k}"})[f"map_cut_{k}"]

    n_relevant = by_user(relevant).size()
    as_theirs = ours * np.minimum(n_relevant, k) / n_relevant
    assert as_theirs.to_numpy() == pytest.approx(theirs.to_numpy(), abs=WITHIN)


def test_trec_eval_has_no_k_for_the_reciprocal_rank_so_it_is_given_the_top(recommended, relevant):
    ours = ranking.mrr_at_k(recommended, relevant, K)

    theirs = trec(recommended[recommended["rank"] <= K], relevant, {"recip_rank"})["recip_rank"]

    assert ours.to_numpy() == pytest.approx(theirs.to_numpy(), abs=WITHIN)


def test_trec_eval_leaves_out_a_listener_without_a_list_whom_we_score_0(recommended, relevant):
    without = recommended[recommended["user_id"] != 3]

    ours = ranking.recall_at_k(without, relevant, K)

    assert 3 not in trec(without, relevant, {"recall.10"}).index
    assert ours[3] == 0


@pytest.mark.parametrize("k", [1, 5, 10])
def test_means_over_listeners_are_irspacks(scores, truth, recommended, relevant, k):
    ours = ranking.metrics_per_user(recommended, relevant, k).mean()

    theirs = irspack(truth, scores, k)

    names = {"recall": "recall", "precision": "precision", "ndcg": "ndcg", "hit_rate": "hit"}
    assert {name: ours[name] for name in names} == pytest.approx(
        {name: theirs[name_there] for name, name_there in names.items()}, abs=WITHIN
    )
    catalogue = range(N_ITEMS)
    coverage = ranking.coverage_at_k(recommended, catalogue, k)
    assert coverage == pytest.approx(theirs["catalog_coverage"], abs=WITHIN)
    gini = exposure.gini_at_k(recommended, catalogue, k)
    assert gini == pytest.approx(theirs["gini_index"], abs=WITHIN)


def test_irspack_divides_average_precision_by_all_that_is_relevant(
    scores, truth, recommended, relevant
):
    ours = ranking.map_at_k(recommended, relevant, K)

    n_relevant = by_user(relevant).size()
    as_theirs = (ours * np.minimum(n_relevant, K) / n_relevant).mean()
    assert as_theirs == pytest.approx(irspack(truth, scores)["map"], abs=WITHIN)


def test_irspack_shortens_k_where_it_has_fewer_items_to_show(scores, truth, relevant):
    # given six items that may be recommended; an empty place is a wrong one for us
    few = np.where(np.arange(N_ITEMS) < 6, scores, -np.inf)
    lists = lists_of(few, 6)

    theirs = irspack(truth, few)

    at_6 = ranking.metrics_per_user(lists, relevant, 6).mean()
    at_10 = ranking.metrics_per_user(lists, relevant, K).mean()
    assert theirs["precision"] == pytest.approx(at_6["precision"], abs=WITHIN)
    assert theirs["precision"] * 6 / K == pytest.approx(at_10["precision"], abs=WITHIN)
    assert theirs["ndcg"] == pytest.approx(at_6["ndcg"], abs=WITHIN)
    assert theirs["recall"] == pytest.approx(at_10["recall"], abs=WITHIN)


def test_map_and_ndcg_are_implicits_and_its_precision_is_of_all_listeners_together(
    scores, truth, recommended, relevant
):
    ours = ranking.metrics_per_user(recommended, relevant, K)

    theirs = implicit_figures(truth, scores)

    assert theirs["map"] == pytest.approx(ours["map"].mean(), abs=WITHIN)
    assert theirs["ndcg"] == pytest.approx(ours["ndcg"].mean(), abs=WITHIN)
    # Hits over the places that could have been hits, which no mean over listeners gives.
    could_be = np.minimum(by_user(relevant).size(), K)
    hits = ours["precision"] * K
    assert theirs["precision"] == pytest.approx(hits.sum() / could_be.sum(), abs=WITHIN)


def test_implicits_auc_knows_no_order_below_k_and_ours_does(scores, truth, relevant):
    # given the right songs last of all: implicit takes what is below K as in any order
    worst = scores - 1_000 * truth

    ours = auc.auc_of_rectangle(pd.DataFrame(worst), relevant)

    assert (ours == 0).all()
    assert implicit_figures(truth, worst)["auc"] > 0.3


def test_ndcg_over_the_whole_catalogue_is_scikit_learns(scores, truth, relevant):
    everything = lists_of(scores, N_ITEMS)

    for k in (3, K, N_ITEMS):
        ours = ranking.ndcg_at_k(everything, relevant, k)
        assert ours.mean() == pytest.approx(ndcg_score(truth, scores, k=k), abs=WITHIN)


def test_auc_is_scikit_learns_of_every_listener(scores, truth, relevant):
    ours = auc.auc_of_rectangle(pd.DataFrame(scores), relevant)

    theirs = [roc_auc_score(truth[user], scores[user]) for user in range(N_USERS)]
    assert ours.to_numpy() == pytest.approx(np.array(theirs), abs=WITHIN)


def irspack(truth, scores, k=K):
    """irspack's means over listeners."""
    evaluator = Evaluator(sparse.csr_matrix(truth), cutoff=k, n_threads=1)
    return evaluator.get_score_from_score_matrix(scores)


def implicit_figures(truth, scores):
    """implicit's figures of a model that recommends by ``scores``, nothing being known before."""

    def recommend(users, _histories, N, **_options):
        return lists_of(scores[users], N)["item_id"].to_numpy(np.int32).reshape(-1, N), None

    return implicit.evaluation.ranking_metrics_at_k(
        SimpleNamespace(recommend=recommend),
        sparse.csr_matrix(truth.shape),
        sparse.csr_matrix(truth),
        K=K,
        show_progress=False,
        num_threads=1,
    )
