"""Bytes out of text as people paste it: digits, C arrays, escapes, and the dumps of xxd, hexdump -C and tcpdump -X.

Text that is none of these is left as it is: then the bytes of the text are meant.
"""

from __future__ import annotations

import re

MOST_BYTES = 16 << 20
_TEXT = frozenset(b"\t\n\r\x0b\x0c") | frozenset(range(0x20, 0x7F))
# The offset of a dump's line: xxd and tcpdump write a colon behind it, hexdump two spaces, and a bar further on.
_COLON = re.compile(r"\s*(?:0[xX])?([0-9A-Fa-f]{4,16}):\s+(.*)")
_BAR = re.compile(r"\s*([0-9A-Fa-f]{7,16})\s\s+([^|]*)\|.*")
_END = re.compile(r"\s*[0-9A-Fa-f]{7,16}\s*")
_GROUPS = re.compile(r"(?:[0-9A-Fa-f]{2,8} ?)+")
_PREFIX = re.compile(r"0[xX]|\\x")
# A C array with its declaration, and that of its length behind it, as xxd -i writes both.
_ARRAY = re.compile(r"\A[^{}]*=\s*\{([^{}]*)\}.*\Z", re.DOTALL)
_BETWEEN = re.compile(r"[\s:,;|{}()\[\]\"'-]+")


def bytes_of(data: bytes) -> bytes:
    """What was given, read as a dump or as hexadecimal digits where it is one of these."""
    if not data or not _TEXT.issuperset(data):
        return data
    text = data.decode("ascii")
    for found in (_dump(text), _digits(text)):
        if found is not None:
            return found
    return data


def _digits(text: str) -> bytes | None:
    """Two digits a byte, with or without prefixes, and anything usual between them."""
    text = _ARRAY.sub(r"\1", text)
    bare = _BETWEEN.sub("", _PREFIX.sub(" ", text))
    if not bare or len(bare) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", bare):
        return None
    return bytes.fromhex(bare)


def _dump(text: str) -> bytes | None:
    """The bytes of a dump, with the lines that an asterisk stands for; None where it is no dump."""
    found = bytearray()
    base, line, repeated, first = 0, b"", False, True
    for each in filter(str.strip, text.splitlines()):
        if each.strip() == "*" and line:
            repeated = True
            continue
        colon = _COLON.fullmatch(each)
        match = colon or _BAR.fullmatch(each)
        if match is None and not (_END.fullmatch(each) and not first):
            return None
        at = int(match[1] if match else each, 16)
        base = at if first else base
        if repeated:
            missing = at - base - len(found)
            if not 0 <= missing <= MOST_BYTES:
                return None
            found += (line * (missing // len(line) + 1))[:missing]
        if match is None:  # hexdump ends with the offset alone
            break
        columns = re.split(r"\s\s", match[2].strip(), maxsplit=1)[0] if colon else match[2].strip()
        columns = re.sub(r"\s+", " ", columns)
        if not _GROUPS.fullmatch(columns) or at - base != len(found):
            return None
        line = bytes.fromhex(columns)
        found += line
        repeated = first = False
    return bytes(found) or None
