"""Orthanc, and how the tests start it and make it act as an SCU: by its REST interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from attrs import frozen

from .ends import OURS
from .programs import path_of, server
from .relay import HOST, PATIENCE, Wire, free_port, wait_for

ORTHANC = "orthanc"
TITLE = "ORTHANC"
BUFFER = 4096  # small, so that it waits for us and not we for it
OPENER = build_opener(ProxyHandler({}))


@frozen
class Orthanc:
    """A running Orthanc.

    Attributes:
        port: of the relay before its DICOM server.
        http: port of its REST interface.
    """

    port: int
    http: int

    def get(self, path: str) -> Any:
        """What its REST interface has at a path."""
        return self._ask(Request(f"http://{HOST}:{self.http}{path}"))

    def post(self, path: str, body: object) -> Any:
        """What its REST interface answers to JSON, or to bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._ask(Request(f"http://{HOST}:{self.http}{path}", data, method="POST"))

    def _ask(self, request: Request) -> Any:
        with OPENER.open(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def is_up(self) -> bool:
        """Whether its REST interface answers."""
        try:
            return bool(self.get("/system"))
        except OSError:
            return False

    def import_files(self, paths: list[Path]) -> list[str]:
        """Import instances, and give Orthanc's names for them."""
        return [self.post("/instances", path.read_bytes())["ID"] for path in paths]


@contextmanager
def orthanc(wire: Wire, folder: Path, **modalities: int) -> Iterator[Orthanc]:
    """An Orthanc that knows the ports of AEs."""
    folder.mkdir()
    http = 0

    def command(port: int) -> list[object]:
        nonlocal http
        http = free_port()
        configuration = {
            "StorageDirectory": str(folder / "storage"),
            "IndexDirectory": str(folder / "storage"),
            "HttpPort": http,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomAet": TITLE,
            "DicomPort": port,
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "DicomModalities": {title: [title, HOST, to] for title, to in modalities.items()},
            "DicomScuTimeout": int(PATIENCE),
            "DicomScpTimeout": int(PATIENCE),
            "DicomAssociationCloseDelay": 0,
            "SyncStorageArea": False,
        }
        path = folder / "orthanc.json"
        path.write_text(json.dumps(configuration), "utf-8")
        return ["env", f"TCP_BUFFER_LENGTH={BUFFER}", path_of("Orthanc", "orthanc"), path]

    with server(command, folder) as port:
        running = Orthanc(wire.relay(port, OURS, ORTHANC, BUFFER), http)
        wait_for(running.is_up, "Orthanc answers")
        yield running
        wire.settle()
