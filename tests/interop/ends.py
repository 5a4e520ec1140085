"""Our ends: pynetdicom, which speaks through our layer while that is installed, as SCU and as SCP.

The SCP is an archive in memory; a handler answers as the standard has it and no more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import Factory, define, field
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import build_context, build_role
from pynetdicom.sop_class import (
    ModalityPerformedProcedureStep,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from dimse.pynetdicom import Report, watch

from .instances import SOP_CLASS
from .judged import judged
from .relay import HOST, PATIENCE, Wire, wait_for

OURS = "pynetdicom"
TITLE = "OURS"
SYNTAXES: list[str | UID] = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
VERIFICATION = UID("1.2.840.10008.1.1")
FIND = StudyRootQueryRetrieveInformationModelFind
GET = StudyRootQueryRetrieveInformationModelGet
MOVE = StudyRootQueryRetrieveInformationModelMove
MPPS = ModalityPerformedProcedureStep
COMMITMENT = StorageCommitmentPushModel
COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
SERVICES = (VERIFICATION, SOP_CLASS, FIND, GET, MOVE, MPPS, COMMITMENT)
SUCCESS, PENDING, CANCEL = 0x0000, 0xFF00, 0xFE00
NO_SUCH_INSTANCE, UNKNOWN_DESTINATION = 0x0112, 0xA801


# The handlers that every end of ours has.
_watch: list[Any] = []


@contextmanager
def watched() -> Iterator[list[Report]]:
    """What a watch of all our ends reports of every message, while it lasts."""
    reports: list[Report] = []
    _watch[:] = watch(reports.append, every=True)
    try:
        yield reports
    finally:
        _watch.clear()


def entity(title: str = TITLE) -> AE:
    """An AE that waits long for slow machines."""
    ae = AE(title)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = PATIENCE
    return ae


@contextmanager
def scu(
    port: int,
    *services: str,
    called: str,
    handlers: list[Any] | None = None,
    roles: list[Any] | None = None,
) -> Iterator[Association]:
    """An association of ours, released at the end."""
    contexts = [build_context(service, SYNTAXES) for service in services]
    association = entity().associate(
        HOST, port, contexts=contexts, ae_title=called, ext_neg=roles, evt_handlers=[*_watch, *(handlers or ())]
    )
    assert association.is_established, f"{called} has not accepted"
    try:
        yield association
        association.release()
    finally:
        if not association.is_released:
            association.abort()


def scp_role(service: str) -> SCP_SCU_RoleSelectionNegotiation:
    """The role of an SCP, for the side that requests the association."""
    return build_role(service, scp_role=True)


@define(eq=False)
class Archive:
    """An SCP of every service.

    Attributes:
        images: what it has, by SOP Instance UID.
        destinations: ports of the AEs that it can move to, by AE title.
        steps: Performed Procedure Steps, by SOP Instance UID.
        cancel_after: the responses after which it waits to be cancelled; None to answer to the end.
        commit_to: the port at which it reports commitments; None to report nothing.
        reports: N-EVENT-REPORTs that it got: Event Type ID and Event Information.
    """

    images: dict[str, Dataset] = Factory(dict)
    destinations: dict[str, int] = Factory(dict)
    steps: dict[str, Dataset] = Factory(dict)
    cancel_after: int | None = None
    commit_to: int | None = None
    reports: list[tuple[int, Dataset]] = Factory(list)
    _reporters: list[threading.Thread] = field(factory=list, init=False)

    def add(self, images: list[Dataset]) -> None:
        """Take in instances without a C-STORE."""
        self.images.update({image.SOPInstanceUID: image for image in images})

    @contextmanager
    def serve(self, wire: Wire, peer: str, title: str = TITLE) -> Iterator[int]:
        """Serve a peer, until all that was begun is over; the port at which it finds the relay before us."""
        ae = entity(title)
        for service in SERVICES:
            ae.add_supported_context(service, SYNTAXES, scu_role=True, scp_role=True)
        server = ae.start_server((HOST, 0), block=False, evt_handlers=[*_watch, *self.handlers()])
        assert server is not None
        try:
            yield wire.relay(server.server_address[1], peer, OURS)
            wire.settle()
            for reporter in self._reporters:
                reporter.join(PATIENCE)
            wire.settle()
        finally:
            server.shutdown()

    def handlers(self) -> list[Any]:
        """For `AE.start_server` or `AE.associate`."""
        return [
            (evt.EVT_C_ECHO, lambda _: SUCCESS),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_C_GET, self._get),
            (evt.EVT_C_MOVE, self._move),
            (evt.EVT_N_CREATE, self._create),
            (evt.EVT_N_SET, self._set),
            (evt.EVT_N_ACTION, self._action),
            (evt.EVT_N_EVENT_REPORT, self._report),
        ]

    def _store(self, event: Any) -> int:
        image = event.dataset
        image.file_meta = event.file_meta
        self.images[image.SOPInstanceUID] = image
        return SUCCESS

    def _matching(self, identifier: Dataset) -> list[Dataset]:
        wanted = identifier.get("StudyInstanceUID") or None
        return [image for image in self.images.values() if wanted in (None, image.StudyInstanceUID)]

    def _find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        identifier = event.identifier
        studies = {image.StudyInstanceUID: image for image in self._matching(identifier)}
        for number, image in enumerate(studies.values()):
            if self._is_cancelled(event, number):
                yield CANCEL, None
                return
            answer = Dataset()
            answer.QueryRetrieveLevel = identifier.QueryRetrieveLevel
            for element in identifier:
                if element.keyword in image:
                    setattr(answer, element.keyword, image[element.keyword].value)
            yield PENDING, answer

    def _get(self, event: Any) -> Iterator[Any]:
        yield from self._retrieve(event)

    def _move(self, event: Any) -> Iterator[Any]:
        port = self.destinations.get(event.move_destination)
        if port is None:
            yield None, None
            return
        yield HOST, port, {"contexts": [build_context(SOP_CLASS, SYNTAXES)], "evt_handlers": list(_watch)}
        yield from self._retrieve(event)

    def _retrieve(self, event: Any) -> Iterator[Any]:
        images = self._matching(event.identifier)
        yield len(images)
        for number, image in enumerate(images):
            if self._is_cancelled(event, number):
                yield CANCEL, None
                return
            yield PENDING, image

    def _is_cancelled(self, event: Any, number: int) -> bool:
        if number != self.cancel_after:
            return False
        wait_for(lambda: event.is_cancelled, "a C-CANCEL")  # a cancel is told once: asked again, it is not there
        return True

    def _create(self, event: Any) -> tuple[int, Dataset | None]:
        step = event.attribute_list
        self.steps[event.request.AffectedSOPInstanceUID] = step
        return SUCCESS, step

    def _set(self, event: Any) -> tuple[int, Dataset | None]:
        step = self.steps.get(event.request.RequestedSOPInstanceUID)
        if step is None:
            return NO_SUCH_INSTANCE, None
        step.update(event.modification_list)
        return SUCCESS, None

    def _action(self, event: Any) -> tuple[int, Dataset | None]:
        if self.commit_to is not None:
            report = Dataset()
            report.TransactionUID = event.action_information.TransactionUID
            report.ReferencedSOPSequence = event.action_information.ReferencedSOPSequence
            title = event.assoc.requestor.ae_title
            reporter = threading.Thread(target=self._commit, args=(self.commit_to, title, report))
            self._reporters.append(reporter)
            reporter.start()
        return SUCCESS, None

    def _commit(self, port: int, title: str, report: Dataset) -> None:
        with scu(port, COMMITMENT, called=title, roles=[scp_role(COMMITMENT)]) as association:
            association.send_n_event_report(report, 1, COMMITMENT, COMMITMENT_INSTANCE, msg_id=1)

    def _report(self, event: Any) -> tuple[int, Dataset | None]:
        self.reports.append((event.event_type, event.event_information))
        return SUCCESS, None


def query(**keys: str) -> Dataset:
    """An Identifier at STUDY level."""
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    return identifier


def commitment(transaction: str, image: Dataset) -> Dataset:
    """The Action Information of a request for commitment to one instance."""
    reference, request = Dataset(), Dataset()
    reference.ReferencedSOPClassUID = image.SOPClassUID
    reference.ReferencedSOPInstanceUID = image.SOPInstanceUID
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = [reference]
    return request


def cancelled(wire: Wire, association: Association, model: str, ask: Callable[[], Iterator[Any]]) -> list[Dataset]:
    """The responses to a request with Message ID 7, cancelled while the peer waits for us to take its answers."""
    wire.gate.clear()
    answers = ask()
    association.send_c_cancel(7, query_model=model)
    wait_for(lambda: "C-CANCEL-RQ" in judged(wire.so_far).names(OURS), "the C-CANCEL is on its way")
    wire.gate.set()
    return [status for status, _ in answers]
