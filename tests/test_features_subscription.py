"""What subscriptions, sessions, thumbs and pages say, worked out by hand; and that none of it
looks ahead."""

import json
import math
from datetime import UTC, timedelta

import numpy as np
import pandas as pd
import pytest

from conftest import log, workspace_over
from service import ANN, BOB, CUTOFF, EVE, day_before, features_at, summed
from subscribers import at, log_of, part_of, some_events
from tenuto.features import build_features, feature_dictionary
from tenuto.sources import sparkify
from tenuto.timeline import listeners
from test_features import rows_named_in

NULL = None
HOUR, DAY = 60, 24 * 60  # in minutes


def seen(user, ago, clock="12:00", action="play", *, session="1", paid=False, registered=None):
    """One event of a subscriber, ``ago`` days before the cutoff; songs are 200 s long."""
    is_play = action == "play"
    hour, minute = map(int, clock.split(":"))
    return {
        "user_id": user,
        "action": action,
        "day": day_before(ago),
        "timestamp": at(day_before(ago), hour, minute),
        "item_id": 7 if is_play else None,
        "length_s": 200.0 if is_play else None,
        "artist": "Somebody",
        "session_id": session,
        "is_paid": paid,
        "registered": None if registered is None else at(day_before(registered), 9),
    }


def ann(ago, clock, action="play", **others):
    return seen(ANN, ago, clock, action, registered=100, **others)


# Ann's first session runs over midnight, in her second she takes the paid plan, in her third she
# does not like a song. Bob came once, and nobody knows since when he is a user. Eve, paid, has
# gone back to the free plan a month ago, and is silent.
EVENTS = [
    ann(10, "23:50"),
    ann(10, "23:58", "advert"),
    ann(9, "00:20"),
    ann(5, "12:00", session="2"),
    ann(5, "12:30", "like", session="2"),
    ann(5, "13:00", "upgrade", session="2", paid=True),
    ann(2, "10:00", session="3", paid=True),
    ann(2, "10:10", "dislike", session="3", paid=True),
    ann(2, "10:20", session="3", paid=True),
    seen(BOB, 20, "12:00"),
    seen(EVE, 40, "08:00", "downgrade_page", session="1", paid=True, registered=41),
    seen(EVE, 32, "08:00", "help", session="2", paid=True, registered=41),
    seen(EVE, 31, "08:00", "downgrade", session="3", registered=41),
]

# Feature: Ann, Bob, Eve.
ANSWERS = {
    "n_sessions_7d": (2, 0, 0),
    "n_sessions_14d": (3, 0, 0),
    "n_sessions_30d": (3, 1, 0),
    "mean_session_s_14d": (60 * (30 + 60 + 20) / 3, NULL, NULL),
    "plays_per_session_14d": (5 / 3, NULL, NULL),
    "events_per_session_14d": (9 / 3, NULL, NULL),
    "days_since_last_session": (2 - (10 * HOUR + 20) / DAY, 19.5, 30 + 2 / 3),
    "mean_session_gap_days": ((6460 + 4140) / 2 / DAY, NULL, 4.5),
    "last_session_gap_over_mean": (4140 / 5300, NULL, 1 / 4.5),
    "silence_over_mean_session_gap": ((2 * DAY - 620) / 5300, NULL, (30 + 2 / 3) / 4.5),
    "session_gaps_recent_over_before": (4140 / 6460, NULL, 1 / 8),
    "is_paid": (1, 0, 0),
    "days_since_plan_change": (5, NULL, 31),
    "n_days_paid_ever": (5, 0, 9),
    "n_days_free_ever": (5, 20, 31),
    "n_days_paid_14d": (5, 0, 0),
    "share_days_paid": (5 / 10, 0, 9 / 40),
    "days_since_registration": (100, NULL, 41),
    "bin_since_registration": (7, NULL, 2),
    "n_likes_14d": (1, 0, 0),
    "n_dislikes_7d": (1, 0, 0),
    "n_dislikes_14d": (1, 0, 0),
    "n_dislikes_30d": (1, 0, 0),
    "n_adverts_7d": (0, 0, 0),
    "n_adverts_14d": (1, 0, 0),
    "n_adverts_30d": (1, 0, 0),
    "n_upgrades_14d": (1, 0, 0),
    "n_upgrades_30d": (1, 0, 0),
    "n_downgrades_14d": (0, 0, 0),
    "n_downgrades_30d": (0, 0, 0),
    "n_downgrades_ever": (0, 0, 1),
    "n_cancel_pages_14d": (0, 0, 0),
    "helps_per_active_day_14d": (0, NULL, NULL),
    "likes_per_100_plays_14d": (20, NULL, NULL),
    "dislikes_per_100_plays_14d": (20, NULL, NULL),
    "adverts_per_100_plays_30d": (20, 0, NULL),
    "errors_per_100_events_14d": (0, NULL, NULL),
    "share_thumbs_up_14d": (1 / 2, NULL, NULL),
    "n_artists_14d": (1, 0, 0),
    "n_artists_30d": (1, 1, 0),
    "started_s_14d": (1000, 0, 0),
    "n_events_day_20": (0, 1, 0),
    "mean_plays_per_active_day": (5 / 4, 1, 0),
    "mean_sessions_per_active_day": (1, 1, 1),
    "mean_adverts_per_week": (0, 0, 0),
}


