"""A Storage SCP that refuses requests which break PS3.7, each with the status that fits and an Error Comment.

    python examples/strict_store_scp.py PORT

pynetdicom hides from a handler what a request lacks; the watch has seen its bytes before.
"""

import sys
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt

import dimse
import dimse.pynetdicom

refusals: dict[Any, Any] = {}


def judge(report: dimse.pynetdicom.Report) -> None:
    """Keep the refusal of a request in which something is in error, until its handler asks."""
    request = report.message
    if request is not None and request.role == "request" and not report.is_ours:
        refusal = dimse.answer(request, report.violations)
        if refusal is not None:
            refusals[report.association, request.MessageID] = refusal


def store(event: evt.Event) -> Dataset | int:
    """Refuse, or take the instance."""
    refusal = refusals.pop((event.assoc, event.request.MessageID), None)
    if refusal is None:
        return 0x0000
    status = Dataset()
    status.Status = refusal.status
    if refusal.error_comment is not None:
        status.ErrorComment = refusal.error_comment
    print(f"refused with {refusal.status:04X}H {refusal.type}: {refusal.violation}", flush=True)
    return status


def serve(port: int, *, block: bool = True) -> Any:
    """The server."""
    ae = AE("STRICT")
    ae.supported_contexts = AllStoragePresentationContexts
    handlers = [(evt.EVT_C_STORE, store), *dimse.pynetdicom.watch(judge)]
    return ae.start_server(("127.0.0.1", port), block=block, evt_handlers=handlers)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
