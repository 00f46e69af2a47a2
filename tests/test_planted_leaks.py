"""Twelve ways in which the future gets in, each caught by name; the honest twin of each passes."""

import numpy as np
import pandas as pd
import pytest

import test_adding_a_member
from guarded_service import BIN_DAYS, HORIZON, a_service, looked_at, with_columns
from service import CUTOFF, frame
from tenuto.churn._examples import Examples
from tenuto.churn._guarded import rebuilding
from tenuto.churn._table_examples import TableSettings
from tenuto.churn._table_study import study_table
from tenuto.errors import LeakError, SourceError
from tenuto.guards import Study, run_guards

plant = test_adding_a_member.plant
DAY = np.timedelta64(1, "D")


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    return a_service(duckdb_engine, tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def honest(duckdb_engine, timeline):
    with looked_at(duckdb_engine, timeline) as study:
        yield study


def caught(study, guard, *told):
    """That the study is refused, by this guard among others, in these words, with a mend."""
    with pytest.raises(LeakError) as refusal:
        run_guards(study)
    said = next(line for line in refusal.value.message.splitlines() if f"{guard}: " in line)
    for words in told:
        assert words in said
    assert refusal.value.mend
    return refusal.value


def passes(study):
    assert run_guards(study)["passed"].fillna(True).all()


def both(study, **changes):
    """``study`` with other columns on both sides: functions from rows to values."""
    made = {
        side: with_columns(
            getattr(study, side),
            **{name: make(getattr(study, side)) for name, make in changes.items()},
        )
        for side in ("training", "tested")
    }
    return Study(**{**vars(study), **made, "rebuild": None})


# Leaks by way of the engine: a family of features that helps itself to the whole log.

FAMILY = '''
"""Reads the log as {days}."""

from tenuto.features._contract import feature


def rows(past):
    """One row per user and day."""
    days = {days}
    return days.mutate(ahead_days=(days.day - past.cutoff).cast("int64"))


@feature(unit="events", nullable=True)
def zither(rows):
    """What is made of it."""
    return {value}


@feature(unit="days")
def companion(rows):
    """An honest one beside it."""
    return rows.count(where=rows.ahead_days < 0)
'''
ALL_DAYS = "past.engine.read_parquet(past._rollups.files('user_days'))"
PAST_DAYS = "past.table('user_days')"
NOISE = "(rows.user_id.max() * 7919 % 1000).cast('float64') / 1000 * 1.3"
BY_ENGINE = {
    "days after the cutoff": "rows.n_events.sum(where=rows.ahead_days >= {first})",
    "the label itself": "rows.n_cancels.max(where=rows.ahead_days >= {first}).fill_null(0)",
    "the label and noise": (
        f"rows.n_cancels.max(where=rows.ahead_days >= {{first}}).fill_null(0) + {NOISE}"
    ),
    "the span of the whole life": "(rows.day.max() - rows.day.min()).cast('int64')",
    "the plan after the cutoff": "rows.is_paid.cast('int64').argmax(rows.ahead_days)",
}


@pytest.mark.parametrize("leak", BY_ENGINE)
def test_a_feature_that_reads_days_from_the_cutoff_on_is_caught(
    leak, plant, duckdb_engine, timeline
):
    value = BY_ENGINE[leak].format(first=0)
    plant("features", "zither_family", FAMILY.format(days=ALL_DAYS, value=value))
    with looked_at(duckdb_engine, timeline, ["recency", "zither_family"]) as study:
        for guard in ("truncation", "future_noise"):
            refusal = caught(study, guard, "'zither' of")
        assert "companion" not in refusal.message
        assert "'zither' (features/zither_family.py)" in refusal.mend
        if "label" in leak:
            caught(study, "single_feature", "'zither' (AUC 0.9" if "noise" in leak else "AUC 1.0")


@pytest.mark.parametrize("leak", BY_ENGINE)
def test_the_same_feature_of_days_before_the_cutoff_passes(leak, plant, duckdb_engine, timeline):
    value = BY_ENGINE[leak].format(first=-HORIZON)
    plant("features", "zither_family", FAMILY.format(days=PAST_DAYS, value=value))
    with looked_at(duckdb_engine, timeline, ["recency", "zither_family"]) as study:
        passes(study)


# The same bin, on each listener's own clock: days before the common cutoff, after the own one.


@pytest.mark.parametrize(
    ("days", "is_caught"), [("past._all_days('user_days')", True), (PAST_DAYS, False)]
)
def test_a_feature_of_the_bin_that_the_label_looks_at_is_caught(
    days, is_caught, plant, duckdb_engine, timeline
):
    plant("features", "zither_family", FAMILY.format(days=days, value="rows.n_events.sum()"))
    cutoffs = frame(duckdb_engine, timeline.own_past(duckdb_engine, CUTOFF, BIN_DAYS).cutoffs)
    rows = Examples(
        cutoffs["user_id"].to_numpy(), cutoffs["own_cutoff"].to_numpy(), cutoffs[["bin"]]
    )
    families = ["recency", "zither_family"]
    with (
        rebuilding(
            duckdb_engine, timeline, CUTOFF, rows, bin_days=BIN_DAYS, families=families
        ) as rebuild,
        looked_at(duckdb_engine, timeline) as study,
    ):
        own = Study(study.training, study.tested, rebuild=rebuild)
        said = run_guards(own, names=["truncation"]) if not is_caught else caught_by_truncation(own)
    assert is_caught == (said is None)


def caught_by_truncation(study):
    with pytest.raises(LeakError, match="truncation: 'zither' of"):
        run_guards(study, names=["truncation"])


def test_a_label_of_the_days_described_is_caught_and_passes_only_by_its_name(honest):
    same = Study(**{**vars(honest), "label": "churned_in_bin", "label_starts_days": -14})
    refusal = caught(same, "same_window", "'churned_in_bin' looks at the 14 days before the cutoff")
    assert "will_churn_in_next_bin" in refusal.mend
    table = run_guards(same, allow=["churned_in_bin"]).set_index("guard")
    assert "detects a leaving after the fact" in table.loc["same_window", "said"]


# Leaks in the table of examples, from wherever its columns came.


def city_of(user_id):
    """One of seven cities."""
    return user_id * 7919 % 1000 // 150


@pytest.mark.parametrize("smoothed", [False, True])
def test_a_category_encoded_by_the_labels_of_the_rows_judged_is_caught(honest, smoothed):
    y, ids = honest.tested.y, honest.tested.user_id
    by_city = pd.Series(y).groupby(city_of(ids))
    weight = 10 if smoothed else 0
    rate = (by_city.sum() + weight * y.mean()) / (by_city.size() + weight)
    leak = both(honest, rate=lambda rows: pd.Series(city_of(rows.user_id)).map(rate).to_numpy())
    refusal = caught(leak, "target_encoding", "'rate' is the mean label of a category")
    assert "known before the cutoff" in refusal.mend


def test_a_category_encoded_by_earlier_labels_passes(honest):
    earlier = np.random.default_rng(3).integers(0, 2, 300)
    rate = pd.Series(earlier).groupby(city_of(np.arange(300))).mean()
    passes(both(honest, rate=lambda rows: pd.Series(city_of(rows.user_id)).map(rate).to_numpy()))


def test_a_listener_on_both_sides_of_the_split_is_caught(honest):
    by_row = np.random.default_rng(0).integers(0, 3, len(honest.training))
    split = Study(**{**vars(honest), "training_fold": by_row})
    refusal = caught(
        split, "user_on_both_sides", "listeners are scored by a model that was trained"
    )
    assert "split by user" in refusal.mend


def test_a_split_by_user_passes(honest):
    passes(honest)


@pytest.mark.parametrize("days_later", [1, HORIZON - 1])
def test_a_label_that_was_open_when_it_was_learned_from_is_caught(honest, days_later):
    late = vars(honest.training) | {"cutoff": honest.training.cutoff + days_later * DAY}
    refusal = caught(
        Study(**{**vars(honest), "training": type(honest.training)(**late)}),
        "label_maturity",
        f"labels of {HORIZON} days that were not known on {CUTOFF}",
    )
    assert "train at cutoffs up to" in refusal.mend


def test_a_label_that_is_open_when_it_is_judged_on_is_caught_and_a_day_later_is_not(honest):
    caught(Study(**{**vars(honest), "log_end": CUTOFF}), "label_maturity", "are still open")
    passes(honest)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_gaps_filled_from_all_rows_are_caught_and_from_training_rows_are_not(honest, statistic):
    rng = np.random.default_rng(5)
    minutes = {
        side: rng.gamma(2, 10, len(getattr(honest, side))) for side in ("training", "tested")
    }
    has_gap = {side: rng.random(len(values)) < 0.2 for side, values in minutes.items()}
    known = {side: pd.Series(values).mask(has_gap[side]) for side, values in minutes.items()}
    of_all = getattr(pd.concat(known.values()), statistic)()
    of_training = getattr(known["training"], statistic)()

    def filled(value):
        sides = {
            side: with_columns(getattr(honest, side), minutes=known[side].fillna(value).to_numpy())
            for side in known
        }
        return Study(**{**vars(honest), **sides, "rebuild": None})

    refusal = caught(
        filled(of_all), "learned_cleaning", "'minutes'", f"the {statistic} of all rows"
    )
    assert "leave them missing" in refusal.mend
    passes(filled(of_training))


def test_a_model_that_learns_from_the_company_it_scores_is_caught_and_another_is_not(honest):
    def centred(X, fold):
        return 1 / (1 + np.exp(X.iloc[:, 0].fillna(0) - X.iloc[:, 0].mean())).to_numpy()

    def plain(X, fold):
        return 1 / (1 + np.exp(X.iloc[:, 0].fillna(0) - 3)).to_numpy()

    leak = Study(**{**vars(honest), "predict": {"centred": centred, "plain": plain}})
    refusal = caught(leak, "learned_cleaning", "the scores of 'centred' depend on who")
    assert "'plain'" not in refusal.message
    passes(Study(**{**vars(honest), "predict": {"plain": plain}}))


def test_a_feature_that_depends_on_who_else_is_there_is_caught(plant, duckdb_engine, timeline):
    """Filled, ranked or scaled by way of all listeners: the engine's own whole-data mean."""
    days = (
        f"(lambda days: days.mutate(share=days.n_events / days.n_events.sum().over()))({PAST_DAYS})"
    )
    plant("features", "zither_family", FAMILY.format(days=days, value="rows.share.sum()"))
    with looked_at(duckdb_engine, timeline, ["recency", "zither_family"]) as study:
        few = Study(**{**vars(study), "rebuild": lambda log: study.rebuild(log).assign(zither=0.5)})
        caught(few, "parity", "'zither' of a listener depends on which other listeners")


@pytest.mark.parametrize(("counts_leaving", "is_caught"), [(1, True), (0, False)])
def test_a_total_that_has_counted_the_leaving_is_caught(honest, counts_leaving, is_caught):
    pages = {
        "n_home": lambda rows: np.random.default_rng(1).poisson(9, len(rows)),
        "n_help": lambda rows: np.random.default_rng(2).poisson(2, len(rows)),
        "n_pages": lambda rows: (
            np.random.default_rng(1).poisson(9, len(rows))
            + np.random.default_rng(2).poisson(2, len(rows))
            + counts_leaving * rows.y
        ),
    }
    study = both(honest, **pages)
    if is_caught:
        refusal = caught(study, "counted_outcome", "'n_pages'", "has counted the leaving itself")
        assert "leave out 'n_pages'" in refusal.mend
    else:
        passes(study)


def test_a_row_number_of_rows_put_together_by_outcome_is_caught(honest):
    order = np.argsort(-honest.tested.y, kind="stable")
    rows = honest.tested
    sorted_rows = type(rows)(rows.user_id[order], rows.cutoff, rows.X.iloc[order], rows.y[order])
    numbered = with_columns(sorted_rows, index=np.arange(len(rows)))
    training = with_columns(honest.training, index=np.arange(len(honest.training)))
    changed = {"tested": numbered, "training": training, "rebuild": None, "fold": None}
    refusal = caught(
        Study(**{**vars(honest), **changed}), "row_numbers", "'index' is the order of rows"
    )
    assert "leave out 'index'" in refusal.mend


def test_a_row_number_of_rows_in_the_order_of_signing_up_passes(honest):
    passes(both(honest, index=lambda rows: np.arange(len(rows))))


def test_ids_that_tell_who_leaves_are_caught_unless_let_pass(honest):
    rows = honest.tested
    ids = rows.user_id + 1_000 * rows.y
    changed = {"tested": type(rows)(ids, rows.cutoff, rows.X, rows.y), "rebuild": None}
    telling = Study(**{**vars(honest), **changed, "fold": None})
    refusal = caught(telling, "row_numbers", "ids alone tell who leaves, AUC 1.000")
    assert "--allow user_id" in refusal.mend
    assert run_guards(telling, allow=["user_id"]) is not None


def test_a_listener_with_a_later_row_at_the_same_cutoff_is_caught(honest):
    rows = honest.tested
    twice = np.r_[np.arange(len(rows)), [3, 4]]
    later = type(rows)(rows.user_id[twice], rows.cutoff[twice], rows.X.iloc[twice], rows.y[twice])
    changed = {"tested": later, "fold": honest.fold[twice], "rebuild": None}
    refusal = caught(
        Study(**{**vars(honest), **changed}), "duplicate_rows", "2 scored rows repeat a listener"
    )
    assert "one row per listener and cutoff" in refusal.mend


@pytest.mark.parametrize("ahead_days", [0, 1])
def test_rows_dated_after_their_own_day_are_caught(honest, ahead_days):
    days = honest.days.copy()
    days.loc[0, "last_day"] = days.loc[0, "day"] + pd.Timedelta(days=ahead_days).to_pytimedelta()
    study = Study(**{**vars(honest), "days": days})
    if ahead_days:
        assert "tenuto ingest" in caught(study, "future_dated", "hold later days").mend
    else:
        passes(study)


@pytest.mark.parametrize("late_days", [0, 1])
def test_rows_that_arrived_after_the_cutoff_are_caught(honest, late_days):
    day = CUTOFF - pd.Timedelta(days=1)
    arrived = CUTOFF + pd.Timedelta(days=late_days)
    arrivals = pd.DataFrame({"day": [day], "arrived": [arrived], "n_rows": [12]})
    study = Study(**{**vars(honest), "arrivals": arrivals})
    if late_days:
        caught(study, "late_arrival", "12 rows of days before")
    else:
        passes(study)


def test_features_defined_otherwise_than_in_training_are_caught(honest):
    changed = {"training": "a" * 64, "scoring": "b" * 64}
    refusal = caught(Study(**{**vars(honest), "definitions": changed}), "parity", "aaaaaaaaaaaa")
    assert "train again" in refusal.mend


# Leaks in a table that somebody made, by way of `tenuto churn train --table`.


def users(n=300):
    """Users who leave the more often the less they play; n is a multiple of 10."""
    rng = np.random.default_rng(0)
    plays = rng.poisson(rng.gamma(2, 10, n))
    table = pd.DataFrame({"user_id": rng.permutation(n) + 1_000, "plays": plays})
    for other in ("friends", "downloads", "searches", "skips", "minutes"):
        table[other] = rng.poisson(rng.gamma(2, 900, n))
    return table.assign(left=(rng.random(n) < 1 / (1 + np.exp(plays / 10 - 1))).astype(int))


def trained(folder, table):
    file = folder / "users.csv"
    table.to_csv(file, index=False)
    settings = TableSettings(label="left", models=("base_rate", "logistic"), bootstrap_draws=20)
    return study_table(file, settings)


def tenure(table, stops_with_leaving):
    """Days since signing up, and "tenure": to the same day, or to the last event of each."""
    rng = np.random.default_rng(6)
    days = rng.integers(20, 60, len(table))
    last = np.where(table["left"] == 1, (rng.uniform(0.3, 0.9, len(table)) * days).round(), days)
    lived = last if stops_with_leaving else days - 1
    return table.assign(days_since_sign_up=days, tenure_days=lived)


def by_city(table, y):
    city = pd.Series(city_of(table["user_id"].to_numpy()))
    return city.map(pd.Series(y).groupby(city.to_numpy()).mean()).round(4).to_numpy()


def as_copies(table):
    """Every tenth user again under another id."""
    copies = table.iloc[::10].assign(user_id=lambda rows: rows["user_id"] + 50_000)
    return pd.concat([table, copies], ignore_index=True)


def by_outcome(table):
    """The list of leavers, then the list of the others, numbered on."""
    ordered = table.sort_values("left", ascending=False, ignore_index=True)
    return ordered.assign(row=np.arange(len(table)))


SHUFFLED = np.random.default_rng(8).permutation(300)
IN_TABLES = {
    "label in a column": (
        lambda t: t.assign(left_too=t["left"]),
        lambda t: t.assign(left_too=t["left"].to_numpy()[SHUFFLED]),
        "single_feature: .*'left_too'",
    ),
    "mean label of a category": (
        lambda t: t.assign(rate=by_city(t, t["left"])),
        lambda t: t.assign(rate=by_city(t, t["left"].to_numpy()[SHUFFLED])),
        "target_encoding: 'rate' is the mean label",
    ),
    "ids by outcome": (
        lambda t: t.assign(user_id=t["user_id"] + 10_000 * t["left"]),
        lambda t: t.assign(user_id=t["user_id"] + 10_000),
        "row_numbers: ids alone tell who leaves",
    ),
    "row number by outcome": (
        by_outcome,
        lambda t: t.assign(row=np.arange(len(t))),
        "row_numbers: 'row' is the order of rows",
    ),
    "copies under other ids": (
        as_copies,
        lambda t: t,
        "duplicate_rows: .* have a twin under another id",
    ),
    "a clock that stops with the leaving": (
        lambda t: tenure(users(1_200), stops_with_leaving=True),
        lambda t: tenure(users(1_200), stops_with_leaving=False),
        "tenure_days",
    ),
}


@pytest.mark.parametrize("leak", IN_TABLES)
def test_a_leak_in_a_table_is_caught_by_name_and_told_what_to_do(leak, tmp_path):
    planted, _, said = IN_TABLES[leak]
    with pytest.raises(LeakError, match=said) as refusal:
        trained(tmp_path, planted(users()))
    assert "--drop" in refusal.value.mend


@pytest.mark.parametrize("leak", IN_TABLES)
def test_the_honest_twin_of_the_table_is_trained_on(leak, tmp_path):
    _, honest, _ = IN_TABLES[leak]
    assert "logistic" in trained(tmp_path, honest(users())).models


def test_a_user_twice_in_a_table_is_told_by_line(tmp_path):
    table = users()
    twice = pd.concat([table, table.iloc[[7]].assign(plays=999)], ignore_index=True)
    with pytest.raises(SourceError, match=r"line 302, column 'user_id': '\d+' is there already"):
        trained(tmp_path, twice)
