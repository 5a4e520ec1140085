"""The report page as it looks, for people to look at: `build/screenshots`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Opener

OUT = Path(__file__).resolve().parents[2] / "build" / "screenshots"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("name", "fragment"), [("clean", ""), ("bad", ""), ("bad", "#m11"), ("hostile", "#m3")])
def test_screenshot(opened: Opener, pages: dict[str, Path], name: str, fragment: str, width: int, scheme: str) -> None:
    """A clean conversation and a bad one, light and dark, on a desk and on a telephone: nothing sticks out."""
    OUT.mkdir(parents=True, exist_ok=True)
    page = opened(pages[name], fragment, color_scheme=scheme, viewport={"width": width, "height": 1600})
    path = OUT / f"{name}{fragment.replace('#', '-')}-{'desk' if width > 400 else 'telephone'}-{scheme}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_screenshot_of_the_readme(opened: Opener, pages: dict[str, Path]) -> None:
    """The page of one recorded conversation; `docs/images/report.png` is a copy."""
    OUT.mkdir(parents=True, exist_ok=True)
    page = opened(pages["cancel"], viewport={"width": 1200, "height": 1900})
    path = OUT / "report.png"
    page.screenshot(path=path)
    assert path.stat().st_size < 250_000