def features_of(engine, folder, *events, **options):
    return features_at(engine, log_of(engine, folder, events, sparkify), **options)


@pytest.fixture(scope="module")
def table(duckdb_engine, tmp_path_factory):
    return features_of(duckdb_engine, tmp_path_factory.mktemp("three"), *EVENTS)


@pytest.mark.parametrize("feature", ANSWERS)
def test_a_feature_of_a_subscriber_is_what_can_be_worked_out_by_hand(table, feature):
    expected = [np.nan if value is NULL else value for value in ANSWERS[feature]]
    assert table.loc[[ANN, BOB, EVE], feature].tolist() == pytest.approx(expected, nan_ok=True)


# Sessions.


def test_a_number_of_a_session_means_nothing_without_the_user(duckdb_engine, tmp_path):
    events = [seen(ANN, 2, session="1"), seen(BOB, 3, session="1")]
    assert features_of(duckdb_engine, tmp_path, *events)["n_sessions_7d"].tolist() == [1, 1]


def test_of_a_session_that_began_before_the_window_the_part_within_counts(duckdb_engine, tmp_path):
    events = [seen(ANN, 15, "23:00"), seen(ANN, 14, "00:30"), seen(ANN, 14, "01:00")]
    table = features_of(duckdb_engine, tmp_path, *events).loc[ANN]
    assert table["n_sessions_14d"] == 1
    assert table["mean_session_s_14d"] == 30 * 60
    assert table["plays_per_session_14d"] == 2


def test_sessions_on_two_devices_at_once_have_no_gap_between_them(duckdb_engine, tmp_path):
    one = [seen(ANN, 3, "10:00", session="1"), seen(ANN, 3, "12:00", session="1")]
    other = [seen(ANN, 3, "11:00", session="2"), seen(ANN, 3, "11:30", session="2")]
    table = features_of(duckdb_engine, tmp_path, *one, *other).loc[ANN]
    assert table["n_sessions_7d"] == 2
    assert table["mean_session_gap_days"] == 0


# Plans.


def test_a_silent_fortnight_on_the_paid_plan_is_a_fortnight_on_the_paid_plan(
    duckdb_engine, tmp_path
):
    """S3-F5 counted from the first paid event to the last, which knows who has left (K41)."""
    table = features_of(duckdb_engine, tmp_path, seen(ANN, 20, paid=True)).loc[ANN]
    assert table["n_days_paid_14d"] == 14
    assert table["n_days_paid_ever"] == 20
    assert table["share_days_paid"] == 1
    assert np.isnan(table["days_since_plan_change"])


def test_the_plan_of_a_day_is_that_of_its_last_event(duckdb_engine, tmp_path):
    events = [seen(ANN, 4, "09:00", paid=True), seen(ANN, 4, "20:00", "downgrade", paid=False)]
    table = features_of(duckdb_engine, tmp_path, *events).loc[ANN]
    assert table["is_paid"] == 0
    assert table["n_days_free_ever"] == 4


