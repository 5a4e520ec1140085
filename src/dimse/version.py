"""Which dimse this is: what the wheel says, and that says what the git tag did."""

from importlib.metadata import version

__version__ = version("dimse")
