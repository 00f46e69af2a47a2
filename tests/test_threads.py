"""Several things at once: in their order, few at a time, and by one thread of BLAS each."""

import threading
import time

import pytest

from tenuto.threads import side_by_side


def test_tasks_side_by_side_are_done_by_several_threads_and_told_in_order():
    both_there = threading.Barrier(2, timeout=30)

    def work(task):
        if task < 2:
            both_there.wait()
        return task * task

    assert list(side_by_side(work, range(5), 2)) == [0, 1, 4, 9, 16]


def test_parts_come_in_their_order_whichever_is_made_first():
    def slow_at_first(part):
        time.sleep(0.02 if part == 0 else 0)
        return part

    assert list(side_by_side(slow_at_first, range(20), 2)) == list(range(20))


def test_no_more_parts_are_begun_than_are_soon_handed_on():
    begun, n_before = [], threading.active_count()
    parts = side_by_side(begun.append, range(1_000), 2)

    next(parts)

    assert len(begun) < 20
    parts.close()
    assert threading.active_count() == n_before


def test_a_part_that_fails_says_so():
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda part: 1 // (part - 3), range(9), 2))


def test_one_thread_does_them_in_its_own_turn():
    assert list(side_by_side(lambda task: (task, threading.get_ident()), [3, 1], 1)) == [
        (3, threading.get_ident()),
        (1, threading.get_ident()),
    ]
