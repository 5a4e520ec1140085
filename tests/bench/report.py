"""The figures as tables: what was to be reached and what was, in a terminal and as Markdown for the README.

`python -m tests.bench.report` prints them for a terminal, `python -m tests.bench.report --markdown` for the README.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

RESULTS = Path(__file__).resolve().parents[2] / "build" / "bench.json"

Found = dict[str, Any]
Figure = Callable[[Found], float | None]
REQUESTS_AND_RESPONSES = ("C-MOVE-RQ", "C-MOVE-RSP", "C-FIND-RSP", "C-STORE-RQ", "N-ACTION-RQ", "N-GET-RQ")
STORES, LOOPBACK = "C-STOREs in segments of 1448 bytes", "C-STOREs in segments of 64 kB"
SMALL = "small messages"
OPTIONAL = ("C-FIND-RSP A900H", "C-STORE-RSP A700H", "N-ACTION-RSP 0110H")


@frozen
class Target:
    """A figure to reach.

    Attributes:
        title: what is measured.
        figure: takes it from the results; None where it was not measured.
        wanted: the least it should be, or the most.
        unit: "times" for a ratio of speeds, else what the figure is in.
    """

    title: str
    figure: Figure
    wanted: float
    unit: str = "times"
    at_most: bool = False

    def row(self, found: Found) -> tuple[str, str, str, str]:
        """What is measured, the figure, what was wanted, whether it was met."""
        figure = self.figure(found)
        limit = f"at most {self.wanted:g}" if self.at_most else f"{self.wanted:,g}"
        wanted = f"{limit} {self.unit}".rstrip()
        if figure is None:
            return self.title, "not measured", wanted, ""
        met = figure <= self.wanted if self.at_most else figure >= self.wanted
        shown = f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
        return self.title, f"{shown} {self.unit}".rstrip(), wanted, "met" if met else "not met"


def ratio(task: str, *kinds: str, against: str = "pynetdicom") -> Figure:
    """How many times faster than another this package is: geometric mean over messages, each by its fastest round."""

    def figure(found: Found) -> float | None:
        messages = found["messages"].get(task, {})
        if not all(against in messages.get(kind, {}) for kind in kinds):
            return None
        return geometric_mean(messages[kind][against]["minimum"] / messages[kind]["dimse"]["minimum"] for kind in kinds)

    return figure


def part(name: str, of: str = "dimse", against: str = "pynetdicom") -> Figure:
    """A figure of this package as a part of another's, or how many times as high it is."""

    def figure(found: Found) -> float | None:
        figures = found["whole"].get(name)
        return figures[of] / figures[against] if figures else None

    return figure


def value(name: str, of: str = "dimse", scale: float = 1) -> Figure:
    """A figure as it is."""

    def figure(found: Found) -> float | None:
        figures = found["whole"].get(name)
        return figures[of] / scale if figures else None

    return figure


def geometric_mean(values: Iterable[float]) -> float:
    """The mean of ratios."""
    logarithms = [math.log(each) for each in values]
    return math.exp(sum(logarithms) / len(logarithms))


TARGETS = (
    Target("encode, the first five messages, against pynetdicom", ratio("encode", *REQUESTS_AND_RESPONSES[:5]), 1000),
    *(
        Target(f"decode {kind}, against pynetdicom", ratio("decode", kind), wanted)
        for kind, wanted in zip(REQUESTS_AND_RESPONSES, (150, 150, 150, 80, 80, 60), strict=True)
    ),
    Target(
        "encode by the general path, against pynetdicom", ratio("encode, general path", *REQUESTS_AND_RESPONSES), 150
    ),
    Target("encode with optional fields, against pynetdicom", ratio("encode", *OPTIONAL), 150),
    Target(
        "decode by the general path, against pynetdicom", ratio("decode, general path", *REQUESTS_AND_RESPONSES), 30
    ),
    Target("decode with optional fields, against pynetdicom", ratio("decode", *OPTIONAL), 30),
    Target("encode, all six, against DCMTK", ratio("encode", *REQUESTS_AND_RESPONSES, against="DCMTK"), 5),
    Target("decode, all six, against DCMTK", ratio("decode", *REQUESTS_AND_RESPONSES, against="DCMTK"), 2.5),
    Target("construct with all checks, against pynetdicom's setters", ratio("construct", *REQUESTS_AND_RESPONSES), 12),
    Target("memory of a decoded C-FIND-RSP, part of pynetdicom's", part("memory"), 0.35, "", True),
    Target("`import dimse`, part of `import pynetdicom`", part("import"), 0.35, "", True),
    Target("`dimse show C-MOVE`, the whole process", value("show"), 150, "ms", True),
    Target("100 MB Data Set from fragments to a sink", value("assemble"), 1, "GB/s"),
    Target("C-FIND responses a second, pynetdicom with our codec in it against without", part("C-FIND a second"), 1.5),
    Target("most memory that this takes", value("assemble", "peak", 1e6), 1, "MB", True),
    Target("a million messages through a Conversation, decoded and judged", value("conversation"), 100_000, "a second"),
    Target("decode and judge them, against pynetdicom's decode", part("conversation"), 10),
    Target(f"`dimse check`, {STORES}, a core", value(f"check, {STORES}, MB a second"), 100, "MB/s"),
    Target(f"`dimse check`, {LOOPBACK}, a core", value(f"check, {LOOPBACK}, MB a second"), 100, "MB/s"),
    Target("`dimse check`, small messages, a core", value(f"check, {SMALL}, messages a second"), 20_000, "a second"),
    Target("memory that the Conversation grows by", value("conversation", "grown", 1e3), 1, "kB", True),
)


