"""The device of a listener: the one with most events before the cutoff.

One row per listener, whatever the number of devices.

Source: K10, S2-F-E1.
"""

import ibis

from tenuto.features._contract import feature

TABLES = ("user_day_devices",)


def rows(past):
    """One row per user and device, with ``place`` 0 for the one with most events."""
    days = past.table("user_day_devices")
    devices = days.group_by(["user_id", "device"]).agg(n=lambda rows: rows.n_events.sum())
    # A tie goes to the first in the alphabet, so that runs repeat.
    order = ibis.window(group_by="user_id", order_by=[ibis.desc("n"), ibis.asc("device")])
    return devices.mutate(place=ibis.row_number().over(order))


def _is_main(rows, device):
    return ((rows["place"] == 0) & (rows.device == device)).any().cast("int64")


@feature(unit="yes/no", seeds="S0-F3; S1-F24 device_type 1; S2-F-E1 device_type_0")
def is_iphone(rows):
    """1 if most events came from an iPhone."""
    return _is_main(rows, "iphone")


@feature(unit="yes/no", seeds="S1-F25 device_type 2 (all but iPhone); S2-F-E1 device_type_1")
def is_android(rows):
    """1 if most events came from an Android device."""
    return _is_main(rows, "android")


@feature(unit="devices", seeds="S1-F26 device_type 3 is 0 here: no device is known")
def n_devices(rows):
    """How many devices sent events; 0 if none is known."""
    return rows.count()
