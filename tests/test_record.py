"""Digests and JSON are the same for the same values, and a file is written whole or not at all."""

import errno
import json
import os
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.errors import WorkspaceError
from tenuto.record import (
    digest_of,
    digest_of_file,
    read_json,
    to_json,
    versions,
    write_aside,
    write_json,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=10,
)


@given(value=st.dictionaries(st.text(), PLAIN, max_size=5))
def test_the_order_of_keys_changes_no_digest(value):
    assert digest_of(dict(reversed(value.items()))) == digest_of(value)


@given(left=PLAIN, right=PLAIN)
def test_equal_json_and_equal_digests_go_together(left, right):
    assert (digest_of(left) == digest_of(right)) == (to_json(left) == to_json(right))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), "null"),
        (float("inf"), "null"),
        (np.float64("nan"), "null"),
        (np.int64(3), "3"),
        (np.bool_(True), "true"),
        (date(2017, 3, 30), '"2017-03-30"'),
        (datetime(2017, 3, 30, 12), '"2017-03-30T12:00:00"'),
        (Path("a") / "b", '"a/b"'),
        ((1, 2), "[\n 1,\n 2\n]"),
        ({date(2017, 3, 30): 1}, '{\n "2017-03-30": 1\n}'),
        ("韩红", '"韩红"'),
    ],
)
def test_values_are_written_as_plain_json(value, text):
    assert to_json(value) == text


@given(value=st.dictionaries(st.text(), st.floats() | st.integers(), max_size=5))
def test_what_is_written_is_always_json(value):
    json.loads(to_json(value), parse_constant=pytest.fail)


def test_what_is_written_is_read_again(tmp_path):
    value = {"b": [1, 2.5, None], "a": "韩红"}
    write_json(tmp_path / "new" / "folder" / "record.json", value)
    assert read_json(tmp_path / "new" / "folder" / "record.json") == value


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        (tmp_path / name).write_bytes(content)
    first, same, other = (digest_of_file(tmp_path / name) for name in "abc")
    assert first == same != other


def test_versions_hold_no_clock_and_name_the_package():
    assert versions() == versions()
    assert {"python", "tenuto", "duckdb", "lightgbm"} <= set(versions())


# A file is written whole or not at all.


def test_a_failing_writer_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    target = tmp_path / "table"
    target.write_text("old")

    def fail(aside):
        aside.write_text("ne")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_aside(target, fail)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["table"]


def test_a_full_disk_is_an_error_with_a_mend_and_leaves_the_old_file(tmp_path):
    target = tmp_path / "table"
    target.write_text("old")

    def fail(aside):
        aside.write_text("ne")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(WorkspaceError, match="table: No space left") as error:
        write_aside(target, fail)
    assert "free some space" in error.value.mend
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["table"]


def test_what_a_killed_writer_left_is_overwritten(tmp_path):
    (tmp_path / "table.aside").write_text("half")
    write_aside(tmp_path / "table", lambda aside: aside.write_text("whole"))
    assert (tmp_path / "table").read_text() == "whole"
    assert os.listdir(tmp_path) == ["table"]
