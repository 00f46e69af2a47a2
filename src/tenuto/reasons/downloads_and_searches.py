"""What the listener downloads and looks for."""

from tenuto.reasons._contract import TO_LEAVING, TO_STAYING, Fact, Topic
from tenuto.reasons._facts import beside_others, counted
from tenuto.reasons._words import days_ago

LABEL = "Downloads and searches"


def _told(name, verb, what, plural):
    """Facts of one kind of action: of late, how long ago, and whether ever."""

    def facts(listener):
        if listener.own(f"has_{verb}") == 0:
            yield Fact(f"has never {verb}", TO_LEAVING)
            return
        yield from counted(listener, name, TO_STAYING, what, plural)
        yield from beside_others(
            listener,
            f"days_since_last_{what}",
            TO_LEAVING,
            say=lambda own: f"last {verb} {days_ago(own)}",
            other=days_ago,
            least=1.0,
        )

    return facts


TOPICS = (
    Topic(".*download.*", _told("n_downloads", "downloaded", "download", "downloads")),
    Topic(".*search.*", _told("n_searches", "searched", "search", "searches")),
)
