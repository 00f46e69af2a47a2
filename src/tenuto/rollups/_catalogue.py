"""The members of this room."""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.rollups", must_provide=("KEY", "build"))
