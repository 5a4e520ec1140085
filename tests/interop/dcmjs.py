"""dcmjs-dimse, and how the tests start it: two scripts that say what is asked and what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .ends import OURS, TITLE
from .programs import node_module, run, server
from .relay import Wire

DCMJS = "dcmjs-dimse"
DCMJS_TITLE = "DCMJS"
SCU, SCP = (Path(__file__).with_name(f"dcmjs_{role}.js") for role in ("scu", "scp"))


def call(port: int, what: str, *arguments: object) -> dict[str, Any]:
    """Run an SCU against us; the Status of each response it got, and the instances of each C-STORE."""
    printed = run(node_module(DCMJS), SCU, port, TITLE, what, *arguments)
    answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return answer


@contextmanager
def dcmjs(wire: Wire, folder: Path, *files: Path, **destinations: int) -> Iterator[int]:
    """An SCP that has the instances of files and knows the ports of AEs; the port of the relay before it."""
    folder.mkdir()
    known = [f"{title}={port}" for title, port in destinations.items()]
    with server(lambda port: [node_module(DCMJS), SCP, port, *known, *files], folder) as port:
        yield wire.relay(port, OURS, DCMJS)
        wire.settle()
