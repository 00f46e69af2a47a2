"""Whatever no other reason speaks of; told by the name of the column that matters most."""

from tenuto.reasons._contract import Topic

LABEL = "Other habits"
FAMILIES = ("pages", "reactions")

TOPICS: tuple[Topic, ...] = ()
