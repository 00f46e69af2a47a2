"""Every feature worked out by hand, and what the earlier projects got wrong, put right."""

import re

import numpy as np
import pytest

from service import ANN, BOB, CUTOFF, EVE, did, features_at, frame, played, timeline_of
from tenuto.features import build_features, feature_dictionary
from tenuto.timeline import listeners

NULL = None

# Ann listens now and then and has changed her phone; Bob searched once, twenty days ago; Eve
# heard something nameless forty days ago.
EVENTS = [
    played(ANN, 1, seconds=100, device="android"),
    played(ANN, 1, item=8, seconds=180, device="android"),
    played(ANN, 3, seconds=0, device="android"),
    did(ANN, "download", 3, device="android"),
    played(ANN, 10, item=9, seconds=170, device="android"),
    played(ANN, 30, seconds=60, device="iphone"),
    did(ANN, "search", 30, device="iphone"),
    played(ANN, 31, item=5, device="iphone"),
    did(BOB, "search", 20, device="iphone"),
    played(EVE, 40, item=None, seconds=50, length=None),
]

# Feature: Ann, Bob, Eve.
ANSWERS = {
    "n_events_1d": (2, 0, 0),
    "n_events_3d": (4, 0, 0),
    "n_events_7d": (4, 0, 0),
    "n_events_14d": (5, 0, 0),
    "n_events_30d": (7, 1, 0),
    "n_plays_1d": (2, 0, 0),
    "n_plays_3d": (3, 0, 0),
    "n_plays_7d": (3, 0, 0),
    "n_plays_14d": (4, 0, 0),
    "n_plays_30d": (5, 0, 0),
    "n_artists_7d": (1, 0, 0),
    "n_artists_14d": (1, 0, 0),
    "n_artists_30d": (1, 0, 0),
    "n_downloads_1d": (0, 0, 0),
    "n_downloads_3d": (1, 0, 0),
    "n_downloads_7d": (1, 0, 0),
    "n_downloads_14d": (1, 0, 0),
    "n_downloads_30d": (1, 0, 0),
    "n_searches_1d": (0, 0, 0),
    "n_searches_3d": (0, 0, 0),
    "n_searches_7d": (0, 0, 0),
    "n_searches_14d": (0, 0, 0),
    "n_searches_30d": (1, 1, 0),
    "n_active_days_7d": (2, 0, 0),
    "n_active_days_14d": (3, 0, 0),
    "n_active_days_30d": (4, 1, 0),
    "share_played_00_20_14d": (1 / 4, NULL, NULL),
    "share_played_20_40_14d": (0, NULL, NULL),
    "share_played_40_60_14d": (1 / 4, NULL, NULL),
    "share_played_60_80_14d": (0, NULL, NULL),
    "share_played_80_100_14d": (2 / 4, NULL, NULL),
    "share_played_00_20_30d": (1 / 5, NULL, NULL),
    "share_played_20_40_30d": (1 / 5, NULL, NULL),
    "share_played_40_60_30d": (1 / 5, NULL, NULL),
    "share_played_60_80_30d": (0, NULL, NULL),
    "share_played_80_100_30d": (2 / 5, NULL, NULL),
    "mean_share_played_14d": ((0.5 + 0.9 + 0 + 0.85) / 4, NULL, NULL),
    "mean_share_played_30d": ((0.5 + 0.9 + 0 + 0.85 + 0.3) / 5, NULL, NULL),
    "is_iphone": (0, 1, 0),
    "is_android": (1, 0, 0),
    "n_devices": (2, 1, 0),
    "mean_gap_days": ((1 + 20 + 7 + 2) / 4, NULL, NULL),
    "longest_gap_days": (20, NULL, NULL),
    "silence_over_mean_gap": (1 / 7.5, NULL, NULL),
    "silence_over_longest_gap": (1 / 20, NULL, NULL),
    "share_active_days": (5 / 31, 1 / 20, 1 / 40),
    "share_active_days_until_last": (5 / 31, 1, 1),
    "days_since_first_event": (31, 20, 40),
    "mean_events_per_active_day": (8 / 5, 1, 1),
    "last_day_over_mean_day": (2 / 1.6, 1, 1),
    **{f"n_events_day_{ago}": (0, 0, 0) for ago in range(1, 15)},
    "n_events_day_1": (2, 0, 0),
    "n_events_day_3": (2, 0, 0),
    "n_events_day_10": (1, 0, 0),
    "played_s_1d": (280, 0, 0),
    "played_s_3d": (280, 0, 0),
    "played_s_7d": (280, 0, 0),
    "played_s_14d": (450, 0, 0),
    "played_s_30d": (510, 0, 0),
    "n_finished_1d": (1, 0, 0),
    "n_finished_3d": (1, 0, 0),
    "n_finished_7d": (1, 0, 0),
    "n_finished_14d": (1, 0, 0),
    "n_finished_30d": (1, 0, 0),
    "n_skips_7d": (1, 0, 0),
    "n_skips_14d": (1, 0, 0),
    "n_skips_30d": (1, 0, 0),
    "mean_played_s_14d": (450 / 4, NULL, NULL),
    "mean_played_s_30d": (510 / 5, NULL, NULL),
    "days_since_last_event": (1, 20, 40),
    "days_since_last_play": (1, NULL, 40),
    "days_since_last_download": (3, NULL, NULL),
    "days_since_last_search": (30, 20, NULL),
    "has_played": (1, 0, 1),
    "has_downloaded": (1, 0, 0),
    "has_searched": (1, 1, 0),
    "plays_7d_over_30d": (3 / 5, NULL, NULL),
    "downloads_7d_over_30d": (1, NULL, NULL),
    "searches_7d_over_30d": (0, 0, NULL),
    "played_s_7d_over_30d": (280 / 510, NULL, NULL),
    "plays_80_100_7d_over_30d": (1 / 2, NULL, NULL),
    "plays_7d_over_14d": (3 / 4, NULL, NULL),
    "played_s_7d_over_14d": (280 / 450, NULL, NULL),
    "events_3d_over_14d": (4 / 5, NULL, NULL),
    "n_songs_7d": (2, 0, 0),
    "n_songs_14d": (3, 0, 0),
    "n_songs_30d": (3, 0, 0),
    "plays_per_song_14d": (4 / 3, NULL, NULL),
    "plays_per_song_30d": (5 / 3, NULL, NULL),
}


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    return timeline_of(duckdb_engine, tmp_path_factory.mktemp("three"), EVENTS)


