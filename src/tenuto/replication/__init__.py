"""Earlier recipes, run again with their own metric, so that anyone can see what it means.

A member provides ``PUBLISHED`` (what was claimed, by model) and ``replicate(log, random_state)``,
a `Replication`: the recipe as it was published, and beside it the same recipe tested properly.
"""

from tenuto.catalogue import Catalogue
from tenuto.replication._contract import Log, Replication, write_replication

CATALOGUE = Catalogue("tenuto.replication", must_provide=("PUBLISHED", "replicate"))

__all__ = ["CATALOGUE", "Log", "Replication", "write_replication"]
