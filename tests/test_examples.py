"""The examples do what they say, with servers of pynetdicom on this machine."""

from __future__ import annotations

import runpy
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.dsutils import create_file_meta
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove as STUDY_ROOT

import dimse
import dimse.pynetdicom

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """An example that installs our codec does not leave it to the next test."""
    yield
    dimse.pynetdicom.uninstall()


def instance(number: int) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = CT, f"1.2.3.{number}", "1"
    uids: Any = {"sop_class_uid": CT, "sop_instance_uid": ds.SOPInstanceUID, "transfer_syntax": "1.2.840.10008.1.2"}
    ds.file_meta = create_file_meta(**uids)
    return ds


def server(*handlers: Any, contexts: tuple[str, ...], requested: tuple[str, ...] = ()) -> Any:
    ae = AE("SERVER")
    for context in contexts:
        ae.add_supported_context(context)
    for context in requested:
        ae.add_requested_context(context)
    return ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=list(handlers))


def pause(association: Any) -> None:
    """Keep pynetdicom's thread from taking the response, as its own `send_c_store` does."""
    association._reactor_checkpoint.clear()
    while not association._is_paused:
        time.sleep(0.01)


def fields_of(example: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / example))


@pytest.mark.parametrize("lies", [False, True])
def test_the_move_scu(lies: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows each response with its counts, and says whether the peer keeps to the standard."""
    store = server((evt.EVT_C_STORE, lambda _: 0), contexts=(CT,))

    def move(_: evt.Event) -> Iterator[Any]:
        yield "127.0.0.1", store.server_address[1]
        yield 2
        yield 0xFF00, instance(1)
        yield 0xFF00, instance(2)

    def forget(event: evt.Event) -> None:
        event.message.command_set.pop("NumberOfRemainingSuboperations", None)

    handlers = [(evt.EVT_C_MOVE, move), *([(evt.EVT_DIMSE_SENT, forget)] if lies else [])]
    archive = server(*handlers, contexts=(STUDY_ROOT,), requested=(CT,))
    try:
        code = fields_of("move_scu.py")["main"]("127.0.0.1", str(archive.server_address[1]), "SERVER", "1.2.3")
    finally:
        archive.shutdown()
        store.shutdown()
    shown = capsys.readouterr().out
    assert "FF00H Pending" in shown
    assert ("1 remaining, 1 completed" in shown) == (not lies)
    assert "0000H Success" in shown
    assert ("NumberOfRemainingSuboperations" in shown) == lies
    assert shown.splitlines()[-1] == f"verdict: {'the peer does not keep to PS3.7' if lies else 'in order'}"
    assert code == lies


def test_the_strict_scp(capsys: pytest.CaptureFixture[str]) -> None:
    """It takes what is in order, and refuses a C-STORE without Priority, which pynetdicom alone would take."""
    strict = fields_of("strict_store_scp.py")["serve"](0, block=False)
    ae = AE()
    ae.add_requested_context(CT, "1.2.840.10008.1.2")
    try:
        association = ae.associate("127.0.0.1", strict.server_address[1])
        assert association.send_c_store(instance(1)).Status == 0
        rq = dimse.C_STORE(MessageID=9, AffectedSOPClassUID=CT, AffectedSOPInstanceUID="1.2", Priority=None)
        rq.DataSet = b"\x10\0\x20\0\2\0\0\x001 "
        pause(association)
        for control, data in ((b"\3", rq.encode()), (b"\2", rq.DataSet.getvalue())):
            item = struct.pack(">IB", len(data) + 2, association.accepted_contexts[0].context_id) + control + data
            association.dul.socket.send(struct.pack(">BxI", 4, len(item)) + item)
        _, response = association.dimse.get_msg(block=True)
        assert response.Status == dimse.answer(dimse.decode(rq.encode())).status
        assert response.Status
        association._reactor_checkpoint.set()
        association.release()
    finally:
        strict.shutdown()
    assert "Priority is M and absent" in capsys.readouterr().out


@pytest.mark.parametrize("status", [0, 0xFF00])
def test_what_is_wrong(status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Five lines say what is wrong with a peer, and nothing of one that is in order."""

    def change(event: evt.Event) -> None:
        event.message.command_set.Status = status

    peer = server((evt.EVT_DIMSE_SENT, change), contexts=(VERIFICATION,))
    monkeypatch.setattr(sys, "argv", ["", "127.0.0.1", str(peer.server_address[1])])
    try:
        fields_of("what_is_wrong.py")
    finally:
        peer.shutdown()
    shown = capsys.readouterr().out
    assert ("C-ECHO-RSP of the acceptor, the peer: Status FF00H" in shown) == bool(status)
    assert bool(shown) == bool(status)
