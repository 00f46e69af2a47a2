"""Labels of subscriptions: who cancels, changes plan or comes back, and who cannot."""

from datetime import datetime, time

import pytest

from conftest import ALL_KNOWING
from service import CUTOFF, day_before, did, frame, timeline_of
from tenuto.churn._dataset import at_cutoff
from tenuto.errors import SettingsError
from tenuto.labels import CATALOGUE, usual_label
from tenuto.sources import musicbox, sparkify
from tenuto.timeline import listeners

HORIZON, FIRST_DAY, LAST_DAY = 7, day_before(40), day_before(-20)
STAYS, LEAVES, UP, DOWN, BOTH, GONE, BACK, NEW = range(1, 9)


def at(ago, hour=12):
    return datetime.combine(day_before(ago), time(hour))


def subscriber(user, *, ago=10, paid=False):
    """An event ``ago`` days before the cutoff, on a free or on a paid plan."""
    return did(user, "home", ago, is_paid=paid, timestamp=at(ago))


# Of those on a paid plan one downgrades, one of them to leave in the end; one has gone before,
# another came back after that; one was seen for the first time on the day before the cutoff.
PAST = [
    *(subscriber(STAYS), subscriber(LEAVES), subscriber(UP)),
    *(subscriber(DOWN, paid=True), subscriber(BOTH, paid=True)),
    *(did(GONE, "home", 12), did(GONE, "cancel", 9), did(GONE, "logout", 9)),
    *(did(BACK, "cancel", 9), subscriber(BACK, ago=8)),
    subscriber(NEW, ago=1),
]
FUTURE = [
    *(did(LEAVES, "cancel_page", 0), did(LEAVES, "cancel", 0), did(UP, "upgrade", -6)),
    *(did(DOWN, "downgrade", -3), did(BOTH, "downgrade", -1), did(BOTH, "cancel", -2)),
    *(did(STAYS, "cancel_page", -1), did(STAYS, "cancel", -HORIZON), did(NEW, "home", -6)),
]


@pytest.fixture(scope="module")
def timeline(duckdb_engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("subscriptions")
    events = [*PAST, *FUTURE]
    return timeline_of(duckdb_engine, folder, events, FIRST_DAY, LAST_DAY, source=ALL_KNOWING)


@pytest.fixture(scope="module")
def labelled(duckdb_engine, timeline):
    """Function from the name of a label to its table of those who can be examples, by user."""

    def label(name):
        member = CATALOGUE.get(name)
        people = listeners(timeline.past(duckdb_engine, CUTOFF))
        people = people.filter(people.days_since_cancelled.isnull())
        if hasattr(member, "at_risk"):
            people = people.filter(member.at_risk(people))
        table = member.label(people, timeline.future(duckdb_engine, CUTOFF, HORIZON))
        return frame(duckdb_engine, table).set_index("user_id").sort_index()

    return label


def test_leaving_is_a_confirmed_cancellation_before_the_horizon_ends(labelled):
    """Who asks to cancel and does not confirm has stayed, as has who confirms a day too late."""
    found = labelled("cancellation").label
    assert found[found == 1].index.tolist() == [LEAVES, BOTH]


def test_what_came_is_told_in_a_word_and_of_several_the_gravest(labelled):
    assert labelled("cancellation").outcome.to_dict() == {
        STAYS: "stays",
        LEAVES: "cancels",
        UP: "upgrades",
        DOWN: "downgrades",
        BOTH: "cancels",
        BACK: "stays",
        NEW: "stays",
    }


def test_who_cancelled_and_came_back_is_among_the_listeners_again(duckdb_engine, timeline):
    people = frame(duckdb_engine, listeners(timeline.past(duckdb_engine, CUTOFF)))
    ago = people.set_index("user_id").days_since_cancelled
    assert ago[ago.notna()].to_dict() == {GONE: 9}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("downgrade", {DOWN: 1, BOTH: 1}),
        ("upgrade", {STAYS: 0, LEAVES: 0, UP: 1, BACK: 0, NEW: 0}),
        ("first_day_return", {NEW: 1}),
    ],
)
def test_only_those_to_whom_it_can_happen_are_asked(labelled, name, label):
    assert labelled(name).label.to_dict() == label


def test_without_changes_of_plan_in_the_log_a_cancellation_has_no_outcome(duckdb_engine, tmp_path):
    class OnlyCancellations:
        PRECISION, USER_ID, ITEM_ID = "second", "int64", "int64"
        ACTIONS, KNOWS = ("play", "cancel"), ("timestamp", "is_paid")

    events = [did(STAYS, "play", 3), did(STAYS, "cancel", -3)]
    timeline = timeline_of(duckdb_engine, tmp_path, events, LAST_DAY, source=OnlyCancellations)
    people = listeners(timeline.past(duckdb_engine, CUTOFF))
    future = timeline.future(duckdb_engine, CUTOFF, HORIZON)
    table = frame(duckdb_engine, CATALOGUE.get("cancellation").label(people, future))
    assert list(table) == ["user_id", "label"]
    assert table.label.tolist() == [1]


