"""The same as `tenuto token`: who may ask a served workspace.

Example:

  tenuto token list my-service
"""

from tenuto.cli.token import command

__all__ = ["command"]
