"""What `dimse check` is given: captures, raw streams and directories of them, told by what they hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from attrs import frozen

from dimse.capture.associate import P_DATA
from dimse.capture.frames import Endpoint
from dimse.capture.packets import is_capture
from dimse.capture.streams import HEAD, UNKNOWN, is_stream, side_of

# Standard input: a capture, perhaps one that is still being written.
STDIN = "-"
# As tcpflow names what one side sent: 192.000.002.001.50000-192.000.002.002.00104
_ADDRESS = r"(\d{1,3}(?:\.\d{1,3}){3})\.(\d{1,5})"
_TCPFLOW = re.compile(f"{_ADDRESS}-{_ADDRESS}")
_SIDES = {".requestor": ".acceptor", ".acceptor": ".requestor"}


@frozen
class Source:
    """A capture; or the stream of one side, and the file of the other side where there is one.

    Attributes:
        path: as it was given, or found.
        streams: the files of the requestor and the acceptor, one of them perhaps ""; None for a capture.
        ends: their addresses, where the names say them.
    """

    path: str
    streams: tuple[str, str] | None = None
    ends: tuple[Endpoint, Endpoint] = (UNKNOWN, UNKNOWN)

    @property
    def size(self) -> int:
        """Bytes to be read; 0 where that cannot be known."""
        paths = [self.path] if self.streams is None else [path for path in self.streams if path]
        return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))


def sources(paths: Iterable[str]) -> list[Source]:
    """What is to be read, in the order given; of directories, what can be read in them, in the order of their names.

    Of two files that are the two sides of one connection, the second one is not read again.
    """
    found: list[Source] = []
    paired: set[str] = set()
    for path in paths:
        if path == STDIN:
            found.append(Source(STDIN))
            continue
        for each in _below(path) if os.path.isdir(path) else [path]:
            if os.path.realpath(each) in paired:
                continue
            source = _source(each)
            paired.update(os.path.realpath(other) for other in source.streams or () if other and other != each)
            found.append(source)
    return found


def _below(folder: str) -> Iterator[str]:
    """Captures and streams in a directory and those below it; links to directories are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            head = _head(path)
            if is_capture(head) or is_stream(head):
                yield path


def _head(path: str) -> bytes:
    """The first bytes of a file; none of what is no file, or cannot be read: reading it will say why."""
    if not os.path.isfile(path):
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _source(path: str) -> Source:
    head = _head(path)
    if not is_stream(head):
        return Source(path)
    other, ends = _other(path)
    if other and head[0] == _head(other)[0] != P_DATA:
        other = ""  # two that both ask, or both answer
    named = os.path.splitext(path)[0].endswith(".acceptor") and head[0] == P_DATA
    if side_of(head) == 1 or (named and not (other and side_of(_head(other)) == 1)):
        return Source(path, (other, path), (ends[1], ends[0]))
    return Source(path, (path, other), ends)


def _other(path: str) -> tuple[str, tuple[Endpoint, Endpoint]]:
    """The file of the other side, "" where there is none; and the addresses of this side and the other."""
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    base, side = os.path.splitext(stem)
    ends = UNKNOWN, UNKNOWN
    flow = _TCPFLOW.fullmatch(name)
    if side in _SIDES:
        name = f"{base}{_SIDES[side]}{suffix}"
    elif flow:
        name = "-".join(reversed(name.split("-")))
        ends = _endpoint(flow[1], flow[2]), _endpoint(flow[3], flow[4])
    else:
        return "", ends
    path = os.path.join(folder, name)
    return path if is_stream(_head(path)) else "", ends


def _endpoint(address: str, port: str) -> Endpoint:
    numbers = [int(each) for each in address.split(".")]
    if max(numbers) > 255 or int(port) > 65535:
        return UNKNOWN
    return Endpoint(bytes(numbers), int(port))
