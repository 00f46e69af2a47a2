"""The members of this room."""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.warehouse", must_provide=("GROUP", "tables"))
