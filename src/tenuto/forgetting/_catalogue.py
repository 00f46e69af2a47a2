"""The catalogue of the room, apart from its door-plate so that its own furniture can use it."""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.forgetting", must_provide=("forget",))
