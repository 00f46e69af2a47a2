"""What the room promises of every uplift model, whoever adds the next one."""

import numpy as np
import pandas as pd
import pytest

from tenuto.errors import ContractError, NotEnoughData
from tenuto.simulation._campaign_table import FEATURES, campaign_table
from tenuto.uplift import CATALOGUE, LEAST, cross_fitted, treat_shares

every_uplift = pytest.mark.parametrize("name", CATALOGUE.names())


@pytest.fixture(scope="module")
def campaign() -> pd.DataFrame:
    return campaign_table(8_000, seed=1, holdout_share=0.4)


def parts(table):
    return table[list(FEATURES)], table["y"].to_numpy(), (table["group"] == "treat").to_numpy()


def fitted(name, table):
    return CATALOGUE.get(name).Model().fit(*parts(table), random_state=3)


@every_uplift
def test_it_says_what_it_is(name):
    assert CATALOGUE.get(name).LABEL
    assert name != CATALOGUE.get(name).LABEL


@every_uplift
def test_those_it_puts_first_are_kept_more_often(name, campaign):
    unseen = campaign_table(8_000, seed=2)
    found = fitted(name, campaign).predict(unseen[list(FEATURES)])

    truth = (unseen["y0"] - unseen["y1"]).to_numpy()
    first = np.argsort(-found)[:2_000]

    assert truth[first].mean() > 1.4 * truth.mean()


@every_uplift
def test_its_figures_are_drops_in_leaving(name, campaign):
    unseen = campaign_table(8_000, seed=2)

    found = fitted(name, campaign).predict(unseen[list(FEATURES)])

    assert found.mean() == pytest.approx((unseen["y0"] - unseen["y1"]).mean(), abs=0.03)
    assert np.abs(found).max() < 1


@every_uplift
def test_nobody_is_scored_by_a_model_that_knew_the_outcome(name, campaign):
    # With no effect planted and none to learn, models that knew would still find one.
    table = campaign_table(6_000, seed=4, effect=0.0, holdout_share=0.5)
    X, y, treated = parts(table)

    found = cross_fitted(CATALOGUE.get(name).Model, X, y, treated, table["user_id"])

    first = np.argsort(-found)[:3_000]
    gap = y[first][~treated[first]].mean() - y[first][treated[first]].mean()
    assert abs(gap) < 0.05


@every_uplift
def test_the_order_of_rows_and_columns_changes_nothing(name):
    table = campaign_table(5_000, seed=5, holdout_share=0.5)
    shuffled = table.sample(frac=1, random_state=1)
    model = CATALOGUE.get(name).Model
    found = {}
    for which, rows in (("first", table), ("again", shuffled)):
        X, y, treated = parts(rows)
        X = X[sorted(X.columns)]
        scores = cross_fitted(model, X, y, treated, rows["user_id"], n_folds=2, random_state=7)
        found[which] = pd.Series(scores, index=rows["user_id"]).sort_index()

    pd.testing.assert_series_equal(found["first"], found["again"])


@every_uplift
def test_a_missing_column_is_named(name, campaign):
    model = fitted(name, campaign)
    with pytest.raises(ContractError, match="tenure_days"):
        model.predict(campaign[list(FEATURES)].drop(columns="tenure_days"))


@every_uplift
@pytest.mark.parametrize("what", sorted(LEAST))
def test_too_few_of_a_group_are_refused_with_the_number(name, what):
    n_holdout = LEAST["listeners"] - 1 if what == "listeners" else 3_000
    y = np.tile([0, 1], 6_000)[: 5_000 + n_holdout].copy()
    treated = np.arange(len(y)) < 5_000
    if what == "leavers":
        y[5_000:] = np.arange(n_holdout) < LEAST["leavers"] - 1
    if what == "stayers":
        y[5_000:] = np.arange(n_holdout) >= LEAST["stayers"] - 1
    X = pd.DataFrame({"x": np.zeros(len(y))})

    with pytest.raises(NotEnoughData, match=f"{what} among those held out"):
        CATALOGUE.get(name).Model().fit(X, y, treated)


def test_the_chance_of_contact_is_that_of_the_stratum():
    shares = treat_shares(["a", "a", "a", "a", "b", "b"], [True, True, True, False, True, False])

    assert shares.tolist() == [0.75, 0.75, 0.75, 0.75, 0.5, 0.5]


def test_folds_ask_no_more_of_a_campaign_than_the_campaign_has():
    table = campaign_table(2_100, seed=1, holdout_share=0.48)
    X, y, treated = parts(table)
    assert LEAST["listeners"] <= (~treated).sum() < 1.2 * LEAST["listeners"]

    found = cross_fitted(CATALOGUE.get("two_model").Model, X, y, treated, table["user_id"])

    assert np.isfinite(found).all()
