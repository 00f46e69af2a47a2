"""The common language: what a user can do, the columns of every table, and the lake.

``actions.py`` is the closed list of actions, ``schema.py`` names and types the columns,
``lake.py`` keeps tables as plain Parquet files in day partitions that any tool can read.
"""
