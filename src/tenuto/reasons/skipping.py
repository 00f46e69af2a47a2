"""How much of a song the listener hears before the next one."""

from tenuto.reasons._contract import TO_LEAVING, TO_STAYING, Fact, Topic
from tenuto.reasons._facts import NOTHING_PLAYED, beside_others
from tenuto.reasons._words import lasting, share

LABEL = "Skipping"
FAMILIES = ("completion",)


def _heard(listener):
    if listener.own("n_plays_14d") == 0:
        yield Fact(NOTHING_PLAYED, TO_LEAVING)
        return
    yield from beside_others(
        listener,
        "share_played_80_100_14d",
        TO_STAYING,
        say=lambda own: f"hears {share(own)} of songs nearly to the end",
        other=share,
        least=0.03,
    )
    yield from beside_others(
        listener,
        "mean_played_s_14d",
        TO_STAYING,
        say=lambda own: f"stays with a song for {lasting(own)}",
        other=lasting,
    )


def _broken_off(listener):
    if listener.own("n_plays_14d") == 0:
        yield Fact(NOTHING_PLAYED, TO_LEAVING)
        return
    yield from beside_others(
        listener,
        "share_played_00_20_14d",
        TO_LEAVING,
        say=lambda own: f"breaks off {share(own)} of songs at the start",
        other=share,
        least=0.03,
    )


TOPICS = (
    Topic("share_played_(20|40|60|80)_.*|mean_share_played_.*|mean_played_s_.*", _heard),
    Topic("share_played_00_20_.*|n_skips_.*", _broken_off),
)
