"""Looking for better settings: which to draw, which to try further, and how long.

Knows settings and losses, never models or data. Who searches gives a trial a ``number`` and a
``loss``; who is searched has ``SPACE`` (see ``space.py``). What was found is kept on a `Shelf`.
"""
