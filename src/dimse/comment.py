"""Error Comments made to fit: a peer that reports an error must always be able to answer.

An Error Comment of 65 characters raised inside an error path has kept programs from answering at all. Nothing is cut
unless it is asked for, and what was changed is said.
"""

from __future__ import annotations

from attrs import frozen

from dimse.vr import MAX_LO


@frozen
class FittedComment:
    """An Error Comment that fits.

    Attributes:
        text: 64 characters at most, of the default repertoire, without backslash.
        changes: what was changed to make it fit, in words; empty where nothing was.
    """

    text: str
    changes: tuple[str, ...]

    def __str__(self) -> str:
        return self.text


def fit_error_comment(text: str) -> FittedComment:
    """Make any text an Error Comment: line ends become spaces, other characters "?", and the end is cut.

    Args:
        text: of any length and any characters.

    Returns:
        The comment and what was changed.

    Source: PS3.7 sections C.4 and C.5, PS3.5 section 6.2 (LO).
    """
    folded = " ".join(text.split())
    changes = []
    printable = "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in folded)
    replaced = sum(a != b for a, b in zip(printable, folded, strict=True))
    if replaced:
        changes.append(f"{replaced} characters outside the default repertoire replaced by '?'")
    if len(printable) > MAX_LO:
        changes.append(f"cut from {len(printable)} to {MAX_LO} characters")
    return FittedComment(printable[:MAX_LO].rstrip(), tuple(changes))
