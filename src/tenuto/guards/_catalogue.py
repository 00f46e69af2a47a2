"""The members of this room."""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.guards", must_provide=("LABEL", "check"))
