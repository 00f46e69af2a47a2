"""How often silent listeners come back, counted by hand, and the horizon that this suggests."""

import pandas as pd
import pytest

from service import ANN, BOB, CUTOFF, day_before, played, timeline_of
from tenuto.labels import advise_horizon, return_curve

# Ten days of log. Ann is active on the 10th and the 8th day before the cutoff, then silent for
# seven; Bob on the 10th, the 9th and, after three silent days, the 5th, then silent for four.
EVENTS = [played(ANN, 10), played(ANN, 8), played(BOB, 10), played(BOB, 9), played(BOB, 5)]


def curve_of(engine, folder, events=EVENTS, within_days=2, on=None):
    timeline = timeline_of(engine, folder, events, day_before(1))
    return return_curve(timeline.past(on or engine, CUTOFF), within_days).set_index("idle_days")


def test_the_share_that_returns_is_of_those_who_can_be_judged(duckdb_engine, tmp_path):
    """After g idle days a spell is judged if its next two days are all in the log.

    1 idle day: Ann's one, back; Ann's last; Bob's three, still silent after two more; Bob's last.
    2 idle days: Bob's three, back, and both last ones. 3: Bob's last is censored now.
    """
    curve = curve_of(duckdb_engine, tmp_path)
    assert curve["n_silent"].tolist() == [4, 3, 2, 1, 1, 0, 0, 0]
    assert curve["n_returned"].tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    assert curve["share_returned"].tolist()[:5] == [1 / 4, 1 / 3, 1 / 2, 0, 0]


def test_where_nobody_can_be_judged_the_share_is_unknown_and_not_nought(duckdb_engine, tmp_path):
    assert curve_of(duckdb_engine, tmp_path).loc[6:, "share_returned"].isna().all()


def test_a_silence_whose_next_days_are_not_over_is_left_out(duckdb_engine, tmp_path):
    """Bob's last silence, of four days, is judged at two idle days and no longer at three."""
    without = [row for row in EVENTS if row["day"] != day_before(5)]
    there = curve_of(duckdb_engine, tmp_path / "there")
    gone = curve_of(duckdb_engine, tmp_path / "gone", without)
    assert (there["n_silent"] - gone["n_silent"]).tolist()[:2] == [1, 1]
    assert there.loc[3, "n_silent"] == gone.loc[3, "n_silent"]


def test_a_longer_wait_brings_more_back_but_judges_fewer(duckdb_engine, tmp_path):
    short, long = (curve_of(duckdb_engine, tmp_path / str(n), within_days=n) for n in (2, 3))
    assert (long["n_silent"] <= short["n_silent"].loc[long.index]).all()
    assert long.loc[1, "n_returned"] == 2


@pytest.mark.parametrize("within_days", [10, 14])
def test_a_log_as_short_as_the_wait_has_no_curve_and_no_advice(
    duckdb_engine, tmp_path, within_days
):
    curve = curve_of(duckdb_engine, tmp_path, within_days=within_days).reset_index()
    assert curve.empty
    assert list(curve) == ["idle_days", "n_silent", "n_returned", "share_returned"]
    assert advise_horizon(curve) is None


def test_the_curve_is_of_the_past_alone(duckdb_engine, tmp_path):
    later = [*EVENTS, played(ANN, 0), played(BOB, -1)]
    before, after = (
        curve_of(duckdb_engine, tmp_path / name, events)
        for name, events in (("before", EVENTS), ("after", later))
    )
    pd.testing.assert_frame_equal(before, after)


def curve(*shares):
    return pd.DataFrame({"idle_days": range(1, len(shares) + 1), "share_returned": shares})


def test_the_advice_is_the_fewest_idle_days_after_which_few_return():
    assert advise_horizon(curve(0.6, 0.2, 0.1, 0.09, 0.05)) == 4
    assert advise_horizon(curve(0.6, 0.2, 0.1, 0.09, 0.05), gone_below=0.5) == 2


def test_there_is_no_advice_where_listeners_keep_returning_or_nothing_is_known():
    assert advise_horizon(curve(0.6, 0.2, 0.1)) is None
    assert advise_horizon(curve(0.6, float("nan"))) is None


@pytest.mark.slow
def test_spark_draws_the_same_curve(duckdb_engine, spark_engine, tmp_path):
    on_duckdb = curve_of(duckdb_engine, tmp_path)
    on_spark = curve_of(duckdb_engine, tmp_path, on=spark_engine)
    pd.testing.assert_frame_equal(on_spark, on_duckdb)
