"""Links to the pages of the standard, as NEMA publishes them.

A section has a page of its own but where it is the first of its chapter or section: then it stands on that one's page,
with all that is below it; and so does what is deeper than four numbers. A table's section is not known here, so that a
table is looked up in its part as one page.
"""

from __future__ import annotations

import re

BASE = "https://dicom.nema.org/medical/dicom/current/output"
# Numbers of a section, its chapter not counted, down to which it has a page.
DEPTH = 4
_CITED = re.compile(
    r"(?P<part>PS3\.(?P<number>[0-9]{1,2}))"
    r"|(?P<table>\b[A-Z0-9][A-Z0-9.]{0,9}-[0-9]{1,2}[a-z]?\b)"
    r"|(?P<annex>Annex (?P<letter>[A-Z]{1,2})\b)"
    r"|(?P<section>\b([A-Z]{1,2}|[0-9]{1,3})(\.[0-9]{1,3})+)"
)


def section_url(part: int, section: str) -> str:
    """Where a section of a part stands, as 9.1.4.1.8; a chapter is its number or letter alone."""
    chapter, *numbers = section.split(".")
    own = []
    for number in numbers[:DEPTH]:
        if number == "1":
            break
        own.append(number)
    page = f"sect_{'.'.join([chapter, *own])}" if own else f"chapter_{chapter}"
    anchor = f"sect_{section}" if numbers else f"chapter_{chapter}"
    return f"{BASE}/chtml/part{part:02}/{page}.html" + (f"#{anchor}" if anchor != page else "")


def table_url(part: int, table: str) -> str:
    """Where a table of a part stands, as 9.1-4."""
    return f"{BASE}/html/part{part:02}.html#table_{table}"


def linked(citation: str, part: int = 7) -> str:
    """A citation in Markdown, each section, annex and table of it a link; PS3.n goes for what stands behind it."""
    found: list[str] = []
    at = 0
    for match in _CITED.finditer(citation):
        found.append(citation[at : match.start()])
        at = match.end()
        if match["part"]:
            part = int(match["number"])
            found.append(match[0])
            continue
        url = table_url(part, match[0]) if match["table"] else section_url(part, match["letter"] or match[0])
        found.append(f"[{match[0]}]({url})")
    return "".join([*found, citation[at:]])


def linked_in(document: str, citation: str) -> str:
    """A citation of a document in Markdown; of one that is no part of the standard there is no page to link to."""
    part = re.fullmatch(r"PS3\.([0-9]+)", document)
    return linked(citation, int(part[1])) if part else citation
