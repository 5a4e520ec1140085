"""The report page judged by axe-core, in light and dark, folded and unfolded, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import Opener


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["bad", "clean"])
def test_axe(opened: Opener, pages: dict[str, Path], name: str, width: int, scheme: str) -> None:
    """axe-core has nothing to say: names, roles, order, contrast of level AA."""
    page = opened(pages[name], "#m2", color_scheme=scheme, viewport={"width": width, "height": 1000}, bypass_csp=True)
    page.locator("#a1 > .head").evaluate("head => head.click()")
    page.locator("#m1 > .head").evaluate("head => head.click()")
    page.locator("#m1-more summary").evaluate("summary => summary.click()")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