@pytest.fixture(scope="module")
def table(duckdb_engine, timeline):
    return features_at(duckdb_engine, timeline)


@pytest.mark.parametrize("feature", ANSWERS)
def test_a_feature_is_what_can_be_counted_by_hand(table, feature):
    expected = [np.nan if value is NULL else value for value in ANSWERS[feature]]
    assert table.loc[[ANN, BOB, EVE], feature].tolist() == pytest.approx(expected, nan_ok=True)


def features_of(engine, folder, *events):
    return features_at(engine, timeline_of(engine, folder, events))


# What the earlier projects got wrong.


def test_who_never_searched_did_not_search_today(table):
    """K7: 0 days stood for "never" and read as "active today"."""
    assert np.isnan(table.loc[EVE, "days_since_last_search"])
    assert table.loc[EVE, "has_searched"] == 0
    assert (table.filter(like="days_since").min() >= 1).all()


def test_nothing_below_the_line_is_not_a_full_stop(duckdb_engine, tmp_path):
    """K8: 0/0 was 0, as for a listener who stopped altogether."""
    table = features_of(duckdb_engine, tmp_path, played(ANN, 20), did(BOB, "search", 1))
    assert table.loc[ANN, "plays_7d_over_30d"] == 0
    assert np.isnan(table.loc[BOB, "plays_7d_over_30d"])


def test_the_shares_of_a_listener_add_up_to_one(duckdb_engine, tmp_path):
    """K9: rounded to two digits they came to -0.02."""
    seconds = (10, 50, 90, 130, 170, 171, 172)
    table = features_of(duckdb_engine, tmp_path, *[played(ANN, seconds=s) for s in seconds])
    shares = table.filter(regex=r"share_played_\d\d_\d+_30d").loc[ANN]
    assert shares.tolist() == pytest.approx([1 / 7, 1 / 7, 1 / 7, 1 / 7, 3 / 7], abs=1e-15)
    assert shares.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("first", "second"), [("android", "iphone"), ("iphone", "android")])
def test_two_devices_are_one_row_with_the_one_used_most(duckdb_engine, tmp_path, first, second):
    """K10: thirteen listeners stood twice in the table."""
    events = [played(ANN, ago, device=first) for ago in (9, 8, 7)] + [played(ANN, device=second)]
    table = features_of(duckdb_engine, tmp_path, *events)
    assert list(table.index) == [ANN]
    assert table.loc[ANN, ["is_iphone", "is_android", "n_devices"]].tolist() == [
        first == "iphone",
        first == "android",
        2,
    ]


