"""What every action promises, and which one is chosen for whom."""

import numpy as np
import pandas as pd
import pytest

from tenuto.actions import CATALOGUE
from tenuto.actions._choice import LEAVE_ALONE, choose, prices
from tenuto.actions._people import people_of
from tenuto.actions._rules import rules_of
from tenuto.errors import ContractError, SettingsError, UnknownName
from tenuto.settings import OfferSettings, RetentionSettings, RuleSettings

every_action = pytest.mark.parametrize("name", CATALOGUE.names())


def people(settings=None, n_songs=5, **columns):
    """Listeners by column; active and paying unless said otherwise."""
    table = pd.DataFrame(columns)
    table.insert(0, "user_id", range(1, len(table) + 1))
    defaults = {"is_active_14d": True, "is_paid": 1}
    table = table.assign(**{name: to for name, to in defaults.items() if name not in table})
    return people_of(table, settings or RetentionSettings(), n_songs)


def actions(settings=None, rules=(), **columns):
    settings = settings or RetentionSettings()
    return choose(people(settings, **columns), settings, rules_of(rules))["action"].tolist()


@every_action
def test_an_action_says_for_each_listener_whether_it_suits(name):
    some = people(probability=[0.1, 0.9], is_active_14d=[True, False], is_paid=[0, 1])
    suits = CATALOGUE.get(name).suits(some)
    assert suits.dtype == bool
    assert suits.index.equals(some.index)


@every_action
def test_whom_an_action_suits_does_not_depend_on_other_listeners(name):
    some = people(probability=[0.1, 0.9, 0.5], is_active_14d=[True, False, True], is_paid=[0, 1, 1])
    suits = CATALOGUE.get(name).suits
    alone = [suits(some.iloc[[row]]).item() for row in range(3)]
    assert suits(some).tolist() == alone


@every_action
def test_an_action_has_a_price_and_a_chance_to_keep(name):
    member = CATALOGUE.get(name)
    assert member.COST >= 0
    assert 0 <= member.SAVES <= 1
    assert member.LABEL == member.LABEL.strip() != ""


@every_action
def test_an_action_can_be_the_only_one(name):
    settings = RetentionSettings(actions=[name])
    assert set(actions(settings, probability=[0.01, 0.5, 1.0])) <= {name, LEAVE_ALONE}


# Which action for whom.


def test_of_the_actions_that_suit_the_one_with_the_highest_expected_value_is_taken():
    # 1.0: discount 40 - 0.05 - 0.4 * 20, free month 30 - 0.05 - 0.3 * 8, mail 5 - 0.05.
    found = choose(people(probability=[1.0]), RetentionSettings())
    assert found["action"].item() == "discount"
    assert found["expected_value"].item() == pytest.approx(31.95)


def test_dearer_offers_are_for_those_more_likely_to_leave():
    found = actions(probability=[0.01, 0.2, 0.6, 0.95])
    assert found == ["leave_alone", "songs_by_mail", "free_month", "discount"]


def test_nobody_is_offered_what_is_not_worth_it():
    some = people(probability=np.linspace(0, 1, 101), is_paid=0)
    found = choose(some, RetentionSettings())
    assert (found["expected_value"] >= 0).all()
    assert found["expected_value"].eq(0).equals(found["action"].eq(LEAVE_ALONE))


def test_who_is_silent_already_gets_a_win_back_and_no_offer():
    assert actions(probability=[0.9], is_active_14d=[False]) == ["win_back"]


def test_who_hardly_leaves_is_not_woken():
    mails = {"offers": {"songs_by_mail": OfferSettings(saves=1.0)}}
    settings = RetentionSettings(leave_alone_below=0.1, **mails)
    assert actions(settings, probability=[0.09, 0.1]) == ["leave_alone", "songs_by_mail"]


def test_nobody_is_mailed_songs_that_are_not_there():
    assert actions(n_songs=0, probability=[0.2]) == ["leave_alone"]


def test_costs_and_chances_of_the_settings_are_used():
    settings = RetentionSettings(offers={"free-month": OfferSettings(cost=0, saves=0.5)})
    (price,) = [price for price in prices(settings) if price.name == "free_month"]
    assert (price.cost, price.saves) == (0, 0.5)


def test_a_plan_that_is_not_known_is_paying_only_where_everybody_pays():
    unknown = {"probability": [0.9], "is_paid": [None]}
    for model, pays in (("freemium", False), ("paid", True), ("advertising", False)):
        settings = RetentionSettings(business_model=model)
        assert people(settings, **unknown)["is_paid"].item() is pays


