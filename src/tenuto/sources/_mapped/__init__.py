"""What the source ``mapped`` is made of: formats, the mapping, reading by it, and guessing it."""
