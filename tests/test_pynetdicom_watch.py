"""Associations of pynetdicom judged by handlers: what is wrong is reported, whoever can read it, and nothing else."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

import dimse
import dimse.pynetdicom
from dimse.pynetdicom import NonconformanceError, Report, watch
from dimse.pynetdicom.watch import MOST_KEPT

CT = "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
VERIFICATION = "1.2.840.10008.1.1"


@pytest.fixture(autouse=True, params=[False, True], ids=["pynetdicom", "ours"])
def layer(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Every test with pynetdicom as it is and with our codec in it."""
    if request.param:
        dimse.pynetdicom.install()
    yield request.param
    dimse.pynetdicom.uninstall()


@contextmanager
def served(*handlers: Any, contexts: tuple[str, ...] = (VERIFICATION, FIND, MOVE, CT), **setting: Any) -> Iterator[int]:
    """A server on a free port; gives the port."""
    ae = AE(ae_title=setting.get("title", "SERVER"))
    ae.supported_contexts = []
    for context in contexts:
        ae.add_supported_context(context)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=list(handlers))
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


def associate(port: int, handlers: list[Any], title: str = "CLIENT") -> Any:
    ae = AE(ae_title=title)
    for context in (VERIFICATION, FIND, MOVE, CT):
        ae.add_requested_context(context)
    association = ae.associate("127.0.0.1", port, evt_handlers=handlers, ae_title="SERVER")
    assert association.is_established
    return association


def query() -> Dataset:
    ds = Dataset()
    ds.QueryRetrieveLevel, ds.PatientID = "STUDY", "*"
    return ds


def rules(reports: list[Report]) -> list[str]:
    return [violation.rule for report in reports for violation in report.violations]


def test_nothing_to_say() -> None:
    """Of a conversation in order nothing is reported, and with `every` each message once, in order."""
    reports: list[Report] = []
    with served((evt.EVT_C_FIND, lambda _: iter([(0xFF00, query())] * 2))) as port:
        association = associate(port, watch(reports.append, every=True))
        list(association.send_c_find(query(), FIND))
        association.send_c_echo()
        association.release()
    names = [report.message.MESSAGES[report.message.role].NAME for report in reports if report.message]
    assert names == ["C-FIND-RQ", "C-FIND-RSP", "C-FIND-RSP", "C-FIND-RSP", "C-ECHO-RQ", "C-ECHO-RSP"]
    assert [report.is_ours for report in reports] == [True, False, False, False, True, False]
    assert [report.sender for report in reports[:2]] == ["requestor", "acceptor"]
    assert rules(reports) == []
    assert reports[1].operation is not None
    assert str(reports[0]) == "C-FIND-RQ of the requestor, we: nothing to say against it"


