"""The two ends of an Association in processes of their own, both of pynetdicom, with our codec in them or without.

`Scp` and `Scu` are started once each and then asked: what is measured is not how long Python takes to start.
"""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"
RESPONSES = 1000
ECHOS = 200
INSTANCES = 100
# pynetdicom sends Command Set and Data Set one after the other, and TCP keeps the second back until the peer has
# acknowledged the first, which it does after 40 ms: the codec is of no account then.
NO_DELAY = "TCP_NODELAY"
_spawn = multiprocessing.get_context("spawn")


class End:
    """A process that answers questions.

    Args:
        run: takes its end of a pipe and `with_ours`.
        with_ours: whether our codec is in it.
    """

    def __init__(self, run: Callable[..., None], with_ours: bool) -> None:
        self._pipe, other = _spawn.Pipe()
        self._process = _spawn.Process(target=run, args=(other, with_ours), daemon=True)
        self._process.start()

    def ask(self, *question: Any) -> Any:
        """The answer to a question."""
        self._pipe.send(question)
        return self._pipe.recv()

    def close(self) -> None:
        """End the process."""
        self._pipe.send(("stop",))
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()


def scp(pipe: Connection, with_ours: bool) -> None:
    """A server; tells its port and the CPU time that it has taken."""
    from pydicom.dataset import Dataset
    from pynetdicom import AE, evt

    _prepare(with_ours)
    matches = [_match(Dataset(), number) for number in range(RESPONSES)]
    ae = AE()
    for context in (FIND, CT, VERIFICATION):
        ae.add_supported_context(context)
    handlers: Any = [
        (evt.EVT_C_FIND, lambda _: ((0xFF00, match) for match in matches)),
        (evt.EVT_C_STORE, lambda _: 0),
    ]
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    answers = {"port": lambda: server.server_address[1], "cpu": time.process_time}
    while (question := pipe.recv()[0]) != "stop":
        pipe.send(answers[question]())
    server.shutdown()


def scu(pipe: Connection, with_ours: bool) -> None:
    """A client; does a task so often and tells the seconds and the CPU seconds that it took."""
    from pydicom.dataset import Dataset
    from pynetdicom import AE, evt
    from pynetdicom.dsutils import create_file_meta

    _prepare(with_ours)
    query, instance = Dataset(), _match(Dataset(), 1)
    query.QueryRetrieveLevel, query.PatientID = "STUDY", "*"
    instance.SOPClassUID, instance.SOPInstanceUID, instance.PixelData = CT, "1.2.3", bytes(2048)
    instance["PixelData"].VR = "OW"
    uids: Any = {"sop_class_uid": CT, "sop_instance_uid": "1.2.3", "transfer_syntax": "1.2.840.10008.1.2"}
    instance.file_meta = create_file_meta(**uids)
    ae = AE()
    for context in (FIND, CT, VERIFICATION):
        ae.add_requested_context(context, "1.2.840.10008.1.2")
    tasks: dict[str, Callable[[Any], Any]] = {
        "C-FIND": lambda association: sum(1 for _ in association.send_c_find(query, FIND)) == RESPONSES + 1,
        "C-ECHO": lambda association: all(association.send_c_echo().Status == 0 for _ in range(ECHOS)),
        "C-STORE": lambda association: all(association.send_c_store(instance).Status == 0 for _ in range(INSTANCES)),
    }
    while (question := pipe.recv())[0] != "stop":
        task, port, times = question
        task, _, option = task.partition(", ")
        handlers: Any = [(evt.EVT_ESTABLISHED, _do_not_delay)] if option == NO_DELAY else []
        association = ae.associate("127.0.0.1", port, evt_handlers=handlers)
        cpu, begun = time.process_time(), time.perf_counter()
        done = all(tasks[task](association) for _ in range(times))
        pipe.send((time.perf_counter() - begun, time.process_time() - cpu, done))
        association.release()


def _do_not_delay(event: Any) -> None:
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _prepare(with_ours: bool) -> None:
    if with_ours:
        import dimse.pynetdicom

        dimse.pynetdicom.install()


def _match(ds: Any, number: int) -> Any:
    ds.QueryRetrieveLevel, ds.PatientName, ds.PatientID = "STUDY", f"Doe^{number}", str(number)
    ds.StudyDate, ds.AccessionNumber, ds.StudyInstanceUID = "20260101", str(number), f"1.2.3.{number}"
    ds.ModalitiesInStudy, ds.StudyDescription = "CT", "Thorax"
    return ds