def test_between_two_devices_used_alike_the_alphabet_decides(duckdb_engine, tmp_path):
    events = [played(ANN, 2, device="iphone"), played(ANN, 1, device="android")]
    assert features_of(duckdb_engine, tmp_path, *events).loc[ANN, "is_android"] == 1


def test_a_steady_listener_has_a_trend_of_7_over_30(duckdb_engine, tmp_path):
    """K53: a quarter was taken for neutral."""
    daily = [played(ANN, ago) for ago in range(1, 31)]
    daily += [did(ANN, action, ago) for action in ("download", "search") for ago in range(1, 31)]
    table = features_of(duckdb_engine, tmp_path, *daily).loc[ANN]
    trends = table.filter(like="_7d_over_30d")
    assert len(trends) == 5
    assert trends.tolist() == pytest.approx([7 / 30] * 5)
    assert table["plays_7d_over_14d"] == 7 / 14
    assert table["events_3d_over_14d"] == pytest.approx(3 / 14)


def test_the_31st_day_is_not_in_the_last_30(duckdb_engine, tmp_path):
    """K25."""
    table = features_of(duckdb_engine, tmp_path, played(ANN, 31), played(BOB, 30))
    assert table["n_plays_30d"].tolist() == [0, 1]
    assert table["n_songs_30d"].tolist() == [0, 1]


def test_no_day_has_more_seconds_than_a_day(duckdb_engine, tmp_path):
    """K17: each day is clipped, not their sum."""
    events = [played(ANN, 1, seconds=90_000), played(ANN, 2, seconds=90_000)]
    table = features_of(duckdb_engine, tmp_path, *events)
    assert table.loc[ANN, "played_s_1d"] == 86_400
    assert table.loc[ANN, "played_s_7d"] == 2 * 86_400


def test_a_play_of_no_seconds_is_a_skip_and_lowers_the_mean(duckdb_engine, tmp_path):
    """K21: skips were full plays of 248 seconds."""
    table = features_of(duckdb_engine, tmp_path, played(ANN, seconds=0), played(ANN, seconds=200))
    assert table.loc[ANN, "n_skips_7d"] == 1
    assert table.loc[ANN, "mean_share_played_14d"] == 0.5
    assert table.loc[ANN, "mean_played_s_14d"] == 100


def test_a_play_of_unknown_duration_is_activity_and_has_no_share(duckdb_engine, tmp_path):
    """K52: such plays were deleted, and the listener's activity with them."""
    table = features_of(duckdb_engine, tmp_path, played(ANN, seconds=None))
    assert table.loc[ANN, "n_plays_7d"] == 1
    assert table.loc[ANN, "days_since_last_play"] == 1
    assert np.isnan(table.loc[ANN, "mean_share_played_14d"])


def test_an_unknown_length_is_the_usual_one_of_the_song(duckdb_engine, tmp_path):
    """K20: it was the mean of all songs."""
    known = [played(BOB, 5, length=400), played(BOB, 5, length=400)]
    table = features_of(duckdb_engine, tmp_path, *known, played(ANN, seconds=100, length=None))
    assert table.loc[ANN, "mean_share_played_14d"] == 0.25


def test_a_song_is_loved_when_more_than_85_percent_of_it_are_heard(duckdb_engine, tmp_path):
    """S0-F5, and not at 85 % sharp."""
    events = [played(ANN, seconds=170), played(BOB, seconds=171)]
    assert features_of(duckdb_engine, tmp_path, *events)["n_finished_1d"].tolist() == [0, 1]


def test_nameless_songs_are_plays_and_no_songs(duckdb_engine, tmp_path):
    """K24."""
    table = features_of(duckdb_engine, tmp_path, played(ANN, item=None), played(ANN, item=None))
    assert table.loc[ANN, ["n_plays_7d", "n_songs_7d"]].tolist() == [2, 0]


# Which features there are.


def test_an_early_cutoff_has_no_features_that_look_further_back_than_its_log(
    duckdb_engine, timeline
):
    table = features_at(duckdb_engine, timeline, max_window_days=14)
    windows = {feature.name: feature.window_days for feature in feature_dictionary()}
    every = features_at(duckdb_engine, timeline)
    assert set(table) == {name for name in every if windows[name] is None or windows[name] <= 14}
    assert "n_plays_14d" in table
    assert "plays_7d_over_30d" not in table


