"""The files of the page put together, with a policy that lets nothing else run or be fetched.

Style and script are the ones whose hashes the policy names; what peers sent travels as JSON that is never run.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

_HERE = Path(__file__).parent
_SPLIT = "<!-- events -->"
# In the order in which they are run, as one script.
SCRIPTS = ("dom", "model", "diagram", "details", "rows", "timeline", "filters", "keys", "main")
OPEN_EVENTS = '<script type="application/json" class="events">['
CLOSE_EVENTS = "]</script>\n"
_UNSAFE = {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}


def script() -> str:
    """The script of the page."""
    modules = "\n".join((_HERE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    return f'\n"use strict";\n(() => {{\n{modules}}})();\n'


def style() -> str:
    """The style sheet of the page."""
    return "\n" + (_HERE / "page.css").read_text("utf-8")


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style, this script, no markup made from text, nothing from anywhere."""
    hashes = (b64encode(sha256(each.encode()).digest()).decode("ascii") for each in (style, script))
    return (
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    ).format(*hashes)


def page() -> tuple[Template, Template]:
    """What stands before the events and behind them."""
    head, tail = (_HERE / "page.html").read_text("utf-8").split(_SPLIT)
    return Template(head), Template(tail)


def as_data(value: Any) -> str:
    """JSON that may stand in a script element: ASCII, without a character that HTML knows."""
    return json.dumps(value, separators=(",", ":")).translate(_UNSAFE)


def text(value: object) -> str:
    """A text that stays text in HTML, in an attribute too, in ASCII."""
    return escape(str(value)).encode("ascii", "xmlcharrefreplace").decode("ascii")
