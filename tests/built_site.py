"""The site as it was built, for `make docs`: complete, and nothing in it asks another host."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

import dimse

SITE = Path(__file__).resolve().parents[1] / "build" / "docs" / "html"
# What a browser fetches by itself when a page is shown; a link is followed by a reader.
FETCHED = {**dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src"), "link": "href"}
TITLE = re.compile(r"<h1>(.*?)<a ")


class Fetched(HTMLParser):
    """Collects what a page has the browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the address of what is fetched; a link that only names a relation is not."""
        values = dict(attrs)
        if tag == "link" and values.get("rel") not in ("stylesheet", "icon", "preload", "modulepreload", "preconnect"):
            return
        address = values.get(FETCHED.get(tag, ""))
        if address:
            self.found.append(address)


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    found = (path for path in SITE.rglob("*.html") if "_static" not in path.parts)  # the theme's own templates
    return {path.relative_to(SITE).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_nothing_is_fetched_from_another_host(built: dict[str, str]) -> None:
    """Scripts, styles, fonts and images of every page lie in the site."""
    for name, text in built.items():
        parser = Fetched()
        parser.feed(text)
        assert parser.found
        for address in parser.found:
            assert not re.match(r"(\w+:)?//", address), (name, address)
            assert ((SITE / name).parent / address.partition("?")[0]).exists(), (name, address)
    for style in SITE.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", text), style


def test_every_rule_and_service_has_its_page(built: dict[str, str]) -> None:
    """Each is reached by its name: a page whose title it is, and an entry of the search index."""
    titles = {unescape(re.sub(r"<[^>]*>", "", found)) for text in built.values() for found in TITLE.findall(text)}
    assert {*dimse.RULES, *(service.SERVICE for service in dimse.SERVICES)} - titles == set()
    index = (SITE / "searchindex.js").read_text(encoding="utf-8")
    assert [rule for rule in dimse.RULES if f'"{rule}"' not in index] == []


def test_a_rule_has_no_list_of_all_rules_beside_it(built: dict[str, str]) -> None:
    """The page of a rule is small: what stands on it is the rule."""
    page = built["reference/rules/c-move-rsp/NumberOfRemainingSuboperations.C.html"]
    assert page.count("<a ") < 60
