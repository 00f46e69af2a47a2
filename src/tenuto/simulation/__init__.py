"""Made listeners with a known truth: raw logs in a service's own format, dirt included.

A member provides ``simulate(out, *, listeners, days, seed, packed, ...)``: it writes raw
logs to ``out``, the truth behind them to ``out/truth``, and returns the truth's folder.
``DAYS`` says how many days the service's published logs have. Nothing but a test may ever
read the truth. It may take ``contacts`` (``_campaign.Contacts``): a campaign of known effect.
"""

from tenuto.catalogue import Catalogue

CATALOGUE = Catalogue("tenuto.simulation", must_provide=("simulate", "DAYS"))