def targets_table(found: Found) -> list[tuple[str, ...]]:
    """What was to be reached and what was."""
    return [("", "measured", "wanted", ""), *(target.row(found) for target in TARGETS)]


def messages_table(found: Found) -> list[tuple[str, ...]]:
    """Microseconds a message, and how much the middle round of this package was slower than its fastest."""
    names = ("dimse", "pynetdicom", "pydicom", "DCMTK")
    lines: list[tuple[str, ...]] = [("microseconds a message", *names, "median")]
    for task, kinds in found["messages"].items():
        for kind, figures in kinds.items():
            shown = [f"{figures[name]['minimum']:.3g}" if name in figures else "" for name in names]
            median = figures["dimse"]["median"] / figures["dimse"]["minimum"] - 1
            lines.append((f"{task} {kind}", *shown, f"+{median:.0%}"))
    return lines


def ends_table(found: Found) -> list[tuple[str, ...]]:
    """Both ends of a loopback of pynetdicom: messages a second, CPU microseconds a message at each end."""
    lines: list[tuple[str, ...]] = [("pynetdicom at both ends", "with ours", "without", "times")]
    for task in ("C-FIND", "C-ECHO", "C-STORE", "C-STORE, TCP_NODELAY"):
        for what in ("a second", "SCU CPU", "SCP CPU"):
            figures = found["whole"].get(f"{task} {what}")
            if figures:
                ours, theirs = figures["dimse"], figures["pynetdicom"]
                times = ours / theirs if what == "a second" else theirs / ours
                unit = "" if what == "a second" else ", microseconds"
                lines.append((f"{task} {what}{unit}", f"{ours:,.0f}", f"{theirs:,.0f}", f"{times:.2f}"))
    return lines


def tap_table(found: Found) -> list[tuple[str, ...]]:
    """What lies between two ends, and what it costs."""
    whole = found["whole"]
    kinds = {"median": "tap latency", "99 %": "tap latency 99", "MB/s": "tap throughput"}
    lines: list[tuple[str, ...]] = [("between two ends: C-ECHO, microseconds; C-STORE", *kinds)]
    lines += [
        (name, *(f"{whole[kind][name]:,.0f}" for kind in kinds.values())) for name in whole.get("tap throughput", ())
    ]
    return lines


def check_table(found: Found) -> list[tuple[str, ...]]:
    """`dimse check` beside tshark's DICOM dissection of the same captures."""
    lines: list[tuple[str, ...]] = [("whole captures", "dimse check", "tshark", "times")]
    for kind in (STORES, LOOPBACK, SMALL):
        for unit in ("MB", "messages"):
            figures = found["whole"].get(f"check, {kind}, {unit} a second")
            if figures:
                theirs = figures.get("tshark")
                beside = ("", "") if theirs is None else (f"{theirs:,.1f}", f"{figures['dimse'] / theirs:.1f}")
                lines.append((f"{kind}, {unit} a second", f"{figures['dimse']:,.1f}", *beside))
    return lines


def source(found: Found) -> str:
    """Where and when, in one line."""
    others = f"pynetdicom {found['pynetdicom']}; pydicom {found['pydicom']}; {found['DCMTK']}"
    others += f"; {found['tshark']}" if "tshark" in found else ""
    return f"{found['machine']}; {found['python']}; {others}; {found['date']}"


def plain(table: list[tuple[str, ...]]) -> str:
    """A table for a terminal."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([lines[0], "-" * sum(widths), *lines[1:]])


def markdown(table: list[tuple[str, ...]]) -> str:
    """A table for the README."""
    lines = ["| " + " | ".join(row) + " |" for row in table]
    rule = "|" + " --- |" * len(table[0])
    return "\n".join([lines[0], rule, *lines[1:]])


def main(arguments: list[str]) -> str:
    """What to print."""
    if not RESULTS.exists():
        return f"{RESULTS.name} is not there: `make bench` writes it"
    found = json.loads(RESULTS.read_text())
    if "--markdown" in arguments:
        return f"{markdown(targets_table(found))}\n\n{source(found)}."
    return "\n\n".join(
        (
            plain(messages_table(found)),
            plain(ends_table(found)),
            plain(tap_table(found)),
            plain(check_table(found)),
            plain(targets_table(found)),
            source(found),
        )
    )


if __name__ == "__main__":
    print(main(sys.argv[1:]))