def test_logs_of_plays_alone_have_these_features_and_no_others(table):
    """What subscriptions, sessions and thumbs say is not asked of who has none."""
    grids = {name for name in table if name.startswith("chance_") or "half_life" in name}
    usual = {"mean_log_events", "active_days_above_habit_5d", "active_days_above_habit_10d"}
    assert set(table) == {*ANSWERS, *grids, *usual}


def test_families_can_be_asked_for_by_name(duckdb_engine, timeline):
    table = features_at(duckdb_engine, timeline, families=["recency"])
    of_family = [item.name for item in feature_dictionary() if item.family == "recency"]
    assert list(table) == of_family


class WithoutDownloads:
    """The past of a source that knows no downloads."""

    def __init__(self, past):
        self.past, self.has = past, past.has

    def table(self, name, days=None):
        rows = self.past.table(name, days)
        return rows.drop("n_downloads") if "n_downloads" in rows.columns else rows


def test_a_source_without_downloads_has_all_features_but_those_of_downloads(
    duckdb_engine, timeline, table
):
    past = timeline.past(duckdb_engine, CUTOFF)
    built = build_features(WithoutDownloads(past), listeners(past))
    lost = set(table) - set(frame(duckdb_engine, built.table))
    assert lost == {name for name in table if "download" in name}


# The features of the earlier projects, row by row of the list of what they did.

WINDOWS = (1, 3, 7, 14, 30)
SEED_ROWS = {
    "S0-F1": [f"n_{what}_{w}d" for what in ("plays", "downloads", "searches") for w in WINDOWS],
    "S0-F2": ["days_since_last_event"],
    "S0-F3": ["is_iphone"],
    "S0-F4": [f"played_s_{w}d" for w in WINDOWS],
    "S0-F5": [f"n_finished_{w}d" for w in WINDOWS],
    **{f"S1-F{1 + n}": [f"n_plays_{w}d"] for n, w in enumerate(WINDOWS)},
    **{f"S1-F{6 + n}": [f"n_downloads_{w}d"] for n, w in enumerate(WINDOWS)},
    **{f"S1-F{11 + n}": [f"n_searches_{w}d"] for n, w in enumerate(WINDOWS)},
    "S1-F16": ["days_since_last_play"],
    "S1-F17": ["days_since_last_download"],
    "S1-F18": ["days_since_last_search"],
    **{f"S1-F{19 + n}": [f"played_s_{w}d"] for n, w in enumerate(WINDOWS)},
    "S1-F24": ["is_iphone"],
    "S1-F25": ["is_android"],
    "S1-F26": ["n_devices"],
    "S1-F27": [f"n_finished_{w}d" for w in WINDOWS],
    "S2-F-A1": [f"share_played_{low:02d}_{low + 20}_30d" for low in (0, 20, 40, 60, 80)],
    "S2-F-A2": ["plays_80_100_7d_over_30d"],
    "S2-F-B1": ["played_s_30d"],
    "S2-F-B2": ["played_s_7d_over_30d"],
    "S2-F-B3": ["mean_played_s_30d"],
    "S2-F-C1": [f"n_{what}_{w}d" for what in ("plays", "downloads", "searches") for w in WINDOWS],
    "S2-F-C2": [f"{what}_7d_over_30d" for what in ("plays", "downloads", "searches")],
    "S2-F-D1": [f"days_since_last_{what}" for what in ("play", "download", "search")],
    "S2-F-E1": ["is_iphone", "is_android"],
}


def rows_named_in(text):
    """``S1-F1..3`` names S1-F1, S1-F2 and S1-F3."""
    rows = set(re.findall(r"S\d-F(?:-[A-E])?\d+", text))
    for room, first, last in re.findall(r"(S\d-F)(\d+)\.\.(\d+)", text):
        rows |= {f"{room}{number}" for number in range(int(first), int(last) + 1)}
    return rows


@pytest.mark.parametrize("row", SEED_ROWS)
def test_every_feature_of_the_earlier_projects_is_here_and_says_so(row):
    named = {item.name: rows_named_in(item.seeds) for item in feature_dictionary()}
    lacking = [name for name in SEED_ROWS[row] if row not in named.get(name, ())]
    assert lacking == []
