"""What programs may ask: a file for each kind of thing, all below ``/api/v1``.

A member provides ``router`` (`_resource.resource`), whose routes each name the role they need
(`needs`). A route without one is refused when the server is built.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.service.api", must_provide=("router",))
