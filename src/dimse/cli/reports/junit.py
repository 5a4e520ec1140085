"""JUnit's XML, as CI servers read it: a test suite an Association, a test case a message and one for how it ended.

The counts of a suite stand before its cases, so the cases wait until their Association ends: in memory while they are
few, then in a temporary file. Lowest common form: what the schema of Ant's JUnit task and that of Jenkins both allow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from dimse.capture import Association, Encrypted, Ended, Event, Fault, Gap, Said
from dimse.cli.output import Output, plain, spelt
from dimse.cli.reports.report import Summary
from dimse.cli.reports.sides import found_in
from dimse.cli.wording import carried, message_id, name_of
from dimse.violation import Violation

_IN_MEMORY = 64 << 10
_CHUNK = 1 << 16


class Junit:
    """A document, written an Association at a time, in the order in which they end.

    Args:
        output: where it goes.
        failing: the severities that make a case fail.
    """

    def __init__(self, output: Output, failing: Collection[str]) -> None:
        self._output = output
        self._failing = failing
        self._path = ""
        self._suites = 0
        self._open: dict[int, _Suite] = {}
        self._write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')

    def begin(self, path: str) -> None:
        """See `Report`."""
        self._path = spelt(path)
        self._open = {}

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        if isinstance(event, Encrypted):
            self._single(event, f"{event.client} > {event.server}", "TLS", "<skipped/>", skipped=1)
            return
        association: Association = event.association  # type: ignore[attr-defined]
        suite = self._open.get(association.number)
        if suite is None:
            suite = self._open[association.number] = _Suite(event.time)
        seconds = (event.time - first) / 10**9 if event.time else 0.0
        match event:
            case Said():
                primitive = event.message.primitive
                name = f"{event.number} {name_of(primitive)} {message_id(primitive)}"
                line = f"{seconds:.6f} {event.sender}: {name} {carried(primitive)}".rstrip()
                self._case(suite, name, line, event.judgement.violations)
            case Gap():
                suite.line(f"{seconds:.6f} {event.sender}: gap, {event.missing} bytes were not captured")
            case Fault():
                line = f"{seconds:.6f} {event.sender}: {event.reason}"
                self._case(suite, f"PDUs of the {event.sender}", line, [broken for _, broken in found_in(event)])
            case Ended():
                by = f" by the {event.by}" if event.by else ""
                line = f"{seconds:.6f} {event.how}{by}{': ' if event.text else ''}{event.text}"
                self._case(suite, f"end of the Association: {event.how}", line, event.violations)
                self._close(self._open.pop(association.number), association, event)

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        error = f'<error type="UNREAD" message={_attribute(reason)}>{_text(reason)}</error>'
        self._single(None, "incomplete", "reading", error, errors=1)

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        self._write("</testsuites>\n")

    def _case(self, suite: _Suite, name: str, line: str, violations: Iterable[Violation]) -> None:
        told = [f"{each.severity}: {each} [{each.rule}]" for each in violations]
        failures = [each for each in violations if each.severity in self._failing]
        suite.line("\n    ".join(map(plain, [line, *told])))
        body = ""
        if failures:
            text = "\n".join(map(plain, [line, *told]))
            rules = ", ".join(dict.fromkeys(each.rule for each in failures))
            body = f"<failure type={_attribute(rules)} message={_attribute(str(failures[0]))}>{_text(text)}</failure>"
        suite.case(name, self._path, body)

    def _close(self, suite: _Suite, association: Association, event: Ended) -> None:
        name = f"{self._path} A{association.number} {association.name('requestor')} > {association.name('acceptor')}"
        counts = {"tests": suite.tests, "failures": suite.failures, "errors": 0, "skipped": 0}
        self._suite(name, suite.began, event.time, counts, _properties(association, event))
        for chunk in suite.cases():
            self._write(chunk)
        self._write("<system-out>")
        for chunk in suite.lines():
            self._write(chunk)
        self._write("</system-out>\n<system-err></system-err>\n</testsuite>\n")

    def _single(
        self, event: Encrypted | None, name: str, case: str, body: str, errors: int = 0, skipped: int = 0
    ) -> None:
        """A suite of one case."""
        time = 0 if event is None else event.time
        counts = {"tests": 1, "failures": 0, "errors": errors, "skipped": skipped}
        self._suite(f"{self._path} {name}", time, time, counts, [])
        self._write(_case(case, self._path, body))
        self._write("<system-out></system-out>\n<system-err></system-err>\n</testsuite>\n")

    def _suite(
        self, name: str, began: int, ended: int, counts: dict[str, int], properties: Iterable[tuple[str, str]]
    ) -> None:
        when = datetime.fromtimestamp(began // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        counted = "".join(f' {key}="{number}"' for key, number in counts.items())
        time = max(0, ended - began) / 10**9
        self._write(
            f'<testsuite name={_attribute(name)} package={_attribute(self._path)} id="{self._suites}"'
            f' hostname="localhost" timestamp="{when}" time="{time:.6f}"{counted}>\n<properties>\n'
        )
        self._suites += 1
        for key, value in properties:
            self._write(f"<property name={_attribute(key)} value={_attribute(value)}/>\n")
        self._write("</properties>\n")

    def _write(self, text: str) -> None:
        self._output.raw(text.encode("ascii", "xmlcharrefreplace").decode("ascii"))


class _Suite:
    """The cases of an Association that has not ended, and the lines that tell it."""

    def __init__(self, began: int) -> None:
        self.began = began
        self.tests = self.failures = 0
        self._cases = _spool()
        self._lines = _spool()

    def case(self, name: str, path: str, body: str) -> None:
        """Add a case."""
        self.tests += 1
        self.failures += bool(body)
        self._cases.write(_case(name, path, body))

    def line(self, text: str) -> None:
        """Add lines, of printable characters and line ends."""
        self._lines.write(escape(f"{text}\n"))

    def cases(self) -> Iterator[str]:
        """All cases, as written."""
        return _read(self._cases)

    def lines(self) -> Iterator[str]:
        """All lines, as written."""
        return _read(self._lines)


def _spool() -> IO[str]:
    return SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")


def _read(file: IO[str]) -> Iterator[str]:
    with file:
        file.seek(0)
        yield from iter(lambda: file.read(_CHUNK), "")


def _case(name: str, path: str, body: str) -> str:
    return f'<testcase name={_attribute(name)} classname={_attribute(path)} time="0">{body}</testcase>\n'


def _properties(association: Association, event: Ended) -> Iterator[tuple[str, str]]:
    yield "requestor", str(association.requestor)
    yield "acceptor", str(association.acceptor)
    found = association.negotiated
    if found is not None:
        yield "calling AE title", found.calling
        yield "called AE title", found.called
        yield "requestor's implementation", found.requestor.version or found.requestor.implementation or ""
        yield "acceptor's implementation", found.acceptor.version or found.acceptor.implementation or ""
        yield "window", f"{found.window[0]}/{found.window[1]}"
    yield "seen from its start", "yes" if association.from_start else "no"
    yield "end", event.how


def _attribute(text: str) -> str:
    """A value in its quotes: every character that XML does not allow is none that `plain` lets through."""
    return quoteattr(plain(text))


def _text(text: str) -> str:
    return escape("\n".join(map(plain, text.split("\n"))))
