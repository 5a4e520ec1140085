"""Where a Data Set goes while its fragments arrive: into memory, into a temporary file, to a callback, or nowhere.

A sink takes one Data Set. It knows neither PDVs nor messages; an `Assembler` makes one for each message, by a function
of the user's, and hands it the bytes as they come, in any cut. Only `Spool` ever opens a file, and only when it has to.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tempfile import SpooledTemporaryFile

# Pieces shorter than this are copied together: a view costs more than it saves, above all in streams cut very small.
SMALL = 4096


class Sink(Protocol):
    """What takes the Data Set of one message."""

    def write(self, data: memoryview, /) -> object:
        """Take the next bytes, never none: a view of the buffer that was fed, good until that buffer changes.

        Many fragments of a few bytes each come copied together, as one view.
        """

    def finish(self) -> Any:
        """What stands for the Data Set in the message assembled."""

    def discard(self) -> None:
        """Let go of what was taken: the Data Set will not be completed."""


class Collect:
    """Copies the Data Set together; the message assembled has it as one `bytes`."""

    def __init__(self) -> None:
        self._held = BytesIO()
        self.write = self._held.write

    def finish(self) -> bytes:
        """The Data Set; taken over from the buffer, not copied again."""
        return self._held.getvalue()

    def discard(self) -> None:
        """Free the memory."""
        self._held.close()


class Views:
    """Copies nothing; the message assembled has a list of views of the buffers that were fed.

    Those buffers are kept alive, and must not change while the list is in use. Pieces shorter than `SMALL` are copied.
    """

    def __init__(self) -> None:
        self._pieces: list[memoryview | bytearray] = []

    def write(self, data: memoryview, /) -> None:
        """Keep the view; a short one is copied to others like it."""
        pieces = self._pieces
        if len(data) >= SMALL:
            pieces.append(data)
        elif pieces and isinstance(last := pieces[-1], bytearray):
            last += data
        else:
            pieces.append(bytearray(data))

    def finish(self) -> list[memoryview]:
        """The views, in order."""
        return [memoryview(piece) for piece in self._pieces]

    def discard(self) -> None:
        """Let go of the buffers."""
        self._pieces.clear()


class Spool:
    """Writes the Data Set to memory, and beyond a size to a temporary file without a name.

    The message assembled has the file, at its beginning; whoever takes it closes it.

    Args:
        max_size: bytes kept in memory; one more, and all go to the file.
        directory: for the file; that of `tempfile` where left out.
    """

    def __init__(self, max_size: int = 1 << 20, directory: str | None = None) -> None:
        from tempfile import SpooledTemporaryFile

        # A max_size of 0 means no limit there, and here that one byte at the most stays in memory.
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size or 1, dir=directory)  # noqa: SIM115
        self.write = self._file.write

    def finish(self) -> SpooledTemporaryFile[bytes]:
        """The file, at its beginning."""
        self._file.seek(0)
        return self._file

    def discard(self) -> None:
        """Close the file, which removes it."""
        self._file.close()


class Stream:
    """Hands each piece to a callback as it comes; the message assembled has the number of bytes.

    Args:
        callback: takes a view of the buffer that was fed; a piece is a fragment, what has come of one, or many that
            are tiny, copied together.
    """

    def __init__(self, callback: Callable[[memoryview], object]) -> None:
        self._callback = callback
        self._count = 0

    def write(self, data: memoryview, /) -> None:
        """Hand the piece on."""
        self._count += len(data)
        self._callback(data)

    def finish(self) -> int:
        """The number of bytes handed on."""
        return self._count

    def discard(self) -> None:
        """Nothing is held."""


class Drop:
    """Counts the bytes and keeps none; the message assembled has their number."""

    def __init__(self) -> None:
        self._count = 0

    def write(self, data: memoryview, /) -> None:
        """Count the bytes."""
        self._count += len(data)

    def finish(self) -> int:
        """The number of bytes."""
        return self._count

    def discard(self) -> None:
        """Nothing is held."""
