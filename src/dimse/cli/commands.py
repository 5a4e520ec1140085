"""The commands of `dimse` and their options; each imports what it needs when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

import click

from dimse.cli.reports import FORMS, report_in

if TYPE_CHECKING:
    from dimse.cli.relay import Address
    from dimse.cli.reports.report import Summary

_LEVELS = ("error", "warning", "advisory", "off")
_FAILING = {"error": ("error",), "warning": ("error", "warning")}
FOUND, UNREAD = 1, 3
# What `tap` has from `check`.
_OF_JUDGING = ("form", "fail_on", "severities", "profiles", "with_identifiers")


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


def _profiles(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Names of profiles that are known to be some."""
    if given:
        from dimse.cli.output import plain
        from dimse.cli.profiles import UnknownProfileError, profiles_of

        try:
            profiles_of(given)
        except UnknownProfileError as error:
            raise click.UsageError(plain(str(error))) from error
    return given


@dimse.command()
@click.argument("captures", nargs=-1, required=True, type=click.Path(), metavar="CAPTURE...")
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="text", help="What to write.")
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
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    callback=_profiles,
    metavar="NAME|MODULE",
    help="Judge by a profile: the name of one that comes with dimse, or a module of one's own. Several may be given.",
)
@click.option("--with-identifiers", is_flag=True, help="Show Data Sets, too: they say who the patients are.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    help="How many processes read several files; as many as there are cores, if there is enough to read.",
)
def check(
    captures: tuple[str, ...],
    form: str,
    fail_on: str,
    severities: dict[str, str],
    profiles: tuple[str, ...],
    with_identifiers: bool,
    jobs: int | None,
) -> None:
    """Tell the conversations in captures, pcap or pcapng, and in raw streams of PDUs; judge their messages.

    A directory stands for the captures and streams in it, - for a capture from standard input, which is told as it
    comes: tcpdump -w - | dimse check -. Exit codes: 0, nothing to fail on; 1, errors were found, or
    warnings with --fail-on warning; 2, wrong usage; 3, a capture could not be read to its end.
    """
    from dimse.cli.check import check
    from dimse.cli.output import Output

    output = Output()
    report = report_in(form, output, _FAILING[fail_on])
    try:
        summary = check(captures, report, severities, profiles=profiles, keep=with_identifiers, jobs=jobs or 0)
        sys.stdout.flush()
    except BrokenPipeError:  # pragma: no cover  (the reader has seen enough)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    _exit(summary, fail_on)


def _exit(summary: Summary, fail_on: str) -> NoReturn:
    if summary.unread:
        sys.exit(UNREAD)
    sys.exit(FOUND if any(summary.severities[level] for level in _FAILING[fail_on]) else 0)


@dimse.command()
@click.argument("what", required=False, metavar="[C-MOVE | C-MOVE-RSP | (0000,0902) | 0xA801 | PROFILE | RULE-ID]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(what: str | None, as_json: bool) -> None:
    """Show a service's matrix, a message, an element, a Status, a profile or a rule; services and profiles, if none."""
    from dimse.cli.output import Output, plain
    from dimse.cli.show import UnknownError, show

    try:
        show(what, Output(), as_json=as_json)
    except UnknownError as error:
        raise click.UsageError(plain(str(error))) from error


@dimse.command()
@click.argument("what", metavar="FILE|-|HEX")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def explain(what: str, as_json: bool) -> None:
    """Take a Command Set or a stream of PDUs or PDVs apart, element by element, with the verdict beside each.

    Give a file, - for standard input, or hexadecimal digits; a file, too, may hold digits, or a dump of xxd, hexdump -C
    or tcpdump -X. Exit codes: 0, nothing is
    wrong; 1, something is; 2, wrong usage.
    """
    from dimse.cli.explain import explain
    from dimse.cli.hexdump import MOST_BYTES, bytes_of
    from dimse.cli.output import Output, plain

    try:
        if what == "-":
            given = sys.stdin.buffer.read(MOST_BYTES + 1)
        elif os.path.exists(what) and not os.path.isdir(what):  # a pipe, too, as of <(...)
            with open(what, "rb") as file:
                given = file.read(MOST_BYTES + 1)
        else:
            given = what.encode("utf-8", "surrogateescape")
            if bytes_of(given) == given:
                raise click.UsageError(plain(f"{what!r} is no file, and no hexadecimal digits"))
    except (OSError, ValueError) as error:
        raise click.UsageError(plain(f"{what!r} cannot be read: {error}")) from error
    if len(given) > MOST_BYTES:
        raise click.UsageError(f"more than {MOST_BYTES} bytes")
    sys.exit(0 if explain(bytes_of(given), Output(), as_json=as_json) else FOUND)


def _addresses(_: click.Context, parameter: click.Parameter, given: Iterable[str]) -> list[Address]:
    from dimse.cli.tap import address

    try:
        return [address(each, least_port=0 if parameter.name == "listen" else 1) for each in given]
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@dimse.command(params=[each for each in check.params if each.name in _OF_JUDGING])
@click.option(
    "--listen",
    multiple=True,
    required=True,
    callback=_addresses,
    metavar="HOST:PORT",
    help="Where to take connections; port 0 for a free one. [::1]:PORT for IPv6.",
)
@click.option(
    "--to",
    multiple=True,
    required=True,
    callback=_addresses,
    metavar="HOST:PORT",
    help="Where to pass them on. With several --listen, one --to for each, in the same order.",
)
@click.option("--write", type=click.Path(dir_okay=False), metavar="FILE.pcapng", help="Write all of it to a capture.")
@click.option(
    "--most-connections",
    "most",
    type=click.IntRange(1, 4096),
    default=256,
    show_default=True,
    help="How many there may be at once; more are broken off.",
)
def tap(
    listen: list[Address],
    to: list[Address],
    write: str | None,
    most: int,
    form: str,
    fail_on: str,
    severities: dict[str, str],
    profiles: tuple[str, ...],
    with_identifiers: bool,
) -> None:
    """Relay between an SCU and an SCP, change nothing, and judge what they say while they say it.

    Ends with SIGINT or SIGTERM. Exit codes: 0, nothing to fail on; 1, errors were found, or warnings with --fail-on
    warning; 2, wrong usage, or an address or file that cannot be had; 3, a connection could not be relayed, or not all
    of it be judged or written.
    """
    from dimse.cli.output import Output, plain
    from dimse.cli.tap import tap

    if len(listen) != len(to):
        raise click.UsageError(f"{len(listen)} --listen and {len(to)} --to: each --listen needs its --to")
    routes = list(zip(listen, to, strict=True))
    report = report_in(form, Output(), _FAILING[fail_on])
    try:
        summary = tap(routes, report, severities, profiles=profiles, write=write, keep=with_identifiers, most=most)
    except OSError as error:
        raise click.UsageError(plain(str(error))) from error
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # pragma: no cover  (the reader has seen enough)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    _exit(summary, fail_on)
