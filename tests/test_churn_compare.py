"""Models of a run held against each other: which differences are noise."""

import json
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from conftest import workspace_over
from service import CUTOFF, played, settle, timeline_of
from tenuto import errands
from tenuto.churn._compare import compare, compare_run, compared, scored_models
from tenuto.churn._compare_gaps import holm
from tenuto.churn._compare_words import gap_in_words, sentences
from tenuto.churn._results import ChurnSummary
from tenuto.errors import ContractError, NotEnoughData, SettingsError, UnknownName, WorkspaceError
from tenuto.record import write_json
from test_cli import tenuto

DRAWS = 100


def scores(n=1_000, seed=0, **noise):
    """Listeners who leave by a risk of their own; each model sees it with its own noise."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=n)
    idle = rng.integers(0, 30, n)
    table = pd.DataFrame(
        {
            "user_id": np.arange(n) + 1,
            "y": (rng.random(n) < expit(2 * risk - 1)).astype(int),
            "fold": np.arange(n) % 5,
            "is_active_14d": idle <= 14,
            "is_active_7d": idle <= 7,
            "probability_base_rate": 0.3 + 0.001 * (np.arange(n) % 5),
        }
    )
    for name, spread in (noise or {"boosting": 0.3, "forest": 0.3, "neural": 3.0}).items():
        table[f"probability_{name}"] = expit(2 * (risk + rng.normal(0, spread, n)) - 1)
    return table


def compared_of(table, **options):
    rng = np.random.default_rng(5)
    return compare(table, rng=rng, n_draws=DRAWS, **{"population": "all", **options})


@cache
def usual():
    """Two models that see the same, one that sees little, and none that is the base rate."""
    return compared_of(scores())


def pair(found, *models):
    return next(gap for gap in found.gaps if {gap.model, gap.against} == set(models))


# What is noise.


def test_models_that_see_the_same_with_equal_noise_differ_by_noise_only():
    found = usual()

    assert not pair(found, "boosting", "forest").is_beyond


def test_a_model_that_sees_less_is_worse_beyond_noise():
    found = usual()

    gap = pair(found, "boosting", "neural")
    assert gap.is_beyond
    assert gap.model == "boosting"
    assert gap.low > 0
    assert gap.n_needed is None


def test_a_model_compared_with_its_own_copy_is_a_tie():
    table = scores(boosting=0.3)
    found = compared_of(table.assign(probability_copy=table["probability_boosting"]))

    gap = pair(found, "boosting", "copy")
    assert (gap.difference, gap.low, gap.high, gap.p) == (0, 0, 0, 1)
    assert not gap.is_beyond
    assert gap.n_needed is None


def test_coins_are_all_alike_however_many_there_are():
    rng = np.random.default_rng(2)
    table = scores(boosting=0.3)[["user_id", "y", "fold"]]
    for coin in range(8):
        table[f"probability_coin_{coin}"] = rng.random(len(table))

    found = compared_of(table)

    assert not any(gap.is_beyond for gap in found.gaps)


def test_a_constant_per_fold_ranks_nobody():
    found = usual()

    constant = next(row for row in found.figures if row["model"] == "base_rate")
    assert constant["value"] == 0.5


def test_of_few_leavers_no_ranking_is_made():
    table = scores()
    table["y"] = (np.arange(len(table)) < 12).astype(int)

    found = compared_of(table)

    assert not found.is_ranked
    assert not any(gap.is_beyond for gap in found.gaps)
    assert sentences(found)[0].startswith("Not enough data to rank models: 12 of 1,000")


def test_a_gap_not_seen_needs_more_listeners_than_there_are():
    found = compared_of(scores(boosting=0.30, close=0.31, closer=0.301, seed=1))

    needed = [gap.n_needed for gap in found.gaps if gap.n_needed is not None]
    assert needed
    assert all(n > 1_000 for n in needed)


def test_with_as_many_listeners_as_were_asked_for_the_gap_is_seen():
    few = scores(1_000, seed=4, boosting=0.4, forest=0.7)
    gap = pair(compared_of(few), "boosting", "forest")
    many = scores(4 * (gap.n_needed or 1_000), seed=5, boosting=0.4, forest=0.7)

    assert pair(compared_of(many), "boosting", "forest").is_beyond


# What is compared.


def test_the_best_is_first_and_every_pair_is_there_once():
    found = usual()

    values = [row["value"] for row in found.figures]
    assert values == sorted(values, reverse=True)
    assert found.best == found.figures[0]["model"]
    assert len({frozenset((gap.model, gap.against)) for gap in found.gaps}) == len(found.gaps) == 6
    assert [gap.against for gap in found.with_best()] == [row["model"] for row in found.figures[1:]]


def test_of_a_loss_less_is_better():
    found = compared_of(scores(), metric="log_loss")

    values = [row["value"] for row in found.figures]
    assert values == sorted(values)
    assert pair(found, "boosting", "neural").difference < 0


def test_a_population_is_its_listeners_alone():
    table = scores()

    found = compared_of(table, population="active_7d")

    assert found.n_listeners == table["is_active_7d"].sum()
    assert found.base_rate == pytest.approx(table.loc[table["is_active_7d"], "y"].mean())


def test_the_order_of_rows_changes_nothing():
    shuffled = compared_of(scores().sample(frac=1, random_state=1))

    for gap, same in zip(usual().gaps, shuffled.gaps, strict=True):
        assert (gap.model, gap.against) == (same.model, same.against)
        assert gap.is_beyond == same.is_beyond
        assert gap.difference == pytest.approx(same.difference)
        assert gap.low == pytest.approx(same.low)


def test_models_that_are_named_are_compared_beside_the_base_rate_alone():
    found = compared_of(scores(), models=["forest"])

    assert {row["model"] for row in found.figures} == {"forest", "base_rate"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"models": ["boost"]}, "no scores of boost"),
        ({"metric": "accurracy"}, "no metric 'accurracy'"),
        ({"population": "actve"}, "no population 'actve'"),
    ],
)
def test_what_there_is_not_is_named(asked, words):
    with pytest.raises(UnknownName, match=words):
        compared_of(scores(), **asked)


def test_one_model_has_nobody_to_be_compared_with():
    with pytest.raises(SettingsError, match="nobody to be compared with"):
        compared_of(scores(boosting=1).drop(columns="probability_base_rate"))


def test_nobody_cannot_be_compared():
    with pytest.raises(ContractError, match="nobody"):
        compared(
            np.empty(0),
            {"a": np.empty(0)},
            np.empty(0),
            metric="auc",
            rng=np.random.default_rng(0),
        )


def test_models_are_read_off_the_columns():
    assert scored_models(scores()) == ["base_rate", "boosting", "forest", "neural"]


# Holm.


def test_holm_is_no_milder_than_alone_and_no_stricter_than_bonferroni():
    ps = np.random.default_rng(3).random(20) ** 3

    adjusted = holm(ps)

    assert (adjusted >= ps).all()
    assert (adjusted <= np.minimum(1, 20 * ps)).all()
    assert adjusted.min() == pytest.approx(min(1, 20 * ps.min()))
    assert (np.diff(adjusted[np.argsort(ps)]) >= 0).all()


def test_a_test_that_says_nothing_does_not_count():
    np.testing.assert_array_equal(holm(np.array([0.02, np.nan])), [0.02, np.nan])


# In words.


def test_noise_is_said_with_its_interval_and_what_it_would_take():
    found = compared_of(scores(seed=1, boosting=0.30, forest=0.31))

    gap = found.with_best()[0]
    said = sentences(found)[0]
    assert said.startswith(f"{gap.model} and {gap.against}: no difference beyond noise (AUC ")
    assert gap_in_words(gap, "auc") in said


def test_a_sure_difference_is_said_without_ado():
    found = usual()

    said = sentences(found)
    assert any(line.startswith(f"{found.best} is better than neural: AUC +0.") for line in said)


def test_a_figure_that_is_not_defined_is_said_to_be_so():
    found = compared_of(scores().assign(y=0))

    assert np.isnan(found.figures[0]["value"])
    assert not any(gap.is_beyond for gap in found.gaps)


# From a run.


@pytest.fixture
def workspace(duckdb_engine, tmp_path, logs):
    """A workspace with one day of sums, and the scores of a run at its end."""
    made = workspace_over(logs, tmp_path / "workspace")
    timeline_of(duckdb_engine, made.rollups, [played(1)])
    folder = made.run_folder(CUTOFF) / "churn"
    folder.mkdir(parents=True)
    scores().to_parquet(folder / "test_scores.parquet", index=False)
    summary = ChurnSummary(cutoff=CUTOFF.isoformat(), test_cutoff="2017-04-15")
    write_json(folder / "summary.json", summary.to_dict())
    return settle(made, {"churn": {"bootstrap_draws": 40}})


def test_a_run_is_compared_where_it_was_tested(workspace):
    found = errands.compare(workspace, population="all")

    assert found.test_cutoff == "2017-04-15"
    assert pair(found, "boosting", "neural").is_beyond


def test_where_there_was_no_run_those_there_were_are_named(workspace):
    with pytest.raises(WorkspaceError, match="there are some at 2017-04-29"):
        compare_run(workspace.run_folder(date(2017, 4, 28)) / "churn")


def test_a_run_without_models_is_said_to_have_none(tmp_path):
    folder = tmp_path / "runs" / "2017-04-29" / "churn"
    write_json(folder / "summary.json", ChurnSummary("2017-04-29", skipped="too short").to_dict())

    with pytest.raises(NotEnoughData, match="no models at 2017-04-29: too short"):
        compare_run(folder)


def test_the_command_shows_models_differences_and_words(workspace):
    shown = tenuto("churn", "compare", workspace.root, "--population", "all")

    assert shown.exit_code == 0, shown.output
    assert "1,000 listeners on 2017-04-15, churn rate" in shown.stdout
    rows = [line.split()[0] for line in shown.stdout.splitlines() if " to " in line]
    assert set(rows[:4]) == {"base_rate", "boosting", "forest", "neural"}
    assert "no difference beyond noise (AUC" in shown.stdout
    assert "is better than base_rate" in shown.stdout


def test_json_and_csv_have_every_pair(workspace, tmp_path):
    file = tmp_path / "pairs.csv"

    shown = tenuto(
        *("churn", "compare", workspace.root, "--models", "boosting,forest", "--out", file),
        "--json",
    )

    told, pairs = json.loads(shown.stdout), pd.read_csv(file)
    assert [gap["against"] for gap in told["gaps"]] == pairs["against"].tolist()
    assert len(pairs) == 3
    assert told["said"]


def test_a_workspace_without_that_run_is_the_users_mistake(workspace):
    shown = tenuto("churn", "compare", workspace.root, "--cutoff", "2017-04-30")

    assert shown.exit_code == 2
    assert "To mend:" in shown.stderr
