"""A device that is neither Android nor iPhone, such as the stray "mc": kept as it stands."""

EFFECT = "note"
NEEDS = ("device", "user_id")
AFTER = ()


def applies(table):
    # Codes have two letters; what other sources call a device is longer.
    return table.device.length() == 2
