"""What reasons say is true, readable, and of one mind with the model."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.features import feature_dictionary
from tenuto.reasons import CATALOGUE, Fact, Topic
from tenuto.reasons._contract import EVEN, PLAIN, TO_LEAVING, TO_STAYING
from tenuto.reasons._facts import leans
from tenuto.reasons._grouping import Reason
from tenuto.reasons._listener import MIN_PEERS, Crowd
from tenuto.reasons._sentences import Outlook, named, sentences
from tenuto.reasons._words import amount, count, days_ago, every, lasting, share

LEAVING, UPGRADING = Outlook.of("leave"), Outlook.of("upgrade")

# Words and model agree.


def one_sentence(contributions, topics, outlook=LEAVING, **own):
    """The sentence of a reason with one column for each topic, of a listener alone."""
    columns = [topic.columns for topic in topics]
    described = {item.name: item for item in feature_dictionary()}
    places = list(range(len(topics)))
    reason = Reason("made_up", "Made up", topics, columns, places, described)
    features = pd.DataFrame({"user_id": [1], **{name: [own.get(name, 5.0)] for name in columns}})
    crowd = Crowd(features, np.array([True]), np.array([0]))
    (sentence,) = sentences(reason, crowd, pd.DataFrame([contributions], columns=columns), outlook)
    return sentence


def topic(column, *facts):
    return Topic(column, lambda listener: iter(facts))


BAD, GOOD = Fact("bad news", TO_LEAVING), Fact("good news", TO_STAYING)
SO_SO, ON_IPHONE = Fact("so so", EVEN), Fact("on an iPhone", PLAIN)


@pytest.mark.parametrize(
    ("contribution", "facts", "sentence"),
    [
        (0.5, [BAD, GOOD], "bad news"),
        (0.5, [GOOD, BAD], "bad news"),
        (-0.5, [BAD, GOOD], "good news"),
        (0.5, [GOOD, SO_SO], "so so (with all the rest, adds to the risk)"),
        (0.5, [ON_IPHONE], "on an iPhone (adds to the risk)"),
        (-0.1, [ON_IPHONE], "on an iPhone (lowers the risk a little)"),
        (0.01, [GOOD], "good news (hardly matters here)"),
        (
            0.5,
            [GOOD],
            "good news (no bad sign by itself, but with all the rest it adds to the risk)",
        ),
        (
            -0.1,
            [BAD],
            "bad news (no good sign by itself, but with all the rest it lowers the risk a little)",
        ),
    ],
)
def test_a_sentence_never_contradicts_the_model_without_saying_so(contribution, facts, sentence):
    assert one_sentence([contribution], (topic("n_x", *facts),)) == sentence


def test_the_topic_that_moves_the_score_most_is_the_one_told():
    topics = (topic("n_x", Fact("about x", TO_LEAVING)), topic("n_y", Fact("about y", TO_LEAVING)))

    assert one_sentence([0.4, 0.3], topics) == "about x"
    assert one_sentence([0.3, 0.4], topics) == "about y"
    assert one_sentence([-0.1, 0.4], topics) == "about y"


def test_a_topic_that_hardly_moves_the_score_does_not_speak_for_another():
    topics = (topic("n_x", GOOD), topic("n_y", BAD))

    assert one_sentence([0.4, 0.2], topics) == "bad news"
    assert one_sentence([0.4, 0.05], topics).startswith("good news (no bad sign")


def test_good_news_of_another_label_has_no_risk_and_leans_nowhere():
    sentence = one_sentence([0.5], (topic("n_x", BAD),), UPGRADING)

    assert sentence == "bad news (adds to the chance)"


def test_a_column_that_no_topic_can_tell_of_is_told_by_its_description():
    silent = (topic("n_homes_14d"),)

    assert one_sentence([0.5], silent) == (
        "visits to the home page in the last 14 days: 5 (adds to the risk)"
    )
    assert one_sentence([0.5], silent, n_homes_14d=np.nan) == (
        "visits to the home page in the last 14 days: not known (adds to the risk)"
    )
    assert one_sentence([0.5], (topic("of_our_own"),)) == "of_our_own: 5 (adds to the risk)"


# What is told of a listener.


def told(name, **own):
    """Every fact of a member about a listener of whom nothing else is known, and nobody beside."""
    features = pd.DataFrame({"user_id": [1], **{column: [value] for column, value in own.items()}})
    listener = Crowd(features, np.array([True]), np.array([0])).listener(0)
    return [fact for topic in CATALOGUE.get(name).TOPICS for fact in topic.facts(listener)]


def test_the_usual_week_is_that_of_the_days_before_the_last_week():
    # 14 active days of 10 events: 140 events, of which 20 in the last 7 days and 120 in 21 before.
    own = {"days_since_first_event": 28, "share_active_days": 0.5, "mean_events_per_active_day": 10}

    (fact,) = told("plays", n_events_7d=20, n_plays_7d=20, **own)

    assert fact == ("20 events in the last 7 days; usually 40 a week", TO_LEAVING)


def test_active_days_are_compared_with_as_many_days_before():
    # 18 of 42 days, 4 of the last 14: 14 in 28 days before, 7 in a fortnight.
    own = {"days_since_first_event": 42, "share_active_days": 18 / 42, "n_active_days_14d": 4}

    assert told("active_days", **own) == [
        ("active on 4 of the last 14 days; before, on 7 of 14", TO_LEAVING)
    ]


@pytest.mark.parametrize(
    ("days", "gap", "fact"),
    [
        (9, 2, ("last active 9 days ago; usually every 2 days", TO_LEAVING)),
        (1, 7, ("last active yesterday; usually every 7 days", TO_STAYING)),
        (2, 2, ("last active 2 days ago, about as usual", EVEN)),
        (9, np.nan, ("last active 9 days ago, on the only active day so far", TO_LEAVING)),
        (1, np.nan, ("last active yesterday, on the only active day so far", PLAIN)),
    ],
)
def test_a_silence_is_long_or_short_beside_the_habit(days, gap, fact):
    assert told("silence", days_since_last_event=days, mean_gap_days=gap) == [fact]


def test_who_came_without_playing_is_not_said_to_have_played():
    (fact,) = told("silence", days_since_last_event=2, days_since_last_play=8, mean_gap_days=2)

    assert fact.words.startswith("last active 2 days ago")


def test_plays_are_compared_with_the_week_before_and_no_plays_at_all_are_told_once():
    fewer = told("plays", n_plays_7d=12, n_plays_14d=52)
    none = told("plays", n_plays_7d=0, n_plays_14d=0)

    assert fewer[0] == ("12 plays in the last 7 days; 40 in the 7 before", TO_LEAVING)
    assert none[0] == ("no plays in the last 14 days", TO_LEAVING)
    assert told("variety", n_songs_14d=0, n_plays_14d=0)[0] == none[0]
    assert told("skipping", share_played_80_100_14d=np.nan, n_plays_14d=0)[0] == none[0]


def test_who_was_there_when_the_log_began_may_be_older_than_it():
    features = pd.DataFrame({"user_id": [1, 2], "days_since_first_event": [30.0, 12.0]})
    crowd = Crowd(features, np.array([True, True]), np.array([0, 1]))
    (topic,) = CATALOGUE.get("tenure").TOPICS

    assert list(topic.facts(crowd.listener(0))) == [("with the service for 30 days or more", PLAIN)]
    assert list(topic.facts(crowd.listener(1))) == [("new: first seen 12 days ago", TO_LEAVING)]


def test_who_began_to_cancel_is_told_of_before_anything_else():
    facts = told("plan", n_cancel_pages_14d=1, n_downgrade_pages_14d=3, n_downgrades_14d=0)

    assert facts[0] == ("began to cancel once in the last 14 days", TO_LEAVING)


# Others like them.


def test_a_listener_is_compared_with_active_others_of_the_same_habit():
    n = 3 * MIN_PEERS
    habit = np.repeat([0.1, 0.5, 0.9], MIN_PEERS)
    features = pd.DataFrame(
        {
            "user_id": np.arange(2 * n),
            "share_active_days_until_last": np.tile(habit, 2),
            "n_plays_7d": np.concatenate([100 * habit, np.zeros(n)]),
        }
    )
    is_active = np.arange(2 * n) < n

    crowd = Crowd(features, is_active, np.array([n, 2 * n - 1]))

    seldom, often = crowd.listener(0), crowd.listener(1)
    assert [seldom.own("n_plays_7d"), often.own("n_plays_7d")] == [0, 0]
    assert seldom.peers("n_plays_7d") == pytest.approx(10)
    assert often.peers("n_plays_7d") == pytest.approx(90)
    assert often.typical("n_plays_7d") == pytest.approx(50)
    assert often.longest("n_plays_7d") == pytest.approx(90)
    assert often.own("n_errors_14d") is None
    assert often.peers("n_errors_14d") is None


def test_free_and_paid_are_not_compared():
    n = 2 * MIN_PEERS
    is_paid = np.arange(n) % 2
    features = pd.DataFrame({"user_id": np.arange(n), "is_paid": is_paid, "n_x": is_paid * 8.0})

    crowd = Crowd(features, np.ones(n, dtype=bool), np.array([0, 1]))

    assert [crowd.listener(row).peers("n_x") for row in (0, 1)] == [0, 8]


def test_a_column_told_by_its_description_stands_beside_others_too():
    n = MIN_PEERS + 1
    homes = np.r_[9.0, np.full(MIN_PEERS, 3.0)]
    features = pd.DataFrame({"user_id": np.arange(n), "n_homes_14d": homes})
    crowd = Crowd(features, np.ones(n, dtype=bool), np.arange(n))

    often, usual = (named(crowd.listener(row), "n_homes_14d", None).words for row in (0, 1))

    assert often == "n_homes_14d: 9; others like them 3"
    assert usual == "n_homes_14d: 3, about the same as others like them"


def test_a_handful_of_others_is_no_measure():
    n = MIN_PEERS - 1
    features = pd.DataFrame({"user_id": np.arange(n), "n_x": 8.0})

    listener = Crowd(features, np.ones(n, dtype=bool), np.arange(n)).listener(0)

    assert listener.own("n_x") == 8
    assert listener.peers("n_x") is None
    assert listener.typical("n_x") is None


NUMBERS = st.floats(0, 1e6, allow_nan=False)


@given(NUMBERS, NUMBERS)
def test_more_and_less_lean_opposite_ways_and_the_same_leans_nowhere(one, other):
    assert leans(one, other, TO_LEAVING) == -leans(one, other, TO_STAYING)
    assert leans(one, other, TO_LEAVING) == -leans(other, one, TO_LEAVING)
    assert leans(one, one, TO_LEAVING) == EVEN
    assert one > other or leans(one, other, TO_LEAVING) <= 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (count(0, "play"), "no plays"),
        (count(1, "play"), "1 play"),
        (count(0.97, "thumb down", "thumbs down"), "1 thumb down"),
        (count(1204, "play"), "1,204 plays"),
        (amount(2.5), "2.5"),
        (amount(9.97), "10"),
        (amount(0.01), "less than 0.1"),
        (days_ago(1), "yesterday"),
        (days_ago(9), "9 days ago"),
        (every(1.0), "every day"),
        (every(1.2), "almost every day"),
        (every(1.5), "every 1 to 2 days"),
        (every(2.4), "every 2 days"),
        (share(0.354), "35 %"),
        (lasting(1), "1 second"),
        (lasting(1500), "25 minutes"),
        (lasting(10_000), "2.8 hours"),
    ],
)
def test_numbers_are_said_as_people_say_them(words, said):
    assert words == said
