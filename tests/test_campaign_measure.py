"""What contacting did: effect, interval, words, and what is said where nothing can be."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import saved_results
from service import CUTOFF, day_before, played, timeline_of
from tenuto.cli._program import build_program
from tenuto.errors import ContractError, CutoffError, NotEnoughData, SourceError, WorkspaceError
from tenuto.reports import campaigns
from tenuto.reports._parts import Row, Table
from tenuto.reports._results import Results
from tenuto.retention._measure import measure
from tenuto.retention._measure_balance import balance
from tenuto.retention._measure_campaign import measure_from_table
from tenuto.retention._measure_effect import measure_effect
from tenuto.retention._measure_parts import differs_by_chance, effect_by
from tenuto.retention._measure_results import About, write_measured
from tenuto.retention._measure_table import CampaignTable, read_campaign
from tenuto.retention._measure_words import sentences, verdict
from tenuto.retention._measure_workspace import follow
from tenuto.simulation._campaign_table import FEATURES, campaign_table
from tenuto.workspace import Workspace

TRUTH = ["kind", "y0", "y1"]


def groups(treat: tuple[int, int], holdout: tuple[int, int], **columns) -> pd.DataFrame:
    """(left, in all) of either group."""
    n = treat[1] + holdout[1]
    y = [place < treat[0] for place in range(treat[1])]
    y += [place < holdout[0] for place in range(holdout[1])]
    names = ["treat"] * treat[1] + ["holdout"] * holdout[1]
    table = {"user_id": range(n), "group": names, "y": np.array(y, dtype=int)}
    return pd.DataFrame(table).assign(**columns)


def test_the_effect_is_how_many_fewer_leave():
    found = measure_effect(groups(treat=(30, 100), holdout=(45, 100)))

    assert found.effect == pytest.approx(0.15)
    assert found.low < 0.15 < found.high
    assert found.relative == pytest.approx(1 / 3)
    assert found.contacts_per_kept[0] == pytest.approx(1 / 0.15)
    assert found.is_seen


def test_without_an_effect_beyond_chance_it_says_which_one_would_have_been_seen():
    found = measure_effect(groups(treat=(40, 100), holdout=(44, 100)))

    assert verdict(found).startswith("No effect beyond chance was seen; an effect of ")
    assert found.contacts_per_kept is None
    assert found.detectable > found.high - found.effect


def test_contact_that_drives_listeners_away_is_said_so():
    found = measure_effect(groups(treat=(60, 100), holdout=(30, 100)))

    assert "drove listeners away" in verdict(found)
    assert found.relative < 0
    assert found.contacts_per_kept is None


def test_each_stratum_is_compared_with_itself():
    # More of the risky are contacted: all in one, contact would seem to drive listeners away.
    risky = groups(treat=(160, 200), holdout=(45, 50), stratum=1)
    safe = groups(treat=(0, 50), holdout=(20, 200), stratum=0)
    both = pd.concat([risky, safe], ignore_index=True)

    assert measure_effect(both).effect == pytest.approx(0.1)
    assert measure_effect(both.drop(columns="stratum")).effect < -0.3


def test_thin_strata_are_joined_to_their_neighbours():
    thick = groups(treat=(30, 100), holdout=(45, 100), stratum=1)
    thin = groups(treat=(0, 1), holdout=(1, 1), stratum=2)

    found = measure_effect(pd.concat([thick, thin], ignore_index=True))

    assert found.n_treat == 101
    assert np.isfinite([found.effect, found.low, found.high]).all()


def test_a_score_from_before_narrows_the_interval():
    table = campaign_table(4_000, seed=1)

    plain = measure_effect(table[["group", "y"]])
    adjusted = measure_effect(table[["group", "y", "probability", "stratum"]])

    assert adjusted.high - adjusted.low < 0.92 * (plain.high - plain.low)


def test_the_order_of_rows_changes_nothing():
    table = campaign_table(2_000, seed=1)
    shuffled = measure_effect(table.sample(frac=1, random_state=0)).to_dict()

    assert shuffled == pytest.approx(measure_effect(table).to_dict())


def test_the_interval_holds_the_true_effect_in_18_of_20_campaigns():
    held = 0
    for seed in range(20):
        table = campaign_table(4_000, seed)
        found = measure_effect(table)
        held += found.low <= (table["y0"] - table["y1"]).mean() <= found.high

    assert held >= 18


def test_where_no_effect_was_planted_none_is_reported_in_18_of_20_campaigns():
    tables = (campaign_table(4_000, seed, effect=0.0) for seed in range(20))

    assert sum(not measure_effect(table).is_seen for table in tables) >= 18


def test_a_small_hold_out_has_an_interval_of_the_promised_level():
    # 57 of 60 are expected; fewer than 53 come twice in a hundred times.
    rng, held = np.random.default_rng(0), 0
    for _ in range(60):
        left = rng.binomial(300, 0.1), rng.binomial(60, 0.2)
        found = measure_effect(groups(treat=(left[0], 300), holdout=(left[1], 60)))
        held += found.low <= 0.1 <= found.high

    assert held >= 53


def test_that_nobody_left_does_not_prove_that_nobody_could():
    found = measure_effect(groups(treat=(0, 900), holdout=(0, 100)))

    assert found.effect == 0
    assert found.low < -0.003
    assert found.high > 0.03
    assert found.detectable > 0.01


def test_leavers_that_are_few_keep_the_promised_level():
    # 97 of 100 are expected at such counts; a normal interval of 0 leavers is 0 wide.
    rng, held = np.random.default_rng(1), 0
    for _ in range(60):
        left = rng.binomial(300, 0.01), rng.binomial(40, 0.02)
        found = measure_effect(groups(treat=(left[0], 300), holdout=(left[1], 40)))
        held += found.low <= 0.01 <= found.high

    assert held >= 53


@pytest.mark.parametrize("few", ["treat", "holdout"])
def test_a_group_of_a_few_is_refused(few):
    sizes = {"treat": (10, 100), "holdout": (10, 100)} | {few: (10, 29)}
    with pytest.raises(NotEnoughData, match="a group has 29 listeners"):
        measure_effect(groups(**sizes))


def test_another_group_is_refused():
    with pytest.raises(ContractError, match="'spare'"):
        measure_effect(groups((10, 50), (10, 50)).replace({"group": {"treat": "spare"}}))


def test_parts_are_measured_by_themselves_the_riskiest_first():
    high = groups((30, 100), (60, 100), band="high", probability=0.8)
    low = groups((5, 100), (5, 100), band="low", probability=0.1)
    table = pd.concat([low, high], ignore_index=True)

    table["action"] = table["band"].map({"low": "alone", "high": "mail"})
    parts = effect_by(table)

    assert parts["part"].tolist() == ["high", "low", "mail", "alone"]
    parts = parts[parts["by"] == "band"]
    assert parts["effect"].tolist() == pytest.approx([0.3, 0.0])
    assert differs_by_chance(parts, "band") < 0.01


def test_of_a_part_with_too_few_only_the_counts_are_shown():
    table = pd.concat([groups((30, 100), (60, 100), band="a"), groups((1, 5), (1, 5), band="b")])

    parts = effect_by(table).set_index("part")

    assert parts.loc["b", "n_treat"] == 5
    assert np.isnan(parts.loc["b", "effect"])
    assert np.isnan(differs_by_chance(effect_by(table), "band"))


def test_groups_that_differ_from_the_start_are_no_experiment():
    table = campaign_table(3_000, seed=1)
    chosen = np.where(table["is_paid"] == 1, "treat", table["group"])

    found = measure(table.drop(columns=TRUTH).assign(group=chosen), table[list(FEATURES)])

    assert found.balance["column"].iloc[0] == "is_paid"
    assert any("do not look random" in sentence for sentence in sentences(found))


def test_a_table_whose_riskiest_were_contacted_is_no_experiment(tmp_path):
    table = campaign_table(2_000, seed=1)
    risky = table["probability"] + np.random.default_rng(0).normal(0, 0.3, 2_000) > 0.3
    file = tmp_path / "spring.csv"
    chosen = table.drop(columns=[*TRUTH, "stratum"]).assign(group=risky.astype(int))
    chosen.to_csv(file, index=False)

    found = measure_from_table(file, CampaignTable("group", "y", "probability"))

    assert not found.looks_random
    assert any("'probability'" in sentence for sentence in found.sentences)


def test_random_groups_are_not_suspected():
    odd = 0
    for seed in range(20):
        table = campaign_table(1_000, seed)
        is_treated = table["group"] == "treat"
        odd += balance(table[list(FEATURES)], is_treated, table["stratum"])["is_odd"].any()

    assert odd <= 1


def test_profit_is_the_value_of_the_kept_less_contacts_and_offers_taken():
    costs = {"value": 10.0, "contact_cost": 0.5, "offer_cost": 1.0}
    found = measure(groups(treat=(30, 100), holdout=(45, 100), **costs))

    # 15 of the contacted were kept; 100 contacts, and 70 stayed to take the offer.
    assert found.money["kept"] == pytest.approx(15)
    assert found.money["spent"] == pytest.approx(50 + 70)
    assert found.money["profit"] == pytest.approx(150 - 120)


def test_where_contact_costs_more_than_it_saves_no_list_is_recommended():
    costs = {"value": 1.0, "contact_cost": 5.0}
    table = campaign_table(3_500, seed=1, effect=0.0).assign(**costs)

    found = measure(table.drop(columns=TRUTH), table[list(FEATURES)])

    profits = found.targeting.profits.set_index("ranking")["profit"]
    assert profits["everybody"] < -10_000
    assert profits.drop("everybody").min() > -1_000
    assert any("contacting nobody" in sentence for sentence in sentences(found))


def test_few_are_measured_but_nobody_learns_from_them():
    table = campaign_table(1_000, seed=1)

    found = measure(table.drop(columns=TRUTH), table[list(FEATURES)])

    assert found.targeting is None
    assert "fewer than 1,000" in found.refusal
    assert any("was not learned" in sentence for sentence in sentences(found))


def test_who_was_not_reached_makes_the_effect_on_those_reached_larger():
    is_reached = [place % 2 == 0 for place in range(200)]
    found = measure(groups(treat=(30, 100), holdout=(45, 100), contacted=is_reached))

    assert found.contacted_share == 0.5
    assert any("30.0 points" in sentence for sentence in sentences(found))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 5, 9])
def test_targeting_by_uplift_beats_targeting_by_risk_and_it_says_so(seed):
    table = campaign_table(40_000, seed).assign(value=10.0, contact_cost=0.3, offer_cost=0.5)

    found = measure(table.drop(columns=TRUTH), table[list(FEATURES)])

    assert any("choose by uplift next time" in sentence for sentence in sentences(found))


# Tables from elsewhere.


def test_a_table_is_read_by_its_columns(tmp_path):
    file = tmp_path / "spring.csv"
    file.write_text(
        "user_id,arm,left,risk,plan\n7,Control,1,0.4,free\n5,treatment,0,0.2,paid\n6,1,,0.9,free\n"
    )

    table, features = read_campaign(file, CampaignTable("arm", "left", "risk"))

    assert table["user_id"].tolist() == [5, 7]
    assert table["group"].tolist() == ["treat", "holdout"]
    assert table["y"].tolist() == [0, 1]
    assert features["plan=paid"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("line", "message"),
    [("5,spare,0,0.2", "line 2, column 'arm': 'spare' is no group"), ("5,1,0,7", "column 'risk'")],
)
def test_a_cell_that_cannot_be_read_is_named(tmp_path, line, message):
    file = tmp_path / "spring.csv"
    file.write_text(f"user_id,arm,left,risk\n{line}\n")

    with pytest.raises(SourceError, match=message):
        read_campaign(file, CampaignTable("arm", "left", "risk"))


def test_the_command_measures_a_table(tmp_path):
    file = tmp_path / "spring.csv"
    campaign_table(2_000, seed=1).drop(columns=[*TRUTH, "stratum"]).to_csv(file, index=False)
    columns = ["--group", "group", "--outcome", "y", "--score", "probability"]
    words = ["campaign", "measure", "--json", "--table", str(file), *columns]

    shown = CliRunner().invoke(build_program(), words)

    assert shown.exit_code == 0, shown.stderr
    found = json.loads(shown.stdout)
    assert found["campaign"] == "spring"
    assert found["effect"]["low"] > 0
    assert found["looks_random"]


@pytest.mark.parametrize("words", [[], ["W", "--table", "t.csv"], ["--table", "t.csv"]])
def test_the_command_says_what_it_needs(words):
    shown = CliRunner().invoke(build_program(), ["campaign", "measure", *words])

    assert shown.exit_code == 2


# Campaigns of a workspace.


@pytest.fixture
def service(tmp_path, duckdb_engine):
    """Listeners 1 to 80: the first half of the contacted, a quarter of the others come back."""
    everybody = range(1, 81)
    back = [*range(1, 21), *range(41, 51)]
    events = [played(user, 2) for user in everybody] + [played(user, -3) for user in back]
    days = [CUTOFF + timedelta(days=day) for day in range(14)]
    timeline = timeline_of(duckdb_engine, tmp_path / "rollups", events, *days)
    workspace = Workspace.create(tmp_path / "w", source="musicbox", logs=tmp_path / "logs")
    return workspace, duckdb_engine, timeline


def drawn(workspace, **columns):
    """Groups as a run keeps them: 1 to 40 are contacted, 41 to 80 held out."""
    user_id = np.arange(1, 81)
    group = np.where(user_id <= 40, "treat", "holdout")
    table = pd.DataFrame({"user_id": user_id, "group": group, "cutoff": str(CUTOFF)})
    table = table.assign(stratum="active 01", probability=0.5, band="high", is_planned=True)
    file = workspace.root / "campaigns" / "spring" / "groups.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    table.assign(**columns).to_parquet(file, index=False)


def test_outcomes_are_those_of_the_horizon_after_the_cutoff(service):
    drawn(service[0])

    followed = follow(*service, "spring")

    assert measure(followed.table).effect.effect == pytest.approx(0.75 - 0.5)
    assert followed.label == "inactivity"
    assert followed.closed_on == CUTOFF + timedelta(days=14)


def test_only_those_for_whom_contact_was_planned_count(service):
    drawn(service[0], is_planned=[user % 2 == 0 for user in range(80)])

    assert len(follow(*service, "spring").table) == 40


def test_before_the_horizon_has_closed_the_day_is_named(service):
    drawn(service[0])

    with pytest.raises(CutoffError, match="they close on 2017-05-13"):
        follow(*service, "spring", as_of=CUTOFF + timedelta(days=13))


def test_later_rounds_wait_and_are_counted(service):
    cutoffs = [str(CUTOFF) if user % 2 else str(day_before(-5)) for user in range(80)]
    drawn(service[0], cutoff=cutoffs)

    followed = follow(*service, "spring")

    assert len(followed.table) == 40
    assert followed.n_open == 40


def test_a_campaign_that_there_is_not_is_refused_with_those_there_are(service):
    drawn(service[0])

    with pytest.raises(WorkspaceError, match=r"no campaign 'autumn'.*There are: spring"):
        follow(*service, "autumn")


# The report.


def kept(workspace, closed_on: str, **columns):
    """A measured campaign beside the runs of ``workspace``."""
    table = campaign_table(3_500, seed=1).assign(band="high", action="discount", **columns)
    found = measure(table.drop(columns=TRUTH), table[list(FEATURES)])
    about = About("spring", "within 14 days", "inactivity", closed_on)
    write_measured(found, about, workspace.campaigns / "spring" / "measured")


def test_the_report_shows_a_campaign_once_its_days_are_over(tmp_path):
    workspace = saved_results.saved_workspace(tmp_path / "w")
    results = Results(workspace, saved_results.CUTOFF)
    assert campaigns.section(results) == []

    kept(workspace, closed_on=str(saved_results.CUTOFF + timedelta(days=1)))
    assert campaigns.section(results) == []

    kept(workspace, str(saved_results.CUTOFF), value=10.0, contact_cost=0.3)
    parts = campaigns.section(results)
    assert parts[0].text == "Campaign spring: Contact kept listeners, beyond chance."
    captions = [part.caption for part in parts if isinstance(part, Table)]
    assert captions == ["Campaign spring in parts", "Whom contact helped in campaign spring"]
    shown = [row[0] for row in parts[-2].rows]
    assert shown == ["everybody", "band: high", "action: discount"]


def test_without_values_the_report_shows_no_profit(tmp_path):
    workspace = saved_results.saved_workspace(tmp_path / "w")
    kept(workspace, str(saved_results.CUTOFF))

    parts = campaigns.section(Results(workspace, saved_results.CUTOFF))

    [row] = [part for part in parts if isinstance(part, Row)]
    assert [figure.title for figure in row.figures] == ["Kept by how many are contacted"]
