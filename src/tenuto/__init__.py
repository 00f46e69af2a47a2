"""Tenuto keeps a music-streaming service's listeners."""

__version__ = "0.1.0"
