"""What is saved, a model or a recommender: a folder of files and a manifest of their SHA-256.

Nothing of it is executed on load, and whoever made it: a file is refused that is not the one that
was saved, unpacks to more than memory holds, or leads out of its own arrays.
"""

from tenuto.saved._folder import (
    FORMAT,
    MANIFEST,
    MAX_BYTES,
    as_json,
    digest,
    from_json,
    read_folder,
    write_folder,
)
from tenuto.saved._trees import whole_trees
from tenuto.saved._unpacked import refuse_bomb, table_of

__all__ = [
    "FORMAT",
    "MANIFEST",
    "MAX_BYTES",
    "as_json",
    "digest",
    "from_json",
    "read_folder",
    "refuse_bomb",
    "table_of",
    "whole_trees",
    "write_folder",
]
