"""The call list: everybody has reasons, an action, songs and a group, in a good order."""

import pandas as pd
import pytest

from saved_retention import CUTOFF, campaigns, planned, saved_run, settings, write
from tenuto.errors import SettingsError
from tenuto.record import read_json
from tenuto.retention._bands import risk_bands
from tenuto.retention._results import RetentionSummary, write_retention
from tenuto.settings import RuleSettings

WHAT_EVERY_ROW_HAS = ["reason_1", "reason_1_text", "action", "song_1", "song_5", "group", "band"]


@pytest.fixture
def run(tmp_path):
    return saved_run(tmp_path)


def test_every_listener_has_reasons_an_action_songs_and_a_group(run):
    listed = planned(run)
    assert len(listed) == 60
    assert listed[WHAT_EVERY_ROW_HAS].notna().all().all()


def test_who_was_not_explained_is_on_the_list_and_says_so(run):
    reasons = run / "reasons" / "reasons.parquet"
    table = pd.read_parquet(reasons)
    table[table["user_id"] < 1010].to_parquet(reasons, index=False)
    listed = planned(run).set_index("user_id")
    assert listed.loc[1011, "reason_1"] == "not_explained"
    assert listed.loc[1011, "reason_1_text"] == "not among the 10 listeners that were explained"
    assert listed[WHAT_EVERY_ROW_HAS].notna().all().all()


def test_the_active_come_first_by_what_they_are_expected_to_bring(run):
    listed = planned(run)
    assert listed["rank"].tolist() == list(range(1, 61))
    assert listed["is_active_14d"].is_monotonic_decreasing
    for _, part in listed.groupby("is_active_14d"):
        assert part["expected_value"].is_monotonic_decreasing


def test_the_silent_get_no_offer(run):
    listed = planned(run)
    silent = listed[~listed["is_active_14d"]]
    assert set(silent["action"]) <= {"win_back", "leave_alone"}


def test_the_list_does_not_depend_on_the_order_of_the_scores(run):
    first = planned(run)
    file = run / "churn" / "churn_scores.parquet"
    scores = pd.read_parquet(file)
    scores.sample(frac=1, random_state=0).to_parquet(file, index=False)
    for memory in campaigns(run).rglob("*.parquet"):
        memory.unlink()
    pd.testing.assert_frame_equal(planned(run), first)


def test_planning_twice_writes_the_same_bytes(run):
    def bytes_of():
        files = [*(run / "retention").glob("*.*"), *campaigns(run).rglob("*.parquet")]
        return {file.name: file.read_bytes() for file in files}

    planned(run)
    first = bytes_of()
    planned(run)
    assert bytes_of() == first
    assert {"call_list.csv", "call_list.parquet", "profit.csv", "groups.parquet"} <= first.keys()


def test_a_rule_may_ask_for_a_feature_and_for_a_reason(run):
    when = "n_errors_14d > 0 and reason_1 = 'plan'"
    listed = planned(run, rules=[RuleSettings(action="leave_alone", when=when)])
    ruled = listed[(listed["user_id"] % 2 == 1) & (listed["reason_1"] == "plan")]
    assert len(ruled)
    assert set(ruled["action"]) == {"leave_alone"}


def test_a_rule_about_a_column_that_there_is_not_stops_the_work(run):
    with pytest.raises(SettingsError, match="no column 'n_tears_14d'"):
        planned(run, rules=[RuleSettings(action="discount", when="n_tears_14d > 0")])


def test_other_models_make_another_version(run):
    first = planned(run)["model_version"].iloc[0]
    write(run / "churn" / "models" / "boosting" / "manifest.json", {"model": "other"})
    assert planned(run)["model_version"].iloc[0] != first


# Songs.


def test_a_song_is_proposed_once_and_the_lists_in_turn(run):
    songs = planned(run).filter(regex=r"song_\d$")
    assert songs.nunique(axis="columns").eq(5).all()
    assert songs.iloc[0].tolist() == [1, 20, 21, 30, 31]


def test_a_listener_without_a_list_gets_what_most_are_recommended(run):
    file = run / "recommend" / "recommendations.parquet"
    lists = pd.read_parquet(file)
    lists[lists["user_id"] != 1000].to_parquet(file, index=False)
    alone = planned(run).set_index("user_id").loc[1000]
    assert [alone[f"song_{number}"] for number in range(1, 6)] == [1, 20, 21, 30, 31]


def test_without_songs_nobody_is_mailed_songs(run):
    listed = planned(run, songs=0)
    assert not [name for name in listed if name.startswith("song_")]
    assert "songs_by_mail" not in set(listed["action"])


# Bands.


def test_bands_go_by_the_place_among_those_of_the_same_list():
    people = pd.DataFrame(
        {
            "user_id": range(20),
            "probability": [0.9 - 0.01 * place for place in range(10)] + [0.1] * 10,
            "is_active_14d": [True] * 10 + [False] * 10,
        }
    )
    found = risk_bands(people)
    expected = ["highest", "high", "high", "middle", "middle", "middle", *["low"] * 4]
    assert found["band"].tolist() == expected * 2
    assert found["stratum"].iloc[[0, 9, 10, 19]].tolist() == [
        "active 01",
        "active 10",
        "silent 01",
        "silent 10",
    ]


# The summary, and runs without a list.


def test_the_summary_counts_the_list(run):
    listed = planned(run, holdout_share=0.2)
    summary = RetentionSummary.read(run / "retention")
    assert summary.n_listed == sum(summary.actions.values()) == 60
    assert summary.n_planned == summary.n_contacted + summary.n_held_out
    assert summary.n_contacted == listed["contacted"].sum()
    contacted = listed[listed["contacted"]]
    assert summary.expected_value == pytest.approx(contacted["expected_value"].sum())


def test_profit_at_the_test_is_that_of_the_model_and_of_the_recency_rule(run):
    planned(run)
    model, rule = RetentionSummary.read(run / "retention").profit
    assert (model["ranking"], rule["ranking"]) == ("boosting", "recency_rule")
    assert model["low"] <= model["profit_stop"] <= model["high"]
    assert model["profit_best"] >= model["profit_stop"]
    gap = model["profit_stop"] - rule["profit_stop"]
    assert model["difference"] == pytest.approx(gap)
    curves = pd.read_csv(run / "retention" / "profit.csv")
    assert curves.groupby("ranking")["is_maximum"].sum().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ({"skipped": "27 days of log are too few"}, "27 days"),
        ({"label": "upgrade"}, "something good"),
        ({"label": "first_day_return"}, "something good"),
    ],
)
def test_without_leavers_to_foretell_nothing_is_planned_and_the_summary_says_why(
    tmp_path, summary, told
):
    run = saved_run(tmp_path, **summary)
    (run / "retention").mkdir()
    write_retention(run, campaigns(run), settings(), run / "retention")
    assert told in read_json(run / "retention" / "summary.json")["skipped"]
    assert not (run / "retention" / "call_list.parquet").exists()
    assert RetentionSummary.read(run / "retention").cutoff == CUTOFF
