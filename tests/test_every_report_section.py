"""What every section of the report promises, whatever the run could find out."""

from __future__ import annotations

import re
from datetime import date

import pytest

import saved_results
from tenuto.reports import CATALOGUE
from tenuto.reports._page import in_order, sections_of
from tenuto.reports._parts import Facts, Figure, Notice, Paragraph, Part, Row, Table
from tenuto.reports._results import Results

SECTIONS = CATALOGUE.names()
KINDS = ("full", "without a model", "one outcome", "too few", "own clocks", "a single day")
# A label of the calendar, one whose polarity is the other way round, one on own clocks.
LABELS = ("cancellation", "first_day_return", "will_churn_in_next_bin")


@pytest.fixture(scope="module", params=KINDS)
def drawn(request, tmp_path_factory) -> dict[str, list[Part]]:
    """The parts of all sections, drawn once, for a service that also tells of cancellations."""
    folder = tmp_path_factory.mktemp("service") / "w"
    cutoff, n_days = saved_results.CUTOFF, saved_results.N_DAYS
    if request.param == "a single day":
        cutoff, n_days = date(2017, 3, 31), 1
    workspace = saved_results.saved_workspace(folder, n_days=n_days, cutoff=cutoff)
    saved_results.with_subscriptions(workspace, cutoff)
    if request.param in ("without a model", "a single day"):
        saved_results.without_a_model(workspace, cutoff)
    if request.param == "one outcome":
        saved_results.with_one_outcome(workspace)
    if request.param == "too few":
        saved_results.in_summary(workspace, is_ranked=False)
    if request.param == "own clocks":
        saved_results.foretelling(workspace, "will_churn_soon")
    return sections_of(Results(workspace, cutoff), CATALOGUE)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_has_something_to_say_about_any_run(name, drawn):
    assert drawn[name] or hasattr(CATALOGUE.get(name), "STEP")
    assert all(
        isinstance(part, Paragraph | Notice | Facts | Figure | Row | Table) for part in drawn[name]
    )


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_never_shows_a_missing_value_as_nan_or_none(name, drawn):
    for text in _texts(drawn[name]):
        assert not {"nan", "NaN", "None", "<NA>", "NaT", "inf"} & set(text.split()), text


@pytest.mark.parametrize("name", SECTIONS)
def test_every_row_of_a_table_has_a_cell_for_every_column(name, drawn):
    for part in drawn[name]:
        if isinstance(part, Table):
            assert part.caption
            assert {len(row) for row in part.rows if not isinstance(row, str)} <= {
                len(part.columns)
            }


@pytest.mark.parametrize("name", SECTIONS)
def test_every_chart_says_in_words_what_it_shows_and_where_it_comes_from(name, drawn):
    for figure in _figures(drawn[name]):
        assert figure.says.endswith(".")
        assert 'role="img"' in figure.svg
        assert "<title>" in figure.svg


@pytest.mark.parametrize("label", LABELS)
def test_a_report_speaks_of_leavers_only_where_leaving_is_foretold(label, tmp_path):
    workspace = saved_results.saved_workspace(tmp_path / "w")
    saved_results.foretelling(workspace, label)
    sections = sections_of(Results(workspace, saved_results.CUTOFF), CATALOGUE)
    for name, parts in sections.items():
        said = " ".join([*_texts(parts), *(str(figure.svg) for figure in _figures(parts))])
        assert not re.findall(r"leavers|no event in the \d|do nothing|to leave", said), name


def test_sections_stand_in_the_order_they_ask_for():
    orders = [member.ORDER for _, member in in_order(CATALOGUE)]

    assert orders == sorted(orders)
    assert next(name for name, _ in in_order(CATALOGUE)) == "in_short"


def _figures(parts) -> list[Figure]:
    rows = [figure for part in parts if isinstance(part, Row) for figure in part.figures]
    return rows + [part for part in parts if isinstance(part, Figure)]


def _texts(parts) -> list[str]:
    found = []
    for part in parts:
        if isinstance(part, Paragraph | Notice):
            found.append(part.text)
        if isinstance(part, Facts):
            found += [text for item in part.items for text in item]
        if isinstance(part, Table):
            # The name of the file that was not read, or of a song, may be anything.
            found += [cell for row in part.rows if not isinstance(row, str) for cell in row]
    return found + [figure.title + figure.says + figure.note for figure in _figures(parts)]
