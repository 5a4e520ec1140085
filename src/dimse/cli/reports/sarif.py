"""SARIF 2.1.0, as code scanning reads it: a result a violation, then the rules that were broken, each once.

Results are written as they come; the rules follow in `tool`, since only then it is known which of them there are.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dimse.capture import Association, Encrypted, Ended, Event, Fault, Gap, Said
from dimse.cli.output import Output, plain
from dimse.cli.reports.report import Summary
from dimse.cli.reports.sides import FAULT, OF_PDUS, found_in
from dimse.cli.wording import name_of
from dimse.operation import Side
from dimse.violation import Violation

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PAGES = "https://dicom.nema.org/medical/dicom/current/output/html"
_LEVELS = {"error": "error", "warning": "warning", "advisory": "note"}
_SECTION = re.compile(r"PS3\.(\d+) (?:(Tables?|Annex) )?([0-9A-Z][0-9A-Za-z.-]*)")
# Notes stand behind the results, and wait for the end; those above are counted.
MOST_NOTES = 1000
# Rules of ours, beside those of messages: ID, level, section, sentence.
_OURS = {
    FAULT: ("error", OF_PDUS, "What a side sends consists of PDUs, and those of messages."),
    "GAP": ("none", "", "Something was not captured; what was missed is held against nobody."),
    "TLS": ("none", "", "A connection speaks TLS: nothing in it can be read."),
}


class Sarif:
    """One log of one run."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._path = ""
        self._rules: dict[str, tuple[int, str, str]] = {}
        self._notes: list[dict[str, Any]] = []
        self._notes_left_out = 0
        self._between = f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"results": ['

    def begin(self, path: str) -> None:
        """See `Report`."""
        self._path = path

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        if len(self._notes) >= MOST_NOTES:
            self._notes_left_out += 1
        else:
            self._note(f"incomplete: {reason}", [self._location(None, None)])

    def _note(self, text: str, locations: list[dict[str, Any]]) -> None:
        self._notes.append({"level": "error", "message": {"text": _message(text)}, "locations": locations})

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        match event:
            case Said():
                self._violations(event, name_of(event.message.primitive), f"message {event.number}")
            case Ended():
                self._violations(event, "", "end")
            case Fault():
                self._violations(event, "", f"PDUs of the {event.sender}")
            case Gap():
                text = f"{event.missing} bytes of the {event.sender} were not captured, or it could not be followed"
                self._information("GAP", text, self._location(event, event.association, f"the {event.sender}"))
            case Encrypted():
                text = f"{event.client} > {event.server} cannot be read"
                self._information("TLS", text, self._location(event, None))

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        from importlib.metadata import version

        start = self._between if self._between != "," else ""
        rules = [_descriptor(rule, level, section) for rule, (_, level, section) in self._rules.items()]
        if self._notes_left_out:
            self._note(f"incomplete for {self._notes_left_out} more reasons", [])
        driver = {"name": "dimse", "version": version("dimse"), "rules": rules}
        invocation = {"executionSuccessful": not self._notes, "toolExecutionNotifications": self._notes}
        tail = f'"tool": {json.dumps({"driver": driver})}, "invocations": [{json.dumps(invocation)}]'
        self._output.raw(f'{start}\n], "columnKind": "unicodeCodePoints", {tail}}}]}}\n')

    def _violations(self, event: Said | Ended | Fault, name: str, place: str) -> None:
        for side, violation in found_in(event):
            self._violation(event, event.association, side, violation, name, place)

    def _violation(
        self, event: Event, association: Association, side: Side, violation: Violation, name: str, place: str
    ) -> None:
        who = association.name(side)
        located = f"A{association.number}", place
        result = {
            "message": {"text": _message(f"{who}{', ' * bool(name)}{name}: {violation}")},
            "level": _LEVELS[violation.severity],
            "locations": [self._location(event, association, place)],
            "partialFingerprints": {
                "whoBrokeWhat/v1": _digest(violation.rule, who, name, violation.keyword),
                "place/v1": _digest(violation.rule, violation.keyword, Path(self._path).name, *located),
            },
            "properties": {"side": side, "title": plain(who), "section": violation.section, "frame": event.frame},
        }
        self._result(violation.rule, _LEVELS[violation.severity], violation.section, result)

    def _information(self, rule: str, text: str, location: dict[str, Any]) -> None:
        result = {
            "message": {"text": _message(text)},
            "kind": "informational",
            "level": "none",
            "locations": [location],
        }
        self._result(rule, "none", "", result)

    def _result(self, rule: str, level: str, section: str, result: dict[str, Any]) -> None:
        index, _, _ = self._rules.setdefault(rule, (len(self._rules), level, section))
        self._output.raw(f"{self._between}\n{json.dumps({'ruleId': rule, 'ruleIndex': index, **result})}")
        self._between = ","

    def _location(self, event: Event | None, association: Association | None, place: str = "") -> dict[str, Any]:
        """The capture; within it, Association and message: a frame is no line and no offset in a text."""
        location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(self._path)}}}
        if association is not None:
            name = f"A{association.number}/{place}"
            location["logicalLocations"] = [{"name": place, "fullyQualifiedName": name, "kind": "message"}]
        if event is not None:
            location["message"] = {"text": f"frame {event.frame}"}
        return location


def _message(text: str) -> str:
    """A plain text message: no placeholder and no link in it. Source: SARIF 2.1.0, 3.11.5 and 3.11.6."""
    return plain(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _uri(path: str) -> str:
    text = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    return f"file://{text}" if text.startswith("/") else text


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _descriptor(identifier: str, level: str, section: str) -> dict[str, Any]:
    """A rule as SARIF has it, with its place in the standard."""
    from dimse.services import RULES

    if identifier in _OURS:
        level, section, purpose = _OURS[identifier]
    elif (rule := RULES.get(identifier)) is not None and section in ("", rule.section):
        level, section, purpose = _LEVELS[rule.severity], rule.section, rule.purpose
    else:  # of a profile, by whose document it stands
        purpose = identifier if rule is None else rule.purpose
    found = {"id": identifier, "shortDescription": {"text": purpose}, "defaultConfiguration": {"level": level}}
    if section:
        found["help"] = {"text": f"{section}. {purpose}"}
        if section.startswith("PS3."):  # what another document says has no page that we know
            found["helpUri"] = help_uri(section)
    return found


def help_uri(section: str) -> str:
    """Where "PS3.7 9.1.4.1.8" or "PS3.4 Table C.4-2" stands in the standard's own pages; of several, the first."""
    found = _SECTION.match(section)
    if found is None:
        return f"{_PAGES}/part07.html"
    part, kind, name = found.groups()
    if kind and kind.startswith("Table"):
        anchor = f"table_{name}"
    else:
        anchor = f"sect_{name}" if "." in name else f"chapter_{name}"
    return f"{_PAGES}/part{int(part):02}.html#{anchor}"
