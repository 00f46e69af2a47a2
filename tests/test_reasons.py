"""Reasons add up to the score, and what they say is true."""

import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

import test_adding_a_member
from conftest import bytes_of
from explained import explained_run
from tenuto.errors import ContractError
from tenuto.reasons import CannotSay, explain, top_reasons, write_reasons
from tenuto.record import read_json, write_json

REASONS = ["active_days", "other_habits", "plays", "silence", "skipping"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explained_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def table(run, tmp_path_factory):
    return write_reasons(run, tmp_path_factory.mktemp("reasons"))


def scores_of(run):
    return pd.read_parquet(run / "churn_scores.parquet").set_index("user_id")


# What is added up.


@pytest.mark.parametrize(
    ("model", "sampling"),
    [
        ("boosting", "none"),
        ("boosting", "undersample"),
        ("logistic", "none"),
        ("logistic", "class_weight"),
        ("latent", "none"),
        ("blend", "undersample"),
        ("stack", "none"),
    ],
)
def test_reasons_add_up_to_the_log_odds_of_the_score(tmp_path, model, sampling):
    run = explained_run(tmp_path, model, sampling)

    parts = explain(run)

    assert list(parts) == [*REASONS, "expected"]
    expected = logit(scores_of(run).loc[parts.index, "score"])
    np.testing.assert_allclose(parts.sum(axis="columns"), expected, atol=1e-6)


def test_a_listener_is_explained_alone_as_among_all(run):
    whole = explain(run)

    few = explain(run, [17, 3, 200])

    assert list(few.index) == [17, 3, 200]
    pd.testing.assert_frame_equal(few, whole.loc[[17, 3, 200]])


def test_reasons_stand_beside_the_average_active_listener(run):
    scores = scores_of(run)
    parts = explain(run).join(scores[["fold", "is_active_14d"]])

    active = parts[parts["is_active_14d"]].drop(columns=["expected", "is_active_14d"])

    np.testing.assert_allclose(active.groupby("fold").mean(), 0, atol=1e-9)


def test_the_sums_of_the_sentences_are_those_that_are_explained(run, table):
    wide = table.pivot(index="user_id", columns="reason", values="contribution")

    expected = explain(run).drop(columns="expected").loc[wide.index]

    pd.testing.assert_frame_equal(wide, expected, check_names=False)


def test_a_model_that_cannot_say_why_is_not_spoken_for_by_another(tmp_path):
    run = explained_run(tmp_path / "run", "recency_rule")

    with pytest.raises(CannotSay, match="'recency_rule' is behind the call list") as caught:
        explain(run)
    table = write_reasons(run, tmp_path / "reasons")

    assert '"boosting"' in (caught.value.mend or "")
    assert table.empty
    assert "cannot say why" in read_json(tmp_path / "reasons" / "summary.json")["note"]
    assert list(top_reasons(table)) == ["user_id", *_columns(3)]
    assert top_reasons(table).empty


def test_whoever_was_not_scored_is_named(run):
    with pytest.raises(ContractError, match="listener 999 is asked for and was not scored"):
        explain(run, [1, 999])
    with pytest.raises(ContractError, match="listener 1 is asked for and asked for again"):
        explain(run, [1, 1])


def test_a_run_without_scores_says_why_there_are_none(tmp_path):
    write_json(tmp_path / "summary.json", {"cutoff": "2017-04-29", "skipped": "too short a log"})

    with pytest.raises(ContractError, match="holds no scores: too short a log"):
        explain(tmp_path)
    with pytest.raises(ContractError, match="nowhere holds no scores"):
        explain(tmp_path / "nowhere")


def test_files_of_two_runs_are_not_mixed(run, tmp_path):
    mixed = shutil.copytree(run, tmp_path / "mixed")
    features = pd.read_parquet(mixed / "features.parquet")
    features[features["user_id"] != 5].to_parquet(mixed / "features.parquet", index=False)

    with pytest.raises(ContractError, match="lacks listener 5"):
        explain(mixed)


# What is written.


def test_the_same_run_gives_the_same_bytes(run, tmp_path):
    for name in ("once", "twice"):
        write_reasons(run, tmp_path / name)

    assert bytes_of(tmp_path / "once") == bytes_of(tmp_path / "twice")
    assert set(bytes_of(tmp_path / "once")) == {
        "reasons.parquet",
        "overview.csv",
        "summary.json",
    }


def test_those_to_call_come_first_and_no_more_than_asked_for_are_explained(run, tmp_path):
    table = write_reasons(run, tmp_path, explained=10)

    scores = scores_of(run)
    first = scores[scores["is_active_14d"]].sort_values("rank").index[:10]
    assert table["user_id"].drop_duplicates().tolist() == first.tolist()
    assert read_json(tmp_path / "summary.json")["n_explained"] == 10


def test_every_listener_has_every_reason_in_the_order_of_what_it_adds(table):
    for _, rows in table.groupby("user_id"):
        assert rows["rank"].tolist() == [1, 2, 3, 4, 5]
        assert rows["contribution"].is_monotonic_decreasing
        assert set(rows["reason"]) == set(REASONS)


def test_the_overview_counts_what_is_in_the_table(run, tmp_path):
    table = write_reasons(run, tmp_path)

    overview = pd.read_csv(tmp_path / "overview.csv").set_index("reason")

    silence = table[table["reason"] == "silence"]
    assert overview.loc["silence", "label"] == "Silence"
    assert overview.loc["silence", "n_raises"] == silence["raises"].sum()
    assert overview.loc["silence", "n_first"] == (silence["rank"].eq(1) & silence["raises"]).sum()


def test_who_is_silent_for_long_is_told_so_with_their_own_habit(run, table):
    features = pd.read_parquet(run / "features.parquet").set_index("user_id")
    rows = features[(features["days_since_last_event"] == 13) & (features["mean_gap_days"] == 2)]

    top = top_reasons(table).set_index("user_id").loc[rows.index]

    assert len(top) > 3
    assert top["reason_1"].eq("silence").all()
    assert top["reason_1_text"].eq("last played 13 days ago; usually every 2 days").all()


# The first three.


def _columns(n):
    return [f"reason_{place}{what}" for place in range(1, n + 1) for what in ("", "_text")]


def reasons(*rows):
    """A table of one listener from (reason, contribution, sentence), the largest first."""
    return pd.DataFrame(
        {
            "user_id": 7,
            "rank": np.arange(1, len(rows) + 1),
            "reason": [row[0] for row in rows],
            "contribution": [row[1] for row in rows],
            "raises": [row[1] >= 0.05 for row in rows],
            "sentence": [row[2] for row in rows],
        }
    )


def test_only_what_raises_the_score_is_among_the_first_three():
    table = reasons(("silence", 0.5, "long silent"), ("plays", 0.01, "a"), ("plan", -1.0, "b"))

    (top,) = top_reasons(table).to_dict("records")

    assert top["reason_1"] == "silence"
    assert top["reason_1_text"] == "long silent"
    assert all(pd.isna(top[name]) for name in _columns(3)[2:])


def test_what_has_been_said_is_not_said_again_under_another_heading():
    table = reasons(("plays", 0.9, "no plays"), ("variety", 0.8, "no plays"), ("plan", 0.7, "free"))

    (top,) = top_reasons(table).to_dict("records")

    assert [top["reason_1"], top["reason_2"]] == ["plays", "plan"]
    assert pd.isna(top["reason_3"])


def test_where_nothing_raises_the_score_the_first_says_so():
    well = reasons(("plays", 0.01, "a"), ("silence", -0.6, "last played yesterday"))
    average = reasons(("plays", 0.01, "a"), ("silence", -0.01, "b"))

    assert top_reasons(well)["reason_1_text"].item() == "nothing stands out: last played yesterday"
    assert top_reasons(well)["reason_1"].item() == "silence"
    assert top_reasons(average)["reason_1_text"].item() == "nothing stands out, for or against them"


def test_every_listener_has_a_first_reason_in_the_order_of_the_table(table):
    top = top_reasons(table, 2)

    assert top["user_id"].tolist() == table["user_id"].drop_duplicates().tolist()
    assert list(top) == ["user_id", *_columns(2)]
    assert top["reason_1"].notna().all()
    assert top["reason_1_text"].str.len().gt(0).all()


plant = test_adding_a_member.plant


def test_a_new_reason_is_one_file_and_takes_its_columns(plant, run, tmp_path):
    plant(
        "reasons",
        "zither",
        '''
"""Planted by a test."""

from tenuto.reasons._contract import Fact, Topic

LABEL = "Zither"
TOPICS = (Topic("of_our_own", lambda listener: [Fact("plays the zither")]),)
''',
    )

    table = write_reasons(run, tmp_path, [1])

    assert "other_habits" in set(table["reason"])  # the visits to the home page
    sentence = table.set_index("reason")["sentence"]["zither"]
    assert sentence.startswith("plays the zither (")
