"""The device that the listener mostly uses, and how many there are."""

from tenuto.reasons._contract import PLAIN, Fact, Topic
from tenuto.reasons._words import count

LABEL = "Device"
FAMILIES = ("device",)


def _device(listener):
    names = {"is_iphone": "an iPhone", "is_android": "an Android device"}
    mostly = [name for column, name in names.items() if listener.own(column)]
    if mostly:
        yield Fact(f"mostly on {mostly[0]}", PLAIN)
    n_devices = listener.own("n_devices")
    if n_devices == 0:
        yield Fact("on a device that the log does not name", PLAIN)
    elif n_devices is not None and n_devices > 1:
        yield Fact(f"uses {count(n_devices, 'device')}", PLAIN)


TOPICS = (Topic("is_(iphone|android)|n_devices", _device),)
