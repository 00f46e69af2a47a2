"""Reasons: why a listener has this score, in words and with the listener's own numbers.

A member is one reason that people understand. It provides ``LABEL`` (for headings) and
``TOPICS``: each a pattern for columns of the models, and what there is to tell of them (see
``_contract.py``). ``FAMILIES``, where there is one, names families whose newcomers are its own.
"""

from tenuto.reasons._additive import CannotSay
from tenuto.reasons._contract import CATALOGUE, Fact, Topic
from tenuto.reasons._explain import explain, tell
from tenuto.reasons._results import top_reasons, write_reasons

__all__ = [
    "CATALOGUE",
    "CannotSay",
    "Fact",
    "Topic",
    "explain",
    "tell",
    "top_reasons",
    "write_reasons",
]
