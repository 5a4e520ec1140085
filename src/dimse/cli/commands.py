"""The commands of `dimse` and their options; each imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

_LEVELS = ("error", "warning", "advisory", "off")
_FAILING = {"error": ("error",), "warning": ("error", "warning")}
FOUND, UNREAD = 1, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dimse")
def dimse() -> None:
    """Tell what was said between DICOM peers, and what was wrong, by which paragraph."""


def _severities(_: click.Context, __: click.Parameter, given: Iterable[str]) -> dict[str, str]:
    found = {}
    for each in given:
        rule, equals, level = each.rpartition("=")
        if not rule or not equals or level not in _LEVELS:
            raise click.BadParameter(f"{each!r} is not RULE=LEVEL; a level is one of {', '.join(_LEVELS)}")
        found[rule] = level
    return found


@dimse.command()
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="What to write.")
@click.option(
    "--fail-on", type=click.Choice(["error", "warning"]), default="error", help="From which severity on to exit with 1."
)
@click.option(
    "--severity",
    "severities",
    multiple=True,
    callback=_severities,
    metavar="RULE=LEVEL",
    help="Another severity for a rule, * for anything: error, warning, advisory or off. May be given several times.",
)
@click.option("--with-identifiers", is_flag=True, help="Show Data Sets, too: they say who the patients are.")
def check(
    captures: tuple[str, ...], form: str, fail_on: str, severities: dict[str, str], with_identifiers: bool
) -> None:
    """Tell the conversations in captures, pcap or pcapng, and judge their messages.

    A directory stands for the captures in it. Exit codes: 0, nothing to fail on; 1, errors were found, or warnings
    with --fail-on warning; 2, wrong usage; 3, a capture could not be read to its end.
    """
    from dimse.cli.check import Json, Report, Text, check
    from dimse.cli.output import Output

    output = Output()
    report: Report = Json(output) if form == "json" else Text(output)
    try:
        summary = check(captures, report, severities, keep=with_identifiers)
        sys.stdout.flush()
    except BrokenPipeError:  # pragma: no cover  (the reader has seen enough)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    if summary.unread:
        sys.exit(UNREAD)
    sys.exit(FOUND if any(summary.severities[level] for level in _FAILING[fail_on]) else 0)
