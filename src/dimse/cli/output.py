"""Lines to a terminal or a pipe: what peers sent is spelt out, never obeyed.

Every text goes through `plain`. Styles are kept apart from texts, so that nothing in a text is markup; rich is imported
only where there is a terminal to colour.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TypeAlias

LONGEST = 4096
# A text, or a text with its style.
Part: TypeAlias = "str | tuple[str, str]"
STYLES = {"error": "bold red", "warning": "yellow", "advisory": "cyan"}


def plain(text: str) -> str:
    """A text in one line of printable characters; all others are spelt as Python does."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}..."
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def spelt(path: str) -> str:
    """A path as text that can be encoded: bytes of it that are no UTF-8 are spelt out."""
    return path.encode("utf-8", "backslashreplace").decode()


class Output:
    """Where lines go: standard output, in colour where that is a terminal."""

    def __init__(self) -> None:
        self._console: Any = None
        if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            from rich.console import Console

            self._console = Console(highlight=False, markup=False, soft_wrap=True)

    def line(self, *parts: Part) -> None:
        """Write a line."""
        if self._console is None:
            texts = [part if type(part) is str else part[0] for part in parts]
            text = "".join(texts)
            if len(text) > LONGEST or not text.isprintable():
                text = "".join(map(plain, texts))
            if not text.isascii():
                encoding = sys.stdout.encoding or "utf-8"
                text = text.encode(encoding, "backslashreplace").decode(encoding)
            sys.stdout.write(f"{text}\n")
            return
        pairs = [(part, "") if isinstance(part, str) else part for part in parts]
        from rich.text import Text

        self._console.print(Text.assemble(*((plain(text), style) for text, style in pairs)))

    def raw(self, text: str) -> None:
        """Write a text as it is: ASCII that a program reads."""
        sys.stdout.write(text)
