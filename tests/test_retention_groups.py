"""Treat and hold-out: by chance, in every stratum, for good; and whom a capacity reaches."""

import numpy as np
import pandas as pd
import pytest

from saved_retention import campaigns, planned, saved_run
from tenuto.retention._groups import (
    HOLDOUT,
    TREAT,
    assign_groups,
    remembered,
    shares_by_hash,
)
from tenuto.retention._value import in_order, is_planned
from tenuto.settings import RetentionSettings

SETTINGS = RetentionSettings(holdout_share=0.2)
NOBODY = pd.DataFrame({"user_id": [], "group": []})


def listeners(ids, stratum="active 01"):
    return pd.DataFrame({"user_id": list(ids), "stratum": stratum})


def groups(people, memory=NOBODY, settings=SETTINGS, cutoff="2017-04-29"):
    found = assign_groups(people, memory, settings, cutoff)
    return pd.Series(found.to_numpy(), index=people["user_id"])


def test_in_every_stratum_the_share_asked_for_is_held_out():
    people = pd.concat([listeners(range(500), "a"), listeners(range(500, 600), "b")])
    held_out = groups(people.reset_index(drop=True)).eq(HOLDOUT)
    assert held_out[:500].sum() == 100
    assert held_out[500:].sum() == 20


def test_of_a_single_new_listener_a_day_chance_decides_and_is_right_on_average():
    drawn = [groups(listeners([day]), cutoff=f"day {day}").item() for day in range(300)]
    assert 36 <= drawn.count(HOLDOUT) <= 84  # 60 expected; 3.5 standard deviations


def test_the_group_of_a_listener_does_not_depend_on_the_order_of_rows():
    people = listeners(range(100))
    mixed = people.sample(frac=1, random_state=0, ignore_index=True)
    assert groups(people).equals(groups(mixed).sort_index())


def test_a_group_once_drawn_is_kept_whatever_the_stratum_becomes():
    first = groups(listeners(range(100)))
    memory = pd.DataFrame({"user_id": first.index, "group": first.to_numpy()})
    later = groups(listeners(range(150), "active 07"), memory, cutoff="2017-05-01")
    assert later[:100].equals(first)
    assert later[100:].eq(HOLDOUT).sum() == 10


def test_another_campaign_or_key_draws_other_groups(monkeypatch):
    people = listeners(range(200))
    first = groups(people)
    other = groups(people, settings=RetentionSettings(holdout_share=0.2, campaign="spring"))
    keyed = groups(people, settings=RetentionSettings(holdout_share=0.2, holdout_key="secret"))
    monkeypatch.setenv("TENUTO_HOLDOUT_KEY", "secret")
    from_environment = groups(people)
    assert not first.equals(other)
    assert not first.equals(keyed)
    assert from_environment.equals(keyed)


def test_the_key_is_not_written_down_with_the_settings():
    assert "holdout_key" not in RetentionSettings(holdout_key="secret").model_dump()


def test_numbers_from_hashes_are_spread_evenly():
    numbers = shares_by_hash(b"key", "campaign", range(20_000))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert np.histogram(numbers, 10, (0, 1))[0].min() > 1_850
    assert len(shares_by_hash(b"key", "campaign", [])) == 0


def test_nobody_is_held_out_where_the_share_is_nothing():
    assert groups(listeners(range(50)), settings=RetentionSettings(holdout_share=0)).eq(TREAT).all()


# What a campaign remembers.


def test_a_campaign_remembers_each_listener_at_the_first_plan_of_contact(tmp_path):
    planned(saved_run(tmp_path, 60))
    first = remembered(tmp_path / "campaigns", "retention").set_index("user_id")
    planned(saved_run(tmp_path, 80, cutoff="2017-05-06"))
    then = remembered(tmp_path / "campaigns", "retention").set_index("user_id")
    assert len(then) == 80
    old = first.index[first["is_planned"]]
    pd.testing.assert_frame_equal(then.loc[old], first.loc[old])
    assert set(then.drop(old)["cutoff"]) == {"2017-05-06"}
    assert then.loc[first.index, "group"].equals(first["group"])


def test_a_day_that_is_planned_again_rewrites_its_own_rows_alone(tmp_path):
    run = saved_run(tmp_path, 60)
    planned(run)
    planned(run, leave_alone_below=1.0)
    memory = remembered(campaigns(run), "retention")
    assert not memory["is_planned"].any()
    assert set(memory["action"]) == {"leave_alone"}


def test_an_earlier_day_that_is_filled_in_later_changes_no_row(tmp_path):
    planned(saved_run(tmp_path, 60, cutoff="2017-05-06"))
    before = remembered(tmp_path / "campaigns", "retention")
    planned(saved_run(tmp_path, 50))
    pd.testing.assert_frame_equal(remembered(tmp_path / "campaigns", "retention"), before)


def test_only_the_planned_of_the_treat_group_are_contacted(tmp_path):
    listed = planned(saved_run(tmp_path, 60), holdout_share=0.3)
    assert listed["contacted"].equals(listed["is_planned"] & (listed["group"] == TREAT))
    assert listed["is_planned"].equals(listed["action"] != "leave_alone")
    assert (listed["is_planned"] & (listed["group"] == HOLDOUT)).any()


# A capacity.


def ordered(n=100):
    people = pd.DataFrame(
        {
            "user_id": range(n),
            "probability": np.linspace(0.9, 0.1, n),
            "is_active_14d": True,
            "action": ["songs_by_mail"] * (n - 10) + ["leave_alone"] * 10,
            "expected_value": np.linspace(5, 0, n),
            "group": [HOLDOUT if place % 5 == 0 else TREAT for place in range(n)],
        }
    )
    return in_order(people)


@pytest.mark.parametrize("explore_share", [0.0, 0.25, 1.0])
def test_as_many_are_contacted_as_there_is_capacity_for(explore_share):
    settings = RetentionSettings(capacity=20, explore_share=explore_share)
    listed = ordered()
    reached = is_planned(listed, settings)
    assert (reached & (listed["group"] == TREAT)).sum() == 20
    assert not (reached & (listed["action"] == "leave_alone")).any()


def test_without_exploring_the_capacity_goes_to_the_top_of_the_list():
    reached = is_planned(ordered(), RetentionSettings(capacity=20, explore_share=0))
    # 25 places hold 20 to contact, and 5 who are held out.
    assert reached[:25].all()
    assert not reached[25:].any()


def test_a_part_of_the_capacity_reaches_further_down_by_chance():
    reached = is_planned(ordered(), RetentionSettings(capacity=20, explore_share=0.5))
    assert reached[:12].all()
    assert reached[50:].any()


def test_a_capacity_above_the_list_reaches_everybody_worth_it():
    reached = is_planned(ordered(), RetentionSettings(capacity=10_000))
    assert reached.sum() == 90
