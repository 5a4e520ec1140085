"""DCMTK's programs, and how the tests start them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .ends import OURS, TITLE
from .programs import path_of, run, server
from .relay import HOST, Wire

DCMTK = "dcmtk"
QR_TITLE, STORE_TITLE, PRINT_TITLE = "QRSCP", "STORESCP", "PRINTSCP"
BUFFER = 4096  # small, so that dcmqrscp waits for us and not we for it
CONFIGURATION = """
NetworkTCPPort = {port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
{hosts}
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
{title} {storage} RW (200, 1024mb) ANY
AETable END
"""
PRINTER = """
[[GENERAL]]
[APPLICATION]
LogDirectory = log
LogFile = general.log
LogLevel = INFO
[PRINT]
Server = dcmprscp
Directory = spool
DetailedLog = false
BinaryLog = false
[DATABASE]
Directory = database
[LUT]
Directory = lut
[[COMMUNICATION]]
[{title}]
Aetitle = {title}
Description = A printer
Hostname = localhost
Port = {port}
Type = LOCALPRINTER
DisableNewVRs = false
DisplayFormat = 1,1
EmptyImageDensity = BLACK
FilmDestination = MAGAZINE
FilmSizeID = 8INX10IN
ImplicitOnly = false
MagnificationType = NONE
MaxPDU = 32768
MediumType = PAPER
ResolutionID = STANDARD
Supports12Bit = true
SupportsPresentationLUT = false
"""


def tool(name: str) -> str:
    """Where one of DCMTK's programs is."""
    return path_of(name, "dcmtk")


def call(name: str, port: int, *options: object, files: Iterable[Path] = (), code: int = 0) -> str:
    """Run one of DCMTK's SCUs against us, and give what it printed."""
    return run(tool(name), "-v", "-aec", TITLE, *options, HOST, port, *files, code=code)


@contextmanager
def storescp(wire: Wire, folder: Path, requestor: str = OURS, *options: object) -> Iterator[int]:
    """A storescp that keeps what it gets in a folder; the port of the relay before it."""
    folder.mkdir()
    with server(lambda port: [tool("storescp"), "-aet", STORE_TITLE, *options, "-od", folder, port], folder) as port:
        yield wire.relay(port, requestor, DCMTK)
        wire.settle()


@contextmanager
def dcmqrscp(wire: Wire, folder: Path, **destinations: int) -> Iterator[int]:
    """A dcmqrscp that knows the ports of AEs; the port of the relay before it."""
    storage = folder / "storage"
    storage.mkdir(parents=True)
    hosts = "\n".join(f"{title.lower()} = ({title}, localhost, {port})" for title, port in destinations.items())

    def command(port: int) -> list[object]:
        configuration = folder / "dcmqrscp.cfg"
        text = CONFIGURATION.format(port=port, hosts=hosts, title=QR_TITLE, storage=storage)
        configuration.write_text(text, "utf-8")
        return ["env", f"TCP_BUFFER_LENGTH={BUFFER}", tool("dcmqrscp"), "--allow-shutdown", "-c", configuration]

    with server(command, folder) as port:
        yield wire.relay(port, OURS, DCMTK, BUFFER)
        wire.settle()


@contextmanager
def dcmprscp(wire: Wire, folder: Path) -> Iterator[int]:
    """A dcmprscp with one printer; the port of the relay before it."""
    for name in ("spool", "database", "log", "lut"):
        (folder / name).mkdir(parents=True)

    def command(port: int) -> list[object]:
        configuration = folder / "print.cfg"
        configuration.write_text(PRINTER.format(port=port, title=PRINT_TITLE), "utf-8")
        return [tool("dcmprscp"), "-c", configuration, "-p", PRINT_TITLE]

    with server(command, folder) as port:
        yield wire.relay(port, OURS, DCMTK)
        wire.settle()