def test_a_watch_without_a_listener_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Without a callback the logger "dimse.pynetdicom" is told, errors as errors."""
    with served((evt.EVT_C_MOVE, moving_nowhere)) as port, caplog.at_level(logging.INFO, "dimse.pynetdicom"):
        association = associate(port, watch())
        list(association.send_c_move(query(), "NOBODY", MOVE))
        association.send_c_echo()
        association.release()
    assert [record for record in caplog.records if record.name == "dimse.pynetdicom"] == []
    with fake(answer_with(status=0xFF00)) as port, caplog.at_level(logging.INFO, "dimse.pynetdicom"):
        list(associate_raw(port, watch(logging.getLogger("mine"))))
    record, unanswered = [record for record in caplog.records if record.name == "mine"]
    assert unanswered.getMessage().startswith("no message of the acceptor, the peer: C-ECHO 1 of the requestor had no")
    assert record.levelno == logging.ERROR
    assert "acceptor, the peer" in record.getMessage()


def moving_nowhere(_: evt.Event) -> Iterator[Any]:
    yield None, None


# A peer that says what it is told to


def pdu(*pdvs: bytes, context: int = 1) -> bytes:
    items = b"".join(struct.pack(">IB", len(pdv) + 1, context) + pdv for pdv in pdvs)
    return struct.pack(">BxI", 4, len(items)) + items


def answer_with(*, status: int = 0, message_id: int | None = None, raw: bytes | None = None) -> Callable[[Any], bytes]:
    """What answers a request of C-ECHO."""

    def answer(request: Any) -> bytes:
        told = request.MessageID if message_id is None else message_id
        rsp = dimse.C_ECHO_RSP(MessageIDBeingRespondedTo=told, AffectedSOPClassUID=VERIFICATION, Status=status)
        return pdu(b"\3" + (rsp.encode() if raw is None else raw))

    return answer


@contextmanager
def fake(answer: Callable[[Any], bytes]) -> Iterator[int]:
    """A server of pynetdicom that sends, for a C-ECHO, the bytes it is told to and not its own."""

    def echo(event: evt.Event) -> int:
        sockets.append(event.assoc.dul.socket)
        event.assoc.dul.socket.send(answer(event.request))
        event.assoc.dimse.send_msg = lambda *_: None
        return 0

    sockets: list[Any] = []
    with served((evt.EVT_C_ECHO, echo)) as port:
        yield port
    for each in sockets:
        each._shutdown_socket()


def associate_raw(port: int, handlers: list[Any], timeout: float = 5) -> Iterator[Any]:
    association = associate(port, handlers)
    association.dimse_timeout = timeout
    try:
        yield association.send_c_echo()
    finally:
        if association.is_established:
            association.release()
        # A thread of pynetdicom that an exception has ended leaves its socket open.
        association.dul.socket._shutdown_socket()


def test_the_peer_is_reported() -> None:
    """A response that no C-ECHO has is reported with its message, operation and sections."""
    reports: list[Report] = []
    with fake(answer_with(status=0xFF00)) as port:
        list(associate_raw(port, watch(reports.append)))
    report, unanswered = reports
    assert (unanswered.message, unanswered.operation, unanswered.is_ours) == (None, report.operation, False)
    assert not report.is_ours
    assert report.message is not None
    assert report.message.Status == 0xFF00  # type: ignore[attr-defined]
    assert report.operation is not None
    assert report.operation.service == "C-ECHO"
    assert "CONVERSATION.PENDING" in rules(reports)
    assert all(violation.section.startswith("PS3.7") for violation in report.errors)


def test_an_answer_to_nothing() -> None:
    """The conversation knows which Message IDs are outstanding."""
    reports: list[Report] = []
    with fake(answer_with(message_id=77)) as port:
        list(associate_raw(port, watch(reports.append)))
    assert "CONVERSATION.UNKNOWN" in rules(reports)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\0\0\0\1\2\0\0\0\x34\x12\0\0\0\x08\2\0\0\0\1\1", id="no such Command Field"),
        pytest.param(b"\0\0\x10\0\xff\xff\xff\x7f", id="cut short"),
    ],
)
def test_what_pynetdicom_cannot_read(raw: bytes) -> None:
    """A message that pynetdicom cannot decode is reported all the same, and the Association followed no further."""
    reports: list[Report] = []
    with fake(answer_with(raw=raw)) as port:
        list(associate_raw(port, watch(reports.append), timeout=1))
    (report,) = reports
    assert rules(reports) == ["UNREADABLE"]
    assert report.message is None
    assert report.violations[0].section == "PS3.7 6.3.1"
    assert str(report).startswith("an unreadable message of the acceptor, the peer: the Command Set cannot")


def test_raised_at_the_end_of_a_block() -> None:
    """As a context manager a watch raises what was in error, once; nothing where the block failed by itself."""
    with fake(answer_with(status=0xFF00)) as port:
        with pytest.raises(NonconformanceError, match=r"C-ECHO-RSP of the acceptor, the peer") as caught:
            one_echo(port)
        assert len(caught.value.reports) == 1
        handlers = watch(lambda _: None)
        with pytest.raises(ZeroDivisionError):
            failing_block(handlers, port)
        assert len(handlers.errors) == 1
        with pytest.raises(NonconformanceError):
            handlers.raise_errors()
        handlers.raise_errors()


def one_echo(port: int) -> None:
    with watch(lambda _: None) as handlers:
        list(associate_raw(port, handlers))


def failing_block(handlers: Any, port: int) -> None:
    with handlers:
        list(associate_raw(port, handlers))
        raise ZeroDivisionError


def test_severities() -> None:
    """Rules may be off, for one watch; those that are no errors are not raised."""
    reports: list[Report] = []
    with fake(answer_with(message_id=77)) as port:
        list(associate_raw(port, watch(reports.append, severities={"*": "off"})))
        assert reports == []
        with watch(reports.append, severities={"*": "advisory"}) as handlers:
            list(associate_raw(port, handlers))
    assert {violation.severity for report in reports for violation in report.violations} == {"advisory"}


def test_a_server_is_watched() -> None:
    """Handed to `start_server`, a watch follows every Association with a conversation of its own."""
    reports: list[Report] = []
    with served(*watch(reports.append, every=True)) as port:
        for _ in range(3):
            association = associate(port, [])
            assert association.send_c_echo().Status == 0
            association.release()
    assert len(reports) == 6
    assert [report.is_ours for report in reports[:2]] == [False, True]
    assert rules(reports) == []
    assert len({id(report.association) for report in reports}) == 3


def test_both_ends_in_one_watch() -> None:
    """Where one watch has both ends of a connection, each message counts once."""
    reports: list[Report] = []
    handlers = watch(reports.append, every=True)
    with served(*handlers) as port:
        association = associate(port, handlers)
        association.send_c_echo()
        association.release()
    assert len(reports) == 2


@pytest.mark.parametrize("title", ["SERVER", "CLIENT"])
def test_a_c_move_and_its_c_stores(title: str) -> None:
    """A C-MOVE and the C-STOREs that it causes on other Associations are one matter to a watch that has both.

    As Move Originator pynetdicom names itself and not who asked it to move, which is found out.
    """
    reports: list[Report] = []
    stored: list[str] = []
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = CT, "1.2.3", "1"
    ds.file_meta = dimse_file_meta()

    def store(event: evt.Event) -> int:
        stored.append(event.request.AffectedSOPInstanceUID)
        return 0

    def move(event: evt.Event) -> Iterator[Any]:
        contexts = [event.assoc.ae.requested_contexts[0]]
        yield "127.0.0.1", destination, {"contexts": contexts, "ae_title": "DESTINATION"}
        yield 2
        for number in range(2):
            ds.SOPInstanceUID = f"1.2.3.{number}"
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            yield 0xFF00, ds

    handlers = watch(reports.append, every=True)
    with served((evt.EVT_C_STORE, store), *handlers, title="DESTINATION") as destination:
        ae = AE(ae_title="SERVER")
        ae.add_supported_context(MOVE)
        ae.add_requested_context(CT)
        server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_MOVE, move)])
        try:
            association = associate(server.server_address[1], handlers, title)
            list(association.send_c_move(query(), "DESTINATION", MOVE))
            association.release()
        finally:
            server.shutdown()
    assert stored == ["1.2.3.0", "1.2.3.1"]
    assert [report for report in reports if report.errors] == []
    (last,) = [report.operation for report in reports if report.operation and report.operation.is_complete][-1:]
    assert last is not None
    assert last.service == "C-MOVE"
    assert last.outcomes == ({"Success": 2} if title == "SERVER" else {})
    assert rules(reports) == ([] if title == "SERVER" else ["CONVERSATION.MOVE_ORIGINATOR"] * 2)


def dimse_file_meta() -> Any:
    from pydicom.uid import UID
    from pynetdicom.dsutils import create_file_meta

    return create_file_meta(
        sop_class_uid=UID(CT), sop_instance_uid=UID("1.2.3"), transfer_syntax=UID("1.2.840.10008.1.2")
    )


def test_an_abort_accuses_nobody() -> None:
    """What is unanswered when an Association is aborted is nobody's fault."""
    reports: list[Report] = []
    with fake(lambda _: pdu(b"\3" + b"")[:0]) as port:
        association = associate(port, watch(reports.append))
        association.dimse_timeout = 0.3
        association.send_c_echo()
        assert association.is_aborted
    assert reports == []