@pytest.mark.parametrize(
    ("events", "source", "usual"),
    [
        (PAST, ALL_KNOWING, "cancellation"),
        ([subscriber(STAYS), did(LEAVES, "cancel", 0)], ALL_KNOWING, "inactivity"),
        ([did(STAYS, "download", 3)], musicbox, "inactivity"),
    ],
)
def test_the_usual_label_is_cancellation_once_anybody_has_cancelled(
    duckdb_engine, tmp_path, events, source, usual
):
    """What comes after the cutoff has no say in it."""
    timeline = timeline_of(duckdb_engine, tmp_path, events, LAST_DAY, source=source)
    assert usual_label(timeline.past(duckdb_engine, CUTOFF)) == usual


# Examples.


def examples_of(engine, timeline, label, **options):
    return at_cutoff(engine, timeline, CUTOFF, label=label, horizon_days=HORIZON, **options)


@pytest.mark.parametrize(
    ("label", "users", "n_immune"),
    [
        ("cancellation", [STAYS, LEAVES, UP, DOWN, BOTH, BACK, NEW], 0),
        ("downgrade", [DOWN, BOTH], 5),
        ("upgrade", [STAYS, LEAVES, UP, BACK, NEW], 2),
        ("first_day_return", [NEW], 6),
    ],
)
def test_those_who_have_gone_and_those_who_cannot_are_counted_and_left_out(
    duckdb_engine, timeline, label, users, n_immune
):
    found = examples_of(duckdb_engine, timeline, label)
    assert found.examples.user_id.tolist() == users == found.people.user_id.tolist()
    assert (found.n_robots, found.n_gone, found.n_immune) == (0, 1, n_immune)


def test_examples_of_cancellation_carry_what_came(duckdb_engine, timeline):
    examples = examples_of(duckdb_engine, timeline, "cancellation").examples
    assert examples.y.tolist() == [0, 1, 0, 0, 1, 0, 0]
    assert examples.outcome[[1, 2, 3]].tolist() == ["cancels", "upgrades", "downgrades"]


def test_before_the_horizon_is_over_examples_have_no_label(duckdb_engine, timeline):
    examples = examples_of(duckdb_engine, timeline, "cancellation", is_labelled=False).examples
    assert examples.y is None
    assert examples.outcome is None


@pytest.mark.parametrize("label", [name for name in CATALOGUE if name != "inactivity"])
def test_a_label_of_which_the_source_tells_nothing_is_refused(duckdb_engine, tmp_path, label):
    if set(CATALOGUE.get(label).NEEDS) == {"n_events"}:
        return
    timeline = timeline_of(duckdb_engine, tmp_path, [did(STAYS, "download", 30)], LAST_DAY)
    with pytest.raises(SettingsError, match=f"'{label}' needs n_.*tells nothing") as error:
        examples_of(duckdb_engine, timeline, label)
    assert "churn.label" in error.value.mend


def test_sparkify_knows_what_every_label_needs(duckdb_engine, tmp_path):
    timeline = timeline_of(duckdb_engine, tmp_path, [subscriber(STAYS)], LAST_DAY, source=sparkify)
    columns = timeline.past(duckdb_engine, CUTOFF).table("user_days").columns
    for label in CATALOGUE.all().values():
        assert set(label.NEEDS) <= set(columns)


# On each user's own clock.


@pytest.fixture(scope="module")
def own_bins(duckdb_engine, tmp_path_factory):
    """Four users whose second bin ends 5 days before the cutoff; one cancels in each bin."""
    told = {"registered": at(33, 0), "plan": "free"}
    events = [did(user, "home", 33, **told) for user in (STAYS, LEAVES, GONE, UP)]
    events += [did(GONE, "cancel", 6), did(LEAVES, "cancel", 5), did(STAYS, "cancel", -9)]
    folder = tmp_path_factory.mktemp("own_bins")
    return timeline_of(duckdb_engine, folder, events, FIRST_DAY, LAST_DAY, source=ALL_KNOWING)


@pytest.mark.parametrize(
    ("name", "label", "n_gone"),
    [
        ("churned_in_bin", {STAYS: 0, LEAVES: 0, UP: 0, GONE: 1}, 0),
        ("will_churn_in_next_bin", {STAYS: 0, LEAVES: 1, UP: 0}, 1),
        ("will_churn_soon", {STAYS: 0, LEAVES: 1, UP: 0, GONE: 1}, 0),
    ],
)
def test_a_label_on_own_clocks_looks_at_its_own_bins(duckdb_engine, own_bins, name, label, n_gone):
    """The second bin of all four is over 5 days before the cutoff, the third 9 days after it."""
    found = examples_of(duckdb_engine, own_bins, name)
    assert dict(zip(found.examples.user_id, found.examples.y, strict=True)) == label
    assert found.n_gone == n_gone
    assert {str(day) for day in found.examples.cutoff} == {str(day_before(5))}


def test_who_cancelled_in_an_earlier_bin_is_not_asked_again(duckdb_engine, tmp_path):
    told = {"registered": at(33, 0), "plan": "free"}
    events = [
        did(STAYS, "home", 33, **told),
        did(GONE, "home", 33, **told),
        did(GONE, "cancel", 30),
    ]
    timeline = timeline_of(duckdb_engine, tmp_path, events, FIRST_DAY, LAST_DAY, source=ALL_KNOWING)
    for label in ("churned_in_bin", "will_churn_in_next_bin", "will_churn_soon"):
        found = examples_of(duckdb_engine, timeline, label)
        assert found.examples.user_id.tolist() == [STAYS]
        assert found.n_gone == 1
