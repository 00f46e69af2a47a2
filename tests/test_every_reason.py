"""What the room promises of every reason, whoever adds the next one."""

import functools
import re

import numpy as np
import pandas as pd
import pytest

from tenuto.errors import ContractError
from tenuto.features import CATALOGUE as FAMILIES
from tenuto.features import Feature, feature_dictionary
from tenuto.reasons import CATALOGUE, _grouping
from tenuto.reasons._contract import EVEN, PLAIN, TO_LEAVING, TO_STAYING
from tenuto.reasons._grouping import CATCH_ALL, grouped
from tenuto.reasons._listener import Crowd
from tenuto.reasons._sentences import LEAST, Outlook, named, sentences

REASONS = list(CATALOGUE)
FEATURES = {item.name: item for item in feature_dictionary()}
each_reason = pytest.mark.parametrize("name", REASONS)


def column_to_reason(columns):
    return {column: reason.name for reason in grouped(columns) for column in reason.columns}


@each_reason
def test_a_reason_has_a_heading_and_says_what_it_is_about(name):
    member = CATALOGUE.get(name)

    assert member.LABEL[0].isupper()
    assert CATALOGUE.describe(name).endswith(".")
    assert "," not in name


@each_reason
def test_every_pattern_of_a_topic_names_columns_that_there_are(name):
    for topic in CATALOGUE.get(name).TOPICS:
        for pattern in topic.columns.split("|") if "(" not in topic.columns else [topic.columns]:
            assert any(re.fullmatch(pattern, column) for column in FEATURES), pattern


def test_every_column_of_every_family_belongs_to_one_reason():
    columns = [column for reason in grouped(FEATURES) for column in reason.columns]

    assert sorted(columns) == sorted(FEATURES)


def test_what_is_left_to_the_catch_all_is_little_and_known():
    left = {column for column, name in column_to_reason(FEATURES).items() if name == CATCH_ALL}

    assert left == {
        f"n_{page}_14d" for page in ("abouts", "homes", "logouts", "settings", "saved_settings")
    }


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_newcomer_goes_to_the_reason_of_its_family(monkeypatch, family):
    newcomer = Feature("zither", family, "events", None, False, (), "", "Planted.", None)
    monkeypatch.setattr(_grouping, "feature_dictionary", lambda: [newcomer])
    owners = [name for name in REASONS if family in getattr(CATALOGUE.get(name), "FAMILIES", ())]

    # A family that nobody claims is as new as its columns.
    assert column_to_reason(["zither"]) == {"zither": (owners or [CATCH_ALL])[0]}
    assert len(owners) <= 1


def test_a_column_of_nobody_knows_what_is_another_habit():
    assert column_to_reason(["country=SE"]) == {"country=SE": CATCH_ALL}


def test_two_reasons_that_claim_one_column_are_named(monkeypatch):
    greedy = CATALOGUE.get("skipping").TOPICS
    monkeypatch.setattr(CATALOGUE.get("device"), "TOPICS", greedy)

    with pytest.raises(ContractError, match="claimed by the reasons device and skipping"):
        grouped(["n_skips_7d"])


def plausible(item, rng, n):
    """Values that a feature may have: whole counts, shares, ratios, and NULL where it may be."""
    known = {
        "share": rng.choice([0.0, 0.01, 0.35, 1.0], size=n),
        "yes/no": rng.integers(0, 2, size=n).astype(float),
        "ratio": rng.choice([0.0, 0.2, 1.0, 3.7, 900.0], size=n),
        "days": rng.choice([1.0, 2.5, 9.0, 30.0], size=n),
        "seconds": rng.choice([0.0, 1.0, 100.0, 90_000.0], size=n),
        "standard deviations": rng.normal(size=n),
    }
    values = known.get(item.unit, rng.choice([0.0, 1.0, 2.0, 40.0, 1500.0], size=n))
    return np.where(rng.random(n) < 0.2, np.nan, values) if item.is_nullable else values


@functools.cache
def crowd(seed, n=60):
    """Listeners whose columns know little of each other: odder than any real ones."""
    rng = np.random.default_rng(seed)
    columns = {name: plausible(item, rng, n) for name, item in FEATURES.items()}
    for name, item in FEATURES.items():
        # But for this: a week holds no more than the fortnight around it.
        shorter = name.removesuffix("_14d") + "_7d"
        if name.endswith("_14d") and shorter in columns and not item.is_nullable:
            columns[name] = columns[name] + columns[shorter]
    features = pd.DataFrame({"user_id": np.arange(n), **columns})
    return Crowd(features, rng.random(n) < 0.7, np.arange(n))


def assert_readable(words):
    assert not re.search(r"nan|none[^ ;,)]|None|\binf\b|  |-\d|\{|\}", words), words
    assert not re.search(r"\b1 (plays|days|songs|events|sessions|adverts|errors)\b", words), words
    assert not re.search(r"(?<![\d.,])0 (plays|days|songs|events|sessions|%? thumbs)", words), words
    assert words[0].islower() or words[0].isdigit(), words


@each_reason
@pytest.mark.parametrize("seed", range(3))
def test_facts_are_readable_whatever_the_numbers(name, seed):
    people = crowd(seed)
    for topic in CATALOGUE.get(name).TOPICS:
        for row in range(len(people)):
            for fact in topic.facts(people.listener(row)):
                assert_readable(fact.words)
                assert fact.leans in (TO_LEAVING, TO_STAYING, EVEN, PLAIN)


@each_reason
def test_of_a_listener_of_whom_nothing_is_known_there_is_nothing_to_tell(name):
    nobody = Crowd(pd.DataFrame({"user_id": [1]}), np.array([True]), np.array([0])).listener(0)

    for topic in CATALOGUE.get(name).TOPICS:
        assert list(topic.facts(nobody)) == []


@each_reason
def test_there_is_always_a_sentence_for_and_against(name):
    people, rng = crowd(1), np.random.default_rng(0)
    reason = next(reason for reason in grouped(FEATURES) if reason.name == name)
    shape = (len(people), len(reason.columns))
    by_column = pd.DataFrame(rng.normal(size=shape), columns=reason.columns)
    matters = (by_column.sum(axis="columns").abs() >= LEAST).tolist()

    for outlook in (Outlook.of("cancel"), Outlook.of("upgrade")):
        said = sentences(reason, people, by_column, outlook)
        opposite = sentences(reason, people, -by_column, outlook)
        assert [one != other for one, other in zip(said, opposite, strict=True)] == matters
        for words in said:
            assert_readable(words)


def test_any_column_can_be_told_by_its_description():
    listener = crowd(2).listener(0)

    for column in FEATURES:
        words = named(listener, column, FEATURES[column]).words
        assert ": " in words
        assert "nan" not in words
