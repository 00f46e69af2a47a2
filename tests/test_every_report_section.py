"""What every section of the report promises, whatever the run could find out."""

from __future__ import annotations

from datetime import date

import pytest

import saved_results
from tenuto.reports import CATALOGUE
from tenuto.reports._page import in_order
from tenuto.reports._parts import Facts, Figure, Notice, Paragraph, Row, Table
from tenuto.reports._results import Results

SECTIONS = CATALOGUE.names()


@pytest.fixture(params=["full", "without a model", "one outcome"])
def results(request, tmp_path) -> Results:
    workspace = saved_results.saved_workspace(tmp_path / "w")
    if request.param == "without a model":
        saved_results.without_a_model(workspace)
    if request.param == "one outcome":
        saved_results.with_one_outcome(workspace)
    return Results(workspace, saved_results.CUTOFF)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_has_something_to_say_about_any_run(name, results):
    parts = CATALOGUE.get(name).section(results)

    assert parts
    assert all(
        isinstance(part, Paragraph | Notice | Facts | Figure | Row | Table) for part in parts
    )


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_never_shows_a_missing_value_as_nan_or_none(name, results):
    for text in _texts(CATALOGUE.get(name).section(results)):
        assert not {"nan", "NaN", "None", "<NA>", "NaT", "inf"} & set(text.split()), text


@pytest.mark.parametrize("name", SECTIONS)
def test_every_row_of_a_table_has_a_cell_for_every_column(name, results):
    for part in CATALOGUE.get(name).section(results):
        if isinstance(part, Table):
            assert part.caption
            assert {len(row) for row in part.rows if not isinstance(row, str)} <= {
                len(part.columns)
            }


@pytest.mark.parametrize("name", SECTIONS)
def test_every_chart_says_in_words_what_it_shows_and_where_it_comes_from(name, results):
    for figure in _figures(CATALOGUE.get(name).section(results)):
        assert figure.says.endswith(".")
        assert 'role="img"' in figure.svg
        assert "<title>" in figure.svg


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_can_tell_of_a_service_with_a_single_day_of_log(name, tmp_path):
    cutoff = date(2017, 3, 31)
    workspace = saved_results.saved_workspace(tmp_path / "w", n_days=1, cutoff=cutoff)
    saved_results.without_a_model(workspace, cutoff)

    assert CATALOGUE.get(name).section(Results(workspace, cutoff))


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
    return found + [figure.says + figure.note for figure in _figures(parts)]