# Tenure.


def test_who_has_gone_silent_is_a_user_for_no_shorter_than_who_has_not(duckdb_engine, tmp_path):
    """K41: the clock of a canceller stopped on the day of leaving."""
    events = [
        *(seen(ANN, ago, registered=60) for ago in (40, 1)),
        *(seen(BOB, ago, registered=60) for ago in (40, 30)),
    ]
    table = features_of(duckdb_engine, tmp_path, *events)
    assert table["days_since_registration"].tolist() == [60, 60]
    assert table["bin_since_registration"].tolist() == [4, 4]


def test_who_acts_before_being_registered_is_a_user_from_then_on(duckdb_engine, tmp_path):
    table = features_of(duckdb_engine, tmp_path, seen(ANN, 1, registered=-1))
    assert table.loc[ANN, "days_since_registration"] == 0


# The habit.


def weekly(*plays, user=ANN):
    """So many plays in each of the last weeks, the latest first, all on one day of it."""
    return [
        seen(user, 7 * (week + 1), f"12:{n:02d}", session=str(week))
        for week, many in enumerate(plays)
        for n in range(many)
    ]


def test_the_last_days_are_measured_by_the_weeks_before_them(duckdb_engine, tmp_path):
    table = features_of(duckdb_engine, tmp_path, *weekly(4, 2, 1, 3)).loc[ANN]
    assert table["mean_plays_per_week"] == 10 / 4
    assert table["events_over_habit_7d"] == 4 / 2
    assert table["events_above_habit_7d"] == pytest.approx((4 - 2) / np.std([2, 1, 3], ddof=1))
    assert table["plays_over_habit_14d"] == 3 / 2
    spread_of_two_weeks = np.std([1, 3], ddof=1) / math.sqrt(2)
    assert table["plays_above_habit_14d"] == pytest.approx((3 - 2) / spread_of_two_weeks)


def test_a_week_without_events_belongs_to_the_habit(duckdb_engine, tmp_path):
    table = features_of(duckdb_engine, tmp_path, *weekly(0, 0, 0, 6)).loc[ANN]
    assert table["mean_plays_per_week"] == 6 / 4
    assert table["plays_over_habit_14d"] == 0
    assert table["events_over_habit_7d"] == 0


def test_with_a_habit_of_one_week_or_none_there_is_nothing_to_depart_from(duckdb_engine, tmp_path):
    events = [*weekly(3, 3, 3, 3), *weekly(3, user=BOB), *weekly(3, 2, user=EVE)]
    table = features_of(duckdb_engine, tmp_path, *events)
    # Ann does the same every week: there is a usual, and no unusual.
    assert table.loc[ANN, "events_over_habit_7d"] == 1
    assert table.loc[BOB].filter(like="_over_habit_").isna().all()
    assert table.loc[EVE, "events_over_habit_7d"] == 3 / 2
    assert table.filter(like="events_above_habit_").isna().all(axis=None)


# Laws.


@pytest.fixture(scope="module")
def busy(duckdb_engine, tmp_path_factory):
    """The events of twelve listeners as a service that knows no seconds played tells them."""
    return log_of(duckdb_engine, tmp_path_factory.mktemp("busy"), some_events(), sparkify)


@pytest.mark.parametrize("ago", [0, 9])
def test_features_at_a_cutoff_are_those_of_a_log_that_ends_there(
    duckdb_engine, tmp_path, busy, ago
):
    cutoff = CUTOFF - timedelta(days=ago)
    cut = part_of(busy, tmp_path, [day for day in busy.days if day < cutoff])
    whole = features_at(duckdb_engine, busy, cutoff)
    pd.testing.assert_frame_equal(features_at(duckdb_engine, cut, cutoff), whole, check_exact=True)


def raw(row):
    """One line of a Sparkify log."""
    pages = {action: page for page, action in sparkify.PAGES.items()}
    if row["action"] not in pages:
        return None
    record = {
        "ts": _ms(row["timestamp"]),
        "userId": str(row["user_id"]),
        "page": pages[row["action"]],
        "auth": "Logged In",
        "sessionId": int(row["session_id"].replace(" ", "")),
        "level": row["plan"],
        "registration": _ms(row["registered"]),
        **(
            {"artist": row.get("artist", "Nobody"), "song": f"Song {row['item_id']}", "length": 200}
            if row["action"] == "play"
            else {}
        ),
    }
    return json.dumps({key: value for key, value in record.items() if value is not None})


