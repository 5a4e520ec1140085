"""See the package."""

from __future__ import annotations

import sys

from tests.reports import NAMES, REPORTS, golden, report


def main(arguments: list[str]) -> int:
    """Write the reports, or say which of them are out of date."""
    changed = [n for n in NAMES if not golden(n).exists() or golden(n).read_text("utf-8") != report(n)]
    left_over = [path for path in REPORTS.glob("*.txt") if path.stem not in NAMES]
    print(*changed, *(f"{path.name}: of no capture" for path in left_over), sep="\n", end="\n" if changed else "")
    if "--write" not in arguments:
        return 1 if changed or left_over else 0
    for name in changed:
        golden(name).write_text(report(name), encoding="utf-8")
    for path in left_over:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
