"""How many adverts the listener hears."""

from tenuto.reasons._contract import TO_LEAVING, Topic
from tenuto.reasons._facts import beside_usual_week, counted, per_100_plays

LABEL = "Adverts"


def _adverts(listener):
    usual = listener.own("mean_adverts_per_week")
    yield from beside_usual_week(listener, "n_adverts_7d", usual, TO_LEAVING, "advert")
    yield from per_100_plays(listener, "adverts", TO_LEAVING, "advert", "adverts")
    yield from counted(listener, "n_adverts", TO_LEAVING, "advert")


TOPICS = (Topic("(n|mean)_adverts_.*|adverts_(over|above|per)_.*", _adverts),)
