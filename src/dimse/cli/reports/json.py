"""Events as JSON."""

from __future__ import annotations

import json
from typing import Any

from dimse.capture import Association, Began, Encrypted, Ended, Event, Fault, Gap, Kept, Said
from dimse.cli.output import Output, spelt
from dimse.cli.reports.data_set import data_set_lines, size
from dimse.cli.reports.links import Links
from dimse.cli.reports.report import Summary
from dimse.cli.wording import name_of, parameters, violation_json


class Json:
    """One JSON document, written as it comes: the events in order, a line each, then the summary."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._path = ""
        self._links = Links()
        self._between = '{"events": ['

    def _write(self, entry: dict[str, Any]) -> None:
        self._output.raw(f"{self._between}\n{json.dumps(entry)}")
        self._between = ","

    def begin(self, path: str) -> None:
        """See `Report`."""
        self._path = spelt(path)

    def unread(self, path: str, reason: str) -> None:
        """See `Report`."""
        self._write({"event": "unread", "capture": self._path, "reason": reason})

    def end(self, summary: Summary) -> None:
        """See `Report`."""
        start = self._between if self._between != "," else ""
        self._output.raw(f'{start}\n], "summary": {json.dumps(summary.as_json())}}}\n')

    def event(self, event: Event, first: int) -> None:
        """See `Report`."""
        seconds = (event.time - first) / 10**9 if event.time else None
        entry = {"event": type(event).__name__.lower(), "capture": self._path, "frame": event.frame, "seconds": seconds}
        self._links.follow(event)
        entry |= facts_of(event)
        if isinstance(event, Said):
            parent = self._links.parent(event)
            entry["sub_operation_of"] = parent and {
                "association": parent[1],
                "service": parent[0].service,
                "message_id": parent[0].message_id,
            }
        elif isinstance(event, Ended):
            found = self._links.unanswered(event)
            entry["unanswered"] = [{"number": number, "service": each.service} for each, number in found]
            self._links.forget(event)
        self._write(entry)


def facts_of(event: Event) -> dict[str, Any]:
    """What an event says, as JSON has it."""
    if isinstance(event, Encrypted):
        return {"client": str(event.client), "server": str(event.server)}
    association: Association = event.association  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"association": association.number}
    match event:
        case Began():
            facts |= _negotiated(association)
        case Said():
            primitive = event.message.primitive
            data_set = event.message.data_set
            facts |= {
                "number": event.number,
                "from": event.sender,
                "message": name_of(primitive),
                "context": event.message.context_id,
                "parameters": parameters(primitive),
                "command": event.message.command.hex(),
                "data_set": None if data_set is None else {"length": size(data_set), "missing": event.missing},
                "anomalies": [str(each) for each in (*primitive.anomalies, *event.message.anomalies)],
                "violations": [violation_json(each) for each in event.judgement.violations],
            }
            if isinstance(data_set, Kept):
                facts["data_set"]["elements"] = data_set_lines(event)
        case Gap():
            facts |= {"from": event.sender, "missing": event.missing}
        case Fault():
            facts |= {"from": event.sender, "reason": event.reason}
        case Ended():
            facts |= _negotiated(association) if event.how == "rejected" else {}
            facts |= {"how": event.how, "by": event.by, "text": event.text}
            facts["violations"] = [violation_json(each) for each in event.violations]
    return facts


def _negotiated(association: Association) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "from_start": association.from_start,
        "requestor": str(association.requestor),
        "acceptor": str(association.acceptor),
    }
    found = association.negotiated
    if found is not None:
        facts |= {"calling": found.calling, "called": found.called, "window": list(found.window)}
        facts["contexts"] = [
            {
                "id": number,
                "abstract_syntax": context.abstract_syntax,
                "proposed": list(context.proposed),
                "result": context.result,
                "transfer_syntax": context.transfer_syntax,
            }
            for number, context in found.contexts.items()
        ]
        facts["roles"] = {"requestor": found.requestor.roles, "acceptor": found.acceptor.roles}
    return facts
