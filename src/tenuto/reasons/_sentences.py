"""From facts and contributions to one sentence: words and model agree, or the words say so.

A reason is told by the topic that moves the score most, with the first fact that leans the
same way as the model. A fact that leans neither way gets the model's verdict behind it. Where all
that is known leans the other way, as can be with models in which columns work together, the
sentence says that too: nobody should read good news as a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenuto.features import Feature
from tenuto.reasons._contract import EVEN, PLAIN, Fact
from tenuto.reasons._facts import beside_others
from tenuto.reasons._grouping import Reason
from tenuto.reasons._listener import Crowd, Listener
from tenuto.reasons._words import amount, lasting, share

#: Log-odds worth a word: odds that are 5 % higher or lower.
LEAST = 0.05
#: Up to here, odds about 16 % apart, it is "a little".
_LITTLE = 0.15
# A topic that moves the score a quarter as much as the first may speak in its place.
_MAY_SPEAK = 0.25
_LEAVING = ("leave", "cancel", "downgrade")


@dataclass(frozen=True)
class Outlook:
    """How to speak of what is foretold; facts lean only where it is a kind of leaving."""

    what: str
    is_leaving: bool

    @classmethod
    def of(cls, verb: str) -> Outlook:
        """``verb`` is what those do whom the label is about."""
        return cls("the risk", True) if verb in _LEAVING else cls("the chance", False)

    def verdict(self, contribution: float) -> str:
        """ "adds to the risk", "lowers the risk a little"."""
        little = " a little" if abs(contribution) < _LITTLE else ""
        if contribution > 0:
            return f"adds{little} to {self.what}"
        return f"lowers {self.what}{little}"


def sentences(reason: Reason, crowd: Crowd, by_column: pd.DataFrame, outlook: Outlook) -> list[str]:
    """One sentence per row of ``by_column``, which has the columns of ``reason``."""
    terms = by_column.to_numpy()
    n_topics = len(reason.topics) + 1
    by_topic = np.zeros((len(terms), n_topics))
    for place, topic in enumerate(reason.topic_of):
        by_topic[:, topic] += terms[:, place]
    total = terms.sum(axis=1)
    sign = np.where(total > 0, 1, -1)
    order = np.argsort(-by_topic * sign[:, None], axis=1, kind="stable")
    strongest = np.argmax(terms * sign[:, None], axis=1)
    columns = [reason.columns[place] for place in strongest]
    return [
        _sentence(crowd.listener(row), *of_row, reason, outlook)
        for row, of_row in enumerate(
            zip(total.tolist(), by_topic.tolist(), order.tolist(), columns, strict=True)
        )
    ]


def _sentence(
    listener: Listener,
    contribution: float,
    by_topic: list[float],
    order: list[int],
    column: str,
    reason: Reason,
    outlook: Outlook,
) -> str:
    enough = abs(by_topic[order[0]]) * _MAY_SPEAK
    sign = 1 if contribution > 0 else -1
    speaking = [topic for topic in order if by_topic[topic] * sign >= enough]
    by_order = [_facts(topic, reason, listener, column, outlook) for topic in speaking]
    facts = [fact for facts in by_order for fact in facts] or [
        named(listener, column, reason.features.get(column))
    ]
    if abs(contribution) < LEAST:
        return f"{facts[0].words} (hardly matters here)"
    agreeing = next((fact for fact in facts if fact.leans == sign), None)
    return agreeing.words if agreeing else _with_verdict(facts, sign, outlook.verdict(contribution))


def _facts(
    topic: int, reason: Reason, listener: Listener, column: str, outlook: Outlook
) -> Sequence[Fact]:
    """What can be told; of columns without a topic by the name of the strongest."""
    if topic == len(reason.topics):
        return [named(listener, column, reason.features.get(column))]
    facts = reason.topics[topic].facts(listener)
    return list(facts) if outlook.is_leaving else [Fact(fact.words, PLAIN) for fact in facts]


def _with_verdict(facts: Sequence[Fact], sign: int, verdict: str) -> str:
    """The first fact that does not lean against the model, else the first; what the model says."""
    words, leans = next((fact for fact in facts if fact.leans in (EVEN, PLAIN)), facts[0])
    if leans is PLAIN:
        return f"{words} ({verdict})"
    if leans == EVEN:
        return f"{words} (with all the rest, {verdict})"
    kind = "bad" if sign > 0 else "good"
    return f"{words} (no {kind} sign by itself, but with all the rest it {verdict})"


def named(listener: Listener, column: str, feature: Feature | None) -> Fact:
    """A column by its own description, beside others: for what no topic speaks of."""
    what = column if feature is None else _in_words(feature.description)
    say = _SAY.get(feature.unit if feature else "", amount)
    own = listener.own(column)
    if own is None:
        return Fact(f"{what}: not known")
    alone = Fact(f"{what}: {say(own)}")
    beside = beside_others(listener, column, PLAIN, lambda value: f"{what}: {say(value)}", say)
    return Fact(next(beside, alone).words, PLAIN)


_SAY = {"share": share, "seconds": lasting, "yes/no": lambda value: "yes" if value else "no"}


def _in_words(description: str) -> str:
    """What is described, without what is said of it after a stop."""
    text = description.partition(";")[0].partition(":")[0].rstrip(".").removeprefix("1 if ")
    return text[:1].lower() + text[1:]