def test_pdvs_are_judged() -> None:
    """What breaks PS3.8 in the fragments of a message is reported with it."""
    reports: list[Report] = []
    rsp = dimse.C_ECHO_RSP(MessageIDBeingRespondedTo=1, AffectedSOPClassUID=VERIFICATION, Status=0).encode()
    with fake(lambda _: pdu(b"\x83" + rsp)) as port:
        list(associate_raw(port, watch(reports.append)))
    assert rules(reports) == ["PDV.CONTROL"]


def test_what_is_kept_is_bounded() -> None:
    """A watch that nobody asks to raise keeps a few reports, and tells all of them."""
    reports: list[Report] = []
    handlers = watch(reports.append)
    twice = b"".join(answer_with(message_id=77)(None) for _ in range(MOST_KEPT + 5))
    with fake(lambda request: twice + answer_with()(request)) as port:
        list(associate_raw(port, handlers))
    assert len(reports) > MOST_KEPT - 5
    assert len(handlers.errors) <= MOST_KEPT


def test_a_handler_may_abort() -> None:
    """A callback may end the Association on which something was wrong."""
    with fake(answer_with(status=0xFF00)) as port:
        association = associate(port, watch(lambda report: report.association.abort()))
        association.dimse_timeout = 0.5
        association.send_c_echo()
        association.kill()
    assert association.is_aborted


def test_a_peer_that_only_connects() -> None:
    """A connection without an Association leaves nothing and reports nothing."""
    reports: list[Report] = []
    with served(*watch(reports.append)) as port:
        socket.create_connection(("127.0.0.1", port)).close()
    assert reports == []