def test_with_advertising_no_action_touches_a_price():
    settings = RetentionSettings(business_model="advertising")
    found = actions(settings, probability=[0.3, 0.9], is_paid=[0, 1])
    assert found == ["songs_by_mail", "songs_by_mail"]


def test_a_free_trial_is_for_listeners_of_a_free_plan_beside_a_paid_one():
    assert actions(probability=[0.9], is_paid=[0]) == ["free_trial"]
    paid = RetentionSettings(business_model="paid")
    assert actions(paid, probability=[0.9], is_paid=[0]) == ["songs_by_mail"]


def test_in_the_stage_of_stickiness_mails_reach_further_and_price_cuts_come_last():
    listeners = {"probability": [0.05, 0.4, 0.95], "is_paid": [0, 1, 1]}
    revenue = actions(RetentionSettings(stage="revenue"), **listeners)
    stickiness = actions(RetentionSettings(stage="stickiness"), **listeners)
    assert revenue == ["leave_alone", "free_month", "discount"]
    assert stickiness == ["songs_by_mail", "songs_by_mail", "free_month"]


def test_the_expected_value_is_money_in_both_stages():
    listeners = people(probability=[0.05], is_paid=0)
    found = choose(listeners, RetentionSettings(stage="stickiness"))
    assert found["expected_value"].item() == pytest.approx(0.05 * 0.05 * 10 - 0.05)


def test_whoever_must_be_contacted_gets_the_best_action_there_is():
    some = people(probability=[0.0], is_paid=0)
    assert choose(some, RetentionSettings(), must_contact=True)["action"].item() == "songs_by_mail"


# Rules of a service's own.


def rule(action, when):
    return RuleSettings(action=action, when=when)


def test_the_first_rule_that_holds_decides():
    rules = [rule("free-month", "is_paid and probability > 0.1"), rule("leave_alone", "is_paid")]
    found = actions(rules=rules, probability=[0.2, 0.05, 0.9], is_paid=[1, 1, 0])
    assert found == ["free_month", "leave_alone", "free_trial"]


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("probability >= 0.5", [False, True]),
        ("probability<.5", [True, False]),
        ("probability != 5e-1", [True, False]),
        ("not is_paid", [False, True]),
        ("reason_1 = 'silence'", [True, False]),
        ("reason_1 != 'this and that'", [True, True]),
        ('reason_1 == "silence" and is_paid', [True, False]),
        ("n_errors_14d > 0", [False, False]),
        ("n_errors_14d <= 0", [True, False]),
    ],
)
def test_a_condition_compares_a_column_and_the_unknown_never_holds(when, holds):
    some = people(
        probability=[0.2, 0.5],
        is_paid=[1, 0],
        reason_1=["silence", "plays"],
        n_errors_14d=[0, None],
    )
    (found,) = rules_of([rule("discount", when)])
    assert found.holds(some).tolist() == holds


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("", "has no condition"),
        ("is_paid or probability > 1", "cannot read 'is_paid or probability > 1'"),
        ("__import__('os').system('true')", "cannot read"),
        ("probability >", "cannot read 'probability >'"),
        ("and", "cannot read 'and'"),
        ("is_payed", "no column 'is_payed'"),
        ("probability = 'high'", "'probability' is a number"),
        ("reason_1 > 3", "'reason_1' is text"),
        ("reason_1", "'reason_1' is text"),
    ],
)
def test_a_rule_that_cannot_be_used_is_named_with_its_words(when, told):
    some = people(probability=[0.2], reason_1=["silence"])
    with pytest.raises(SettingsError, match=r"retention\.rules, rule 1") as error:
        rules_of([rule("discount", when)])[0].holds(some)
    assert told in str(error.value)
    assert error.value.mend


def test_a_rule_for_an_action_that_there_is_not_names_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'discount'"):
        rules_of([rule("discounts", "is_paid")])


def test_an_action_that_is_ruled_or_priced_but_not_allowed_is_refused():
    settings = RetentionSettings(actions=["songs_by_mail"])
    with pytest.raises(SettingsError, match="'discount' is not among"):
        actions(settings, rules=[rule("discount", "is_paid")], probability=[0.5])
    with pytest.raises(SettingsError, match=r"retention\.offers\.discount"):
        prices(RetentionSettings(actions=["win_back"], offers={"discount": OfferSettings(cost=1)}))


def test_scores_without_a_probability_are_refused():
    with pytest.raises(ContractError, match="lack a probability"):
        people(probability=[0.5, None])
