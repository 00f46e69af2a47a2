"""Lost files must not read like listeners leaving: which are missing, cut, too large or copies."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import FIRST_DAY
from tenuto.ingest import completeness

N_DAYS = 15


def entry(at, lines, *, kind="play", part="3", sketch=None, damage=None):
    """What the ledger says of a file of ``lines`` lines on day ``at``; no two share a line."""
    day = FIRST_DAY + timedelta(days=at)
    return {
        "day": day.isoformat(),
        "part": part,
        "kind": kind,
        "file": f"{day:%Y%m%d}_{part}_{kind}.log",
        "read": lines,
        "damage": damage,
        "sketch": [at * 1000 + n for n in range(64)] if sketch is None else sketch,
    }


def stream(lines, **options):
    return [entry(at, n, **options) for at, n in enumerate(lines) if n is not None]


def states(entries):
    """The day numbers that are not in order, with what they are."""
    table = completeness(entries)
    off = table[table.state != "ok"]
    return {((row.day - FIRST_DAY).days, row.part, row.kind): row.state for row in off.itertuples()}


def with_day(at, lines):
    """A steady stream of a thousand lines a day, but for day ``at``."""
    return [lines if day == at else 1000 for day in range(N_DAYS)]


def test_a_steady_stream_is_in_order():
    table = completeness(stream([1000] * N_DAYS))
    assert (table.state == "ok").all()
    assert (table.note == "").all()
    assert (table.expected_lines.dropna() == 1000).all()


def test_a_day_without_its_file_is_missing_and_says_what_was_to_be_expected():
    table = completeness(stream(with_day(7, None)))
    assert states(stream(with_day(7, None))) == {(7, "3", "play"): "missing"}
    row = table[table.state == "missing"].iloc[0]
    assert row.expected_lines == 1000
    assert row.note == "no file of this day, part and kind"


def test_a_day_without_any_file_at_all_is_missing_in_every_part_and_kind():
    both = [*stream(with_day(7, None)), *stream(with_day(7, None), kind="search", part="1")]
    assert states(both) == {(7, "3", "play"): "missing", (7, "1", "search"): "missing"}


def test_a_part_that_starts_late_is_missing_before():
    late = [None, None, *[1000] * (N_DAYS - 2)]
    entries = [*stream([1000] * N_DAYS), *stream(late, part="1")]
    assert states(entries) == {(0, "1", "play"): "missing", (1, "1", "play"): "missing"}


@pytest.mark.parametrize("share", [0.69, 0.54, 0.04])  # those of the real files (seeds.md §2.3)
def test_a_file_far_smaller_than_its_neighbours_is_truncated(share):
    assert states(stream(with_day(7, round(1000 * share)))) == {(7, "3", "play"): "truncated"}


def test_a_file_far_larger_than_its_neighbours_is_oversized():
    assert states(stream(with_day(7, 1330))) == {(7, "3", "play"): "oversized"}


@pytest.mark.parametrize("at", [0, 7, N_DAYS - 1])
def test_an_archive_that_breaks_off_is_truncated_whatever_its_size(at):
    entries = stream([1000] * N_DAYS)
    entries[at]["damage"] = "Compressed file ended early"
    assert states(entries) == {(at, "3", "play"): "truncated"}
    assert "Compressed file ended early" in completeness(entries).note[at]


def test_a_file_with_the_lines_of_the_day_before_is_a_copy():
    entries = stream([1000] * N_DAYS)
    entries[8]["sketch"] = entries[7]["sketch"]
    assert states(entries) == {(8, "3", "play"): "copied"}
    assert completeness(entries).note[8] == "100% of its lines are those of 20170406_3_play.log"


def test_a_copy_with_a_few_lines_changed_is_still_a_copy():
    entries = stream([1000] * N_DAYS)
    entries[8]["sketch"] = [*entries[7]["sketch"][:-6], *range(900_000, 900_006)]
    assert states(entries) == {(8, "3", "play"): "copied"}


def test_days_that_share_a_few_lines_are_not_copies():
    entries = stream([1000] * N_DAYS)
    entries[8]["sketch"] = [*entries[7]["sketch"][:20], *entries[8]["sketch"][20:]]
    assert states(entries) == {}


def test_an_empty_file_is_truncated():
    assert states(stream(with_day(7, 0))) == {(7, "3", "play"): "truncated"}


def test_two_damaged_days_are_both_found():
    lines = with_day(7, 600)
    lines[9] = None
    assert states(stream(lines)) == {(7, "3", "play"): "truncated", (9, "3", "play"): "missing"}


def test_the_fall_of_a_young_cohort_is_no_fault():
    # Plays of one cohort by age, as a share of its first day (seeds.md §4).
    by_age = [100, 61, 44, 40, 36, 33, 27, 27, 27, 27, 27, 24, 24, 23, 23]
    assert states(stream([share * 1000 for share in by_age])) == {}


def test_a_weekly_rhythm_is_no_fault():
    assert states(stream([1300 if at % 7 in (5, 6) else 1000 for at in range(42)])) == {}


def test_a_service_that_always_varies_is_not_full_of_faults():
    lines = np.random.default_rng(0).lognormal(np.log(1000), 0.3, 44).astype(int)
    assert len(states(stream(lines))) <= 2


def test_small_files_are_not_judged_by_their_size():
    assert states(stream([150 if at != 7 else 40 for at in range(N_DAYS)])) == {}


def test_without_dated_files_the_table_is_empty_and_has_its_columns():
    table = completeness([{**entry(0, 10), "day": None}])
    assert table.empty
    assert table.columns.tolist() == completeness(stream([10])).columns.tolist()


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(N_DAYS)))
def test_the_order_of_the_ledger_does_not_matter(order):
    entries = stream(with_day(7, 500))
    entries[9]["sketch"] = entries[8]["sketch"]
    expected = completeness(entries)
    assert completeness([entries[at] for at in order]).equals(expected)


@settings(max_examples=25, deadline=None)
@given(n_lines=st.integers(1, 10**9), n_days=st.integers(1, 20))
def test_any_steady_stream_is_in_order(n_lines, n_days):
    assert states(stream([n_lines] * n_days)) == {}