def _ms(moment):
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.slow
def test_a_raw_log_that_is_cut_at_the_cutoff_gives_the_same_features(duckdb_engine, tmp_path):
    events = [row for row in some_events() if day_before(9) <= row["day"] < day_before(-3)]
    built = {}
    for name, rows in (
        ("whole", events),
        ("cut", [row for row in reversed(events) if row["day"] < CUTOFF]),
    ):
        lines = [line for line in map(raw, rows) if line]
        path = log(tmp_path / name, "events.json", *lines)
        workspace = workspace_over(path, tmp_path / f"{name}_workspace", "sparkify")
        built[name] = features_at(duckdb_engine, summed(workspace))
    assert len(built["whole"]) > 5
    pd.testing.assert_frame_equal(built["cut"], built["whole"], check_exact=True)


def test_bins_on_the_own_clock_have_the_same_features_with_own_cutoffs(
    duckdb_engine, tmp_path, busy
):
    """A listener's cutoff may be the listener's own: days count back from it."""
    own = busy.own_past(duckdb_engine, CUTOFF, 14)
    cutoffs = duckdb_engine.to_arrow(own.cutoffs).to_pandas().set_index("user_id")["own_cutoff"]
    user = int(cutoffs.index.sort_values()[0])
    at_own = features_of_past(duckdb_engine, own)
    at_day = features_at(duckdb_engine, busy, pd.Timestamp(cutoffs[user]).date())
    pd.testing.assert_frame_equal(at_own.loc[[user]], at_day.loc[[user]], check_exact=True)


def features_of_past(engine, past):
    built = build_features(past, listeners(past))
    return engine.to_arrow(built.table).to_pandas().set_index("user_id").sort_index()


# Which features there are.


def test_a_subscription_log_has_no_more_columns_than_a_model_can_take(table):
    """Time to train grows with them: about 150 are bearable."""
    assert len(list(table)) <= 160


def test_a_confirmed_cancellation_is_no_feature(table):
    """After it nothing is left to foretell."""
    assert not [name for name in table if "cancels" in name]


PAGES = [
    *("friend_adds", "playlist_adds", "downgrade_pages", "errors", "helps", "homes", "logouts"),
    *("plays", "adverts", "saved_settings", "settings", "dislikes", "likes", "upgrade_pages"),
    "abouts",
]
SEED_ROWS = {
    "S3-F1": [f"n_{page}_14d" for page in PAGES if page not in ("saved_settings", "abouts")]
    + ["n_upgrades_14d", "n_downgrades_14d"],
    "S3-F2": ["started_s_14d"],
    "S3-F3": ["days_since_registration"],
    "S3-F4": ["n_sessions_30d"],
    "S3-F5": ["n_days_paid_ever"],
    "S3-F6": ["n_days_free_ever"],
    "S4-F1": ["days_since_registration"],
    "S4-F4": ["n_days_paid_14d", "is_paid"],
    "S4-F5": ["n_days_paid_14d", "is_paid"],
    "S4-F6": ["n_downgrades_14d"],
    "S4-F7": ["n_upgrades_14d"],
    "S4-F8": ["n_downgrades_ever"],
    "S4-F9": [f"n_{page}_14d" for page in PAGES],
    "S4-F10": ["n_sessions_14d"],
    "S4-F11": ["n_artists_14d"],
    "S4-F12": ["n_songs_14d"],
    "S4-F13": ["bin_since_registration"],
}


@pytest.mark.parametrize("row", SEED_ROWS)
def test_every_feature_of_the_earlier_projects_on_subscriptions_is_here_and_says_so(table, row):
    """But for gender (S4-F3) and the browser (S3-F7), which no feature reads."""
    named = {item.name: rows_named_in(item.seeds) for item in feature_dictionary()}
    assert [name for name in SEED_ROWS[row] if row not in named[name]] == []
    assert set(SEED_ROWS[row]) <= set(table)
