"""`dimse` on the command line: the only room that opens files and writes to a terminal. It needs the extra `cli`."""

import gc
import sys


def main() -> None:
    """Run `dimse`."""
    collect_seldom()
    try:
        from dimse.cli.commands import dimse
    except ModuleNotFoundError as error:  # pragma: no cover  (the tests have the extra)
        if error.name not in ("click", "rich"):
            raise
        sys.exit(f"dimse needs {error.name}: pip install 'dimse[cli]'")
    dimse(prog_name="dimse")


def collect_seldom() -> None:
    """Look for cycles of garbage after 50 000 new objects, not after 700.

    A message makes dozens of objects and no cycle, so that looking for them is a tenth of the time and finds nothing.
    """
    gc.set_threshold(50_000)
