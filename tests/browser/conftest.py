"""Chromium, and pages in it that are watched: an error of a script, or a request for anything else, fails the test."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # the captures of the other tests

import page_captures  # noqa: E402
from test_dimse_cli import run  # noqa: E402

CAPTURES = HERE.parent / "captures"
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Opener:
    """Opens pages and writes down what goes wrong in them.

    Attributes:
        wrong: errors of scripts, words in the console, dialogs, other windows, requests for anything but the page.
        expected: what a test provokes; of each the words that tell it.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.contexts: list[BrowserContext] = []
        self.wrong: list[str] = []
        self.expected: list[str] = []

    def __call__(self, path: Path, fragment: str = "", **options: Any) -> Page:
        """Open a file with the fragment of its address; options are those of a context."""
        given: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
        context = self._browser.new_context(**(given | options))
        self.contexts.append(context)
        page = context.new_page()
        own = path.as_uri()
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", lambda message: self.wrong.append(f"{message.type}: {message.text}"))
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        page.on("popup", lambda popup: self.wrong.append(f"popup: {popup.url}"))
        context.on("request", lambda asked: asked.url.partition("#")[0] == own or self.wrong.append(asked.url))
        page.goto(f"{own}{fragment}")
        return page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as it is installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        text = "Chromium is not here: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens pages; at the end nothing has gone wrong in them that was not expected."""
    opener = Opener(browser)
    yield opener
    for context in opener.contexts:
        context.close()
    assert [each for each in opener.wrong if not any(words in each for words in opener.expected)] == []


def page_file(directory: Path, name: str, *paths: Path, options: tuple[str, ...] = ()) -> Path:
    """The page of captures, as a file."""
    path = directory / f"{name}.html"
    path.write_text(run("check", "--format", "html", *options, *paths).output, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages by name: a clean conversation, a bad one, a hostile one, a long one, several captures."""
    directory = tmp_path_factory.mktemp("pages")
    made = {"bad": page_captures.bad(), "hostile": page_captures.hostile(), "long": page_captures.long(10_000)}
    found = {}
    with chdir(directory):
        for name, data in made.items():
            capture = Path(f"{name}.pcap")
            capture.write_bytes(data)
            found[name] = page_file(directory, name, capture)
    with chdir(CAPTURES):
        clean, mpps, cancel, find = (
            Path(f"{name}.pcapng") for name in ("move_dcmtk", "mpps_pynetdicom", "dcmjs_mpps_cancel", "find_orthanc")
        )
        found["clean"] = page_file(directory, "clean", clean)
        found["cancel"] = page_file(directory, "cancel", cancel)
        found["several"] = page_file(directory, "several", mpps, cancel)
        found["identifiers"] = page_file(directory, "identifiers", find, options=("--with-identifiers",))
    return found
