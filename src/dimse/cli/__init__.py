"""`dimse` on the command line: the only room that opens files and writes to a terminal. It needs the extra `cli`."""

import sys


def main() -> None:
    """Run `dimse`."""
    try:
        from dimse.cli.commands import dimse
    except ModuleNotFoundError as error:  # pragma: no cover  (the tests have the extra)
        if error.name not in ("click", "rich"):
            raise
        sys.exit(f"dimse needs {error.name}: pip install 'dimse[cli]'")
    dimse(prog_name="dimse")
