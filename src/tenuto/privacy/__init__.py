"""Privacy: what of a listener is kept, under which name, how long; and what left the workspace.

The secret behind pseudonyms and tombstones stays outside the workspace. Nothing here removes
anything: that is `tenuto.forgetting`.
"""

from tenuto.privacy._exports import EXPORTS_FILE, exported, exports, is_untouched
from tenuto.privacy._key import KEY_VARIABLE, Key, key_of
from tenuto.privacy._spreadsheet import (
    guarded,
    guarded_rows,
    guarded_table,
    read_table,
    unguarded,
    unguarded_table,
    write_csv,
    write_table,
)
from tenuto.privacy._tombstones import Tombstones
from tenuto.privacy._veil import FORGOTTEN, HIDDEN, Veil, as_stored, recipe, words_of

__all__ = [
    "EXPORTS_FILE",
    "FORGOTTEN",
    "HIDDEN",
    "KEY_VARIABLE",
    "Key",
    "Tombstones",
    "Veil",
    "as_stored",
    "exported",
    "exports",
    "guarded",
    "guarded_rows",
    "guarded_table",
    "is_untouched",
    "key_of",
    "read_table",
    "recipe",
    "unguarded",
    "unguarded_table",
    "words_of",
    "write_csv",
    "write_table",
]
