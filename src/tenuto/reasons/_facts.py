"""Facts that many reasons tell: a number beside the habit, beside others, or a week before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tenuto.reasons._contract import EVEN, PLAIN, TO_LEAVING, Fact
from tenuto.reasons._listener import Listener
from tenuto.reasons._words import amount, count, none_or

#: A quarter more, or a fifth less, is worth a word; arbitrary, as what a reader would notice.
CLEARLY = 1.25

#: Of who played nothing there is nothing else to tell; the same words wherever it is said.
NOTHING_PLAYED = "no plays in the last 14 days"

Say = Callable[[float], str]


def leans(own: float, other: float, more: int, least: float = 0.0) -> int:
    """``more`` if ``own`` is clearly more than ``other``, its opposite if clearly less, else 0.

    Parameters
    ----------
    more : which way more of it leans
    least : a difference below it is none, however large the ratio
    """
    if abs(own - other) < least:
        return EVEN
    if own > other * CLEARLY:
        return more
    return -more if own * CLEARLY < other else EVEN


def beside_others(
    listener: Listener,
    column: str,
    more: int | None,
    say: Say,
    other: Say = none_or,
    least: float = 0.0,
) -> Iterator[Fact]:
    """The listener's value of ``column`` beside that of others like them, and of the typical.

    ``say`` makes the words of the listener's own value, ``other`` those of the others'. With
    ``more`` PLAIN a difference leans neither way.
    """
    own = listener.own(column)
    if own is None:
        return
    people = (
        ("others like them", listener.peers(column)),
        ("the typical listener", listener.typical(column)),
    )
    for who, value in people:
        if value is not None:
            leaning = PLAIN if more is PLAIN else leans(own, value, more, least)
            is_same = leaning == EVEN or other(own) == other(value)
            rest = f", about the same as {who}" if is_same else f"; {who} {other(value)}"
            yield Fact(f"{say(own)}{rest}", EVEN if is_same else leaning)


def beside_usual_week(
    listener: Listener, column: str, usual: float | None, more: int, what: str, plural: str = ""
) -> Iterator[Fact]:
    """A count of the last 7 days beside what is usual in a week."""
    own = listener.own(column)
    if own is None or usual is None:
        return
    leaning = leans(own, usual, more, least=1.0)
    usually = "none" if usual == 0 else f"{amount(usual)} a week"
    rest = ", about as usual" if leaning == EVEN else f"; usually {usually}"
    yield Fact(f"{count(own, what, plural)} in the last 7 days{rest}", leaning)


def beside_week_before(
    listener: Listener, count_name: str, more: int, what: str, plural: str = ""
) -> Iterator[Fact]:
    """A count of the last 7 days beside that of the 7 days before.

    ``count_name`` is that of the columns without their window. Where there was none in either
    week that is told, and leans as less does.
    """
    own, both = listener.own(f"{count_name}_7d"), listener.own(f"{count_name}_14d")
    if own is None or both is None:
        return
    if both == 0:
        yield Fact(f"{count(0, what, plural)} in the last 14 days", -more)
        return
    before = both - own
    leaning = leans(own, before, more, least=1.0)
    rest = ", about as before" if leaning == EVEN else f"; {none_or(before)} in the 7 before"
    yield Fact(f"{count(own, what, plural)} in the last 7 days{rest}", leaning)


def counted(
    listener: Listener, count_name: str, more: int, what: str, plural: str = ""
) -> Iterator[Fact]:
    """A count beside the week before and beside others, over 14 days."""
    yield from beside_week_before(listener, count_name, more, what, plural)
    yield from counted_beside_others(listener, count_name, more, what, plural)


def counted_beside_others(
    listener: Listener, count_name: str, more: int, what: str, plural: str = ""
) -> Iterator[Fact]:
    """A count beside that of others, over 14 days, or over 7 where that is all there is."""
    window = 14 if listener.own(f"{count_name}_14d") is not None else 7
    yield from beside_others(
        listener,
        f"{count_name}_{window}d",
        more,
        say=lambda own: f"{count(own, what, plural)} in the last {window} days",
        least=1.0,
    )


def happened(
    listener: Listener, column: str, words: Say, leaning: int = TO_LEAVING
) -> Iterator[Fact]:
    """That something happened at all; nothing where it did not."""
    own = listener.own(column)
    if own:
        yield Fact(words(own), leaning)


def per_100_plays(
    listener: Listener, name: str, more: int, what: str, plural: str, least: float = 0.5
) -> Iterator[Fact]:
    """A rate beside that of others; of who did it never, counts tell better."""
    column = f"{name}_per_100_plays_14d"
    if listener.own(column):
        yield from beside_others(
            listener,
            column,
            more,
            say=lambda own: f"{count(own, what, plural)} for every 100 plays",
            least=least,
        )
