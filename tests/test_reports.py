"""The report: one page, drawn from saved results alone, that opens without a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

import saved_results
from saved_results import CUTOFF, HOSTILE
from tenuto.errors import WorkspaceError
from tenuto.reports import CATALOGUE, write_report
from tenuto.reports._charts import drawn
from tenuto.reports._palette import COLOURS
from tenuto.reports._results import Results
from tenuto.reports._windows import faults, windows_of
from tenuto.reports._words import count, figure, percent, signed, without_references
from tenuto.reports.activity import is_ageing

THREE_MEGABYTES = 3_000_000


@pytest.fixture
def workspace(tmp_path):
    return saved_results.saved_workspace(tmp_path / "w")


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    """The page of a full run; drawn once, for those who only read it."""
    workspace = saved_results.saved_workspace(tmp_path_factory.mktemp("service") / "w")
    return write_report(workspace, CUTOFF).read_text("utf-8")


def churn_folder(workspace):
    return workspace.run_folder(CUTOFF) / "churn"


def test_the_report_lies_beside_the_results_it_shows(workspace):
    path = write_report(workspace, CUTOFF)

    assert path == workspace.run_folder(CUTOFF) / "report.html"
    assert path.stat().st_size < THREE_MEGABYTES
    assert not list(path.parent.glob("*.aside"))


def test_the_same_results_give_the_same_bytes(workspace):
    first = write_report(workspace, CUTOFF).read_bytes()

    assert write_report(workspace, str(CUTOFF)).read_bytes() == first


def test_the_page_needs_nothing_from_outside_itself(page):
    links = [value for tag in _tags(page) for name, value in tag.items() if name in _LOADS]

    assert links
    assert not [link for link in links if re.match(r"[a-z]+:|//", link)]
    assert not re.search(r"https?://|url\((?!#)|@import|<script|<link", page)


def test_links_lead_to_places_on_the_page_or_to_files_beside_it(page):
    names = {tag["id"] for tag in _tags(page) if "id" in tag}
    for link in (tag["href"] for tag in _tags(page) if "href" in tag):
        beside = {"churn/churn_scores.csv", "recommend/recommendations.csv"}
        assert link.removeprefix("#") in names or link in beside | {"recommend/hot.csv", "run.json"}


def test_every_name_on_the_page_is_given_once(page):
    names = [tag["id"] for tag in _tags(page) if "id" in tag]

    assert len(names) == len(set(names))


def test_a_song_title_with_markup_in_it_is_shown_as_text(page):
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; Söhne" in page


def test_songs_called_null_and_artists_called_na_keep_their_names(page):
    assert ">null</td>" in page
    assert ">NA</td>" in page
    assert ">item 2</td>" in page


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]

    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_verdict_on_the_page_is_the_saved_one(page):
    assert saved_results.VERDICT in page


def test_the_figures_at_the_top_are_the_saved_ones(workspace):
    (facts,) = [
        part
        for part in CATALOGUE.get("in_short").section(Results(workspace, CUTOFF))
        if part.kind == "facts"
    ]

    assert [item[0] for item in facts.items] == ["1,437", "21.5%", "75.2%", "0.857"]


def test_lines_read_are_lines_kept_joined_and_set_aside(page):
    assert "4,840 lines read from 44 files = 4,400 kept + 132 part of another record" in page


def test_lines_that_do_not_add_up_are_said_so(workspace):
    entry = {"read": 9, "kept": 1, "absorbed": 0, "set_aside": 1, "rules": {}}
    saved_results.write(workspace.audit / "ledger" / "x.json", entry)

    assert "These do not add up" in write_report(workspace, CUTOFF).read_text("utf-8")


def test_the_call_list_shows_only_listeners_who_can_still_be_kept(workspace):
    (table,) = [
        part
        for part in CATALOGUE.get("call_list").section(Results(workspace, CUTOFF))
        if part.kind == "table"
    ]
    users = [row[1] for row in table.rows]

    assert len(users) == 20
    assert users[:2] == ["168000000", "168000002"]
    assert table.rows[0][4] == "–"


def test_without_a_model_the_page_says_why(workspace):
    saved_results.without_a_model(workspace)
    page = write_report(workspace, CUTOFF).read_text("utf-8")

    assert "There is no churn model in this run: 27 days of log are too few." in page
    assert "churn_scores.csv" not in page


def test_one_outcome_only_is_said_and_not_drawn(workspace):
    saved_results.with_one_outcome(workspace)
    page = write_report(workspace, CUTOFF).read_text("utf-8")

    assert "All listeners of the test have the same outcome" in page
    assert 'id="roc"' not in page


def test_a_better_model_than_that_of_the_call_list_is_named(workspace):
    file = churn_folder(workspace) / "metrics.csv"
    metrics = pd.read_csv(file)
    metrics.loc[metrics["model"] == "forest", "verdict"] = "better"
    metrics.to_csv(file, index=False)

    page = write_report(workspace, CUTOFF).read_text("utf-8")

    assert "Among the other models, forest does beat the rule" in page
    assert "The model behind the call list, boosting, does not." in page


def test_a_page_without_cancellations_has_no_section_of_them(page):
    assert 'id="cancellations"' not in page


def test_the_funnel_says_when_it_is_too_late_to_keep_anyone(workspace):
    saved_results.with_subscriptions(workspace)
    late = pd.DataFrame({"step": ["seen", "asked to cancel", "cancelled"], "n_users": [9, 4, 4]})

    before = _said(workspace, "cancellations")
    late.to_csv(workspace.run_folder(CUTOFF) / "data" / "cancel_funnel.csv", index=False)

    assert "40 of the 200 listeners seen have cancelled (20.0%)" in before
    assert "Of the 50 who asked to cancel, 20% did not go through with it" in before
    assert "100% went through with it: on that page it is too late" in _said(
        workspace, "cancellations"
    )


def test_the_flow_of_plans_ends_in_a_balance(workspace):
    saved_results.with_subscriptions(workspace)

    # 22 up, 8 down, 10 cancelled while they paid.
    assert "the paid plan gained 4 on balance" in _said(workspace, "cancellations")


def test_rates_differ_only_where_their_intervals_do_not_overlap(workspace):
    saved_results.with_subscriptions(workspace)
    apart = _said(workspace, "cancellations")
    file = workspace.run_folder(CUTOFF) / "data" / "cancellation_rates.csv"
    saved_results.edit(file, low=0.0)
    overlapping = _said(workspace, "cancellations")

    assert "Listeners on the free plan cancel faster" in apart
    assert "Most at 7 days and more (5.0 [3.6, 6.8]), least at 0 to 6 days" in apart
    assert "The intervals overlap: no difference is shown." in overlapping
    assert "All intervals overlap" in overlapping


def test_a_rate_by_day_is_told_as_the_share_that_is_gone_after_a_month(workspace):
    saved_results.with_subscriptions(workspace)

    # 4 per 1,000 days: 1 - exp(-0.12) = 11.3 %.
    assert "At that rate 11% of listeners have cancelled after 30 days" in _said(
        workspace, "cancellations"
    )


def test_what_comes_next_is_not_praised_where_the_interval_holds_a_guess(workspace):
    saved_results.with_subscriptions(workspace)
    said = _said(workspace, "cancellations")

    assert "Told apart better than by guessing: upgrades." in said
    assert "The interval of stays holds 0.5" in said
    assert "Fewer than 20 listeners in the test stand behind cancels" in said


def test_the_page_speaks_of_what_the_label_foretells(workspace):
    saved_results.with_subscriptions(workspace)
    page = write_report(workspace, CUTOFF).read_text("utf-8")

    assert "Who is about to cancel, and what to play next" in page
    assert "says who will cancel from then to 12 May 2017" in page
    assert "cancelled in the 14 days from 2017-04-29" in page


def test_a_label_on_own_clocks_says_so_and_a_detection_is_no_forecast(workspace):
    saved_results.foretelling(workspace, "churned_in_bin")
    outcome = [w for w in windows_of(Results(workspace, CUTOFF)) if w.side == "outcome"][-1]

    assert "on each user's own clock" in _said(workspace, "in_short")
    assert "reaches into the days that the features see" in _said(workspace, "windows")
    assert outcome.end == outcome.cutoff == CUTOFF


def test_too_few_leavers_are_said_so_and_nobody_is_ranked(workspace):
    metrics = churn_folder(workspace) / "metrics.csv"
    saved_results.edit(metrics, verdict="better")
    saved_results.in_summary(workspace, is_ranked=False, verdict="Not enough data. 0.6 to 0.9.")
    results = Results(workspace, CUTOFF)
    notice, table, *_ = CATALOGUE.get("models").section(results)

    assert (notice.kind, notice.tone) == ("notice", "warning")
    assert notice.text.startswith("Not enough data. 0.6 to 0.9.")
    assert [row[0] for row in table.rows] == sorted(row[0] for row in table.rows)
    assert results.better_models == []
    assert "of the first tenth did" not in _said(workspace, "call_list")
    assert 'id="gains"' not in write_report(workspace, CUTOFF).read_text("utf-8")


def test_what_the_lines_tell_of_can_be_held_against_a_count_of_the_raw_ones(workspace):
    (table,) = [
        part
        for part in CATALOGUE.get("data_audit").section(Results(workspace, CUTOFF))
        if part.kind == "table" and part.caption == "What the lines tell of"
    ]

    # 44 files, each with 90 + 5 plays and 0 + 2 logins.
    assert [row[:4] for row in table.rows] == [
        ["play", "4,180", "3,960", "220"],
        ["login", "88", "0", "88"],
    ]


def test_files_that_name_no_day_leave_only_empty_days_to_be_told(workspace):
    (workspace.audit / "completeness.csv").write_text("day,part,kind,state\n", "utf-8")
    whole = _said(workspace, "completeness")
    run = workspace.run_folder(CUTOFF) / "run.json"
    run.write_text(run.read_text("utf-8").replace('"2017-04-02": ', '"2017-04-01": '), "utf-8")

    assert "Every day from 2017-03-30 to 2017-05-12 has events." in whole
    assert "1 day from 2017-03-30 to 2017-05-12 has no event at all: 2017-04-02." in _said(
        workspace, "completeness"
    )


def test_without_a_judgement_the_lists_are_not_praised(workspace):
    (workspace.run_folder(CUTOFF) / "recommend" / "metrics.csv").write_text("\n")

    page = write_report(workspace, CUTOFF).read_text("utf-8")

    assert "How good the lists are cannot be said yet" in page


@pytest.mark.parametrize(
    "file", ["run.json", "churn/summary.json", "churn/metrics.csv", "data/activity.csv"]
)
def test_a_missing_result_is_named_with_the_command_that_makes_it(workspace, file):
    (workspace.run_folder(CUTOFF) / file).unlink()

    with pytest.raises(WorkspaceError, match=rf"{file}[\s\S]*To mend: tenuto run .*2017-04-29"):
        write_report(workspace, CUTOFF)


def test_a_failed_report_leaves_the_old_one_alone(workspace):
    path = write_report(workspace, CUTOFF)
    before = path.read_bytes()
    (workspace.run_folder(CUTOFF) / "churn" / "curves.csv").unlink()

    with pytest.raises(WorkspaceError):
        write_report(workspace, CUTOFF)
    assert path.read_bytes() == before


def test_a_fault_is_laid_at_the_windows_that_hold_its_day(workspace):
    found = faults(Results(workspace, CUTOFF)).set_index("state")["touches"]

    # 24 April: before the call list's wall, and within 14 days after those of 14 and 15 April.
    assert found["missing"] == "features of test and call list; outcome of training"
    assert set(found.index) == {"missing", "truncated", "oversized", "copied"}


def test_a_test_that_also_trains_the_call_list_is_named_once(workspace):
    file = churn_folder(workspace) / "summary.json"
    text = file.read_text("utf-8").replace(
        '"test_cutoff": "2017-04-29"', '"test_cutoff": "2017-04-15"'
    )
    file.write_text(text, "utf-8")

    found = faults(Results(workspace, CUTOFF)).set_index("state")["touches"]

    assert found["missing"] == "features of call list; outcome of training and test"


def test_no_fault_is_no_news(workspace):
    saved_results.edit(workspace.audit / "completeness.csv", state="ok")
    page = write_report(workspace, CUTOFF).read_text("utf-8")

    assert "No file is missing, cut short, unusually large or a copy of another day." in page
    assert "before trusting a change" not in page


def test_an_outcome_that_is_not_over_is_drawn_as_unknown(workspace):
    run = workspace.run_folder(CUTOFF) / "run.json"
    text = run.read_text("utf-8").replace("2017-05-12", "2017-05-11")
    run.write_text(text, "utf-8")

    last = windows_of(Results(workspace, CUTOFF))[-1]

    assert (last.side, last.is_known) == ("outcome", False)


def test_no_feature_window_reaches_past_its_wall(workspace):
    for window in windows_of(Results(workspace, CUTOFF)):
        assert window.end <= window.cutoff or window.side == "outcome"
        assert window.start >= window.cutoff or window.side == "features"


def test_falling_totals_without_newcomers_are_a_cohort_that_ages():
    days = pd.DataFrame({"n_new_users": [900] + [0] * 29, "n_events": range(3000, 0, -100)})

    assert is_ageing(days)
    assert not is_ageing(days.assign(n_new_users=30))
    assert not is_ageing(days.assign(n_events=100))


def test_the_horizon_is_held_against_the_return_curve(page):
    assert "After 3 idle days fewer than 10% come back." in page


def test_every_colour_of_a_chart_has_a_dark_twin(page):
    drawn_in = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', page.partition("<body>")[2]))

    assert drawn_in
    assert drawn_in <= {light for light, _ in COLOURS.values()}
    assert len({light for light, _ in COLOURS.values()}) == len(COLOURS)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "soft", "main", "rival", "third", "missing"])
def test_colours_that_carry_meaning_stand_out_from_the_paper(name, theme):
    # 4.5 to 1 is what WCAG 2.2 AA asks of text.
    assert _contrast(COLOURS[name][theme], COLOURS["paper"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("state", ["missing", "truncated", "oversized", "copied"])
def test_the_letter_of_a_state_can_be_read_on_its_colour(state, theme):
    assert _contrast(COLOURS["letter"][theme], COLOURS[state][theme]) >= 4.5


def test_a_chart_is_the_same_text_however_many_were_drawn_before():
    import altair as alt

    line = alt.Chart(alt.Data(values=[{"x": 0, "y": 1}])).mark_line(clip=True)
    chart = line.encode(x="x:Q", y="y:Q")

    first, second = (drawn(chart, "name", "a line") for _ in range(2))

    assert "name-0" in first
    assert first == second


def test_numbers_are_written_as_people_read_them():
    assert count(1437) == "1,437"
    assert count(None) == figure(float("nan")) == percent(pd.NA) == "–"
    assert percent(0.2150) == "21.5%"
    assert signed(-0.0061) == "−0.006"
    assert without_references("Kept (K21), see (S0-R1).") == "Kept, see."


def _said(workspace, section: str) -> str:
    """All sentences of a section."""
    found = []
    for part in CATALOGUE.get(section).section(Results(workspace, CUTOFF)):
        figures = part.figures if part.kind == "row" else [part] if part.kind == "figure" else []
        found += [figure.says + figure.note for figure in figures]
        found += [part.text] if part.kind in ("paragraph", "notice") else []
        found += [" ".join(item) for item in part.items] if part.kind == "facts" else []
    return " ".join(found)


_LOADS = {"src", "href", "srcset", "poster", "data", "xlink:href", "action"}


def _tags(page: str) -> list[dict[str, str]]:
    reader = _Reader()
    reader.feed(page)
    return reader.tags


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[dict[str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append({name: value or "" for name, value in attrs})


def _contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
