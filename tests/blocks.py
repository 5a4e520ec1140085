"""pcapng written block by block, as the tests want it. For the tests alone.

Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from attrs import define

Option = tuple[int, bytes]
RESOLUTION, OFFSET = 9, 14


@define
class Blocks:
    """The blocks of a section in a byte order, "<" or ">"."""

    order: str = "<"

    def block(self, kind: int, body: bytes) -> bytes:
        """Any block."""
        body += bytes(-len(body) % 4)
        size = self.pack("I", 12 + len(body))
        return self.pack("I", kind) + size + body + size

    def pack(self, form: str, *values: int) -> bytes:
        """Numbers in the byte order."""
        return struct.pack(self.order + form, *values)

    def options(self, given: Iterable[Option]) -> bytes:
        """Options and their end; nothing where there are none."""
        found = [self.pack("HH", code, len(data)) + data + bytes(-len(data) % 4) for code, data in given]
        return b"".join(found) + bytes(4) if found else b""

    def section(self, *options: Option) -> bytes:
        """Where a section begins."""
        return self.block(0x0A0D0D0A, self.pack("IHHq", 0x1A2B3C4D, 1, 0, -1) + self.options(options))

    def interface(self, link: int, *options: Option, most: int = 0) -> bytes:
        """An interface."""
        return self.block(1, self.pack("HHI", link, 0, most) + self.options(options))

    def enhanced(self, at: int, ticks: int, data: bytes, *options: Option, length: int = 0) -> bytes:
        """An enhanced packet of an interface."""
        high, low = divmod(ticks, 1 << 32)
        head = self.pack("IIIII", at, high, low, len(data), length or len(data))
        return self.block(6, head + data + bytes(-len(data) % 4) + self.options(options))

    def obsolete(self, at: int, ticks: int, data: bytes, *options: Option, drops: int = 0xFFFF) -> bytes:
        """A packet as it was written before there were enhanced ones."""
        high, low = divmod(ticks, 1 << 32)
        head = self.pack("HHIIII", at, drops, high, low, len(data), len(data))
        return self.block(2, head + data + bytes(-len(data) % 4) + self.options(options))

    def simple(self, data: bytes, length: int = 0) -> bytes:
        """A simple packet, of the first interface."""
        return self.block(3, self.pack("I", length or len(data)) + data)
