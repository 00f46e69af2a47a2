"""What the room promises of every cleaning rule, and its own example in ``tests/raw/``.

An example file is named for its rule and starts with ``# kind:`` (of log, which says the source)
and ``# seen:`` (where it was met). Then one raw line after each mark: ``+`` the rule meets it,
``-`` it does not, ``~`` it does and the archive breaks off there.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pytest

from conftest import cleaned, raw_file
from tenuto import cleaning
from tenuto.cleaning import CATALOGUE
from tenuto.sources import LineReader, RawFile, musicbox, sparkify

RULES = CATALOGUE.names()
RAW = Path(__file__).parent / "raw"
#: Each kind of log with its source and a file of it.
KINDS = {
    **{kind: (musicbox, raw_file(kind)) for kind in ("play", "down", "search")},
    "events": (sparkify, RawFile(Path("events.json"), "events", "events", "", None)),
}


class Example(NamedTuple):
    """One example file: its kind, where it was seen, and (mark, line) in order."""

    kind: str
    seen: str
    rows: list[tuple[str, bytes]]


def example_of(rule: str) -> Example:
    head, *rows = (RAW / f"{rule}.log").read_bytes().splitlines()
    kind, seen = head.removeprefix(b"# kind: "), rows[0].removeprefix(b"# seen: ")
    marked = [(chr(row[0]), row[2:]) for row in rows[1:]]
    return Example(kind.decode(), seen.decode(), marked)


@pytest.fixture(scope="module")
def hits(duckdb_engine, tmp_path_factory) -> dict[str, pd.DataFrame]:
    """For each rule the cleaned lines of its example, in order; all of one kind at once.

    Lines of other examples around it change nothing, but for a second half of a record.
    """
    folder = tmp_path_factory.mktemp("raw")
    return {
        rule: rows
        for kind in KINDS
        for rule, rows in _cleaned_examples(duckdb_engine, folder / f"{kind}.log", kind).items()
    }


def _cleaned_examples(engine, path: Path, kind: str) -> dict[str, pd.DataFrame]:
    rules = [rule for rule in RULES if example_of(rule).kind == kind]
    marked = [(rule, *row) for rule in rules for row in example_of(rule).rows]
    path.write_bytes(b"".join(line + b"\n" for _, _, line in marked))
    (lines,) = LineReader(path)
    is_cut_off = pa.array([mark == "~" for _, mark, _ in marked])
    lines = lines.drop_columns("is_cut_off").append_column("is_cut_off", is_cut_off)
    source, file = KINDS[kind]
    table = cleaned(engine, lines, file, source)
    return {rule: table[[name == rule for name, _, _ in marked]] for rule in rules}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_an_effect_that_the_room_knows(rule):
    assert CATALOGUE.get(rule).EFFECT in ("mend", "set_aside", "note")


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_mends_says_how_and_no_other_does(rule):
    member = CATALOGUE.get(rule)
    assert hasattr(member, "mend") == (member.EFFECT == "mend")


@pytest.mark.parametrize("rule", RULES)
def test_the_first_line_of_a_rule_is_the_reason_in_words(rule):
    reason = CATALOGUE.describe(rule)
    assert reason.endswith(".")
    assert 15 < len(reason) <= 110


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_comes_after_rules_that_exist(rule):
    after = getattr(CATALOGUE.get(rule), "AFTER", ())
    assert after == ("*",) or set(after) <= set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_where_its_dirt_was_seen(rule):
    assert len(example_of(rule).seen) > 20


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_meets_its_dirt_and_nothing_else(rule, hits):
    marks = [mark in "+~" for mark, _ in example_of(rule).rows]
    assert {True, False} == set(marks), "an example shows both"
    assert hits[rule][f"hit_{rule}"].tolist() == marks


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sets_aside_only_what_it_says(rule, hits):
    gone = hits[rule].reason == rule
    expected = hits[rule][f"hit_{rule}"] & (CATALOGUE.get(rule).EFFECT == "set_aside")
    assert gone.tolist() == expected.tolist()


@pytest.mark.parametrize("rule", RULES)
def test_a_record_that_a_rule_mends_or_notes_stays_an_event(rule, hits):
    if CATALOGUE.get(rule).EFFECT != "set_aside":
        met = hits[rule][hits[rule][f"hit_{rule}"]]
        assert met.reason.isna().all()


def test_rules_that_all_lines_pass_have_no_columns_to_add(duckdb_engine):
    lines = pa.table({"source_line": [1], "line": ["a"], "unheard_of": [0]})
    table = cleaning.apply_rules(duckdb_engine.from_arrow(lines).select("unheard_of"))
    assert set(table.columns) == {"unheard_of", "reason"}


def test_no_example_is_left_of_a_rule_that_is_gone():
    assert sorted(path.stem for path in RAW.glob("*.log")) == RULES
