"""The report page in Chromium: what people do with it, with a mouse, a keyboard, a telephone, a printer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import page_captures

from .conftest import Opener

Pages = dict[str, Path]
DOM_LIMIT = 6000


def rows(page: Page) -> list[str]:
    return [str(each) for each in page.eval_on_selector_all(".row", "rows => rows.map((row) => row.id)")]


def head(page: Page, name: str) -> str:
    return f"#{name} > .head"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.row')?.id ?? document.activeElement.id"))


def listed(page: Page, names: list[str]) -> None:
    page.wait_for_function(
        "names => [...document.querySelectorAll('.row')].map((row) => row.id).join() === names.join()", arg=names
    )


def counted(page: Page, text: str) -> None:
    expect(page.locator("#count")).to_have_text(re.compile(text))


def test_folding(opened: Opener, pages: Pages) -> None:
    """A message unfolds to its matrix row by row, with bytes, and folds again."""
    page = opened(pages["bad"])
    expect(page.locator(head(page, "m1"))).to_have_attribute("aria-expanded", "false")
    page.click(head(page, "m1"))
    expect(page.locator(head(page, "m1"))).to_have_attribute("aria-expanded", "true")
    cells = page.locator("#m1-more table tr:has(th:text-is('Priority')) td").all_inner_texts()
    assert cells[:4] == ["(0000,0700)", "US", "M", ""]
    assert "Priority is M and absent C-MOVE-RQ.Priority.M PS3.7 9.1.4.1.4" in cells[4]
    destination = page.locator("#m1-more table tr:has(th:text-is('Move Destination')) td").all_inner_texts()
    assert destination[:4] == ["(0000,0600)", "AE", "M", "VIEWER"]
    assert "ok" in destination[4]
    page.click("#m1-more summary")
    dump = page.locator("#m1-more pre").inner_text()
    assert "00 00 00 00 04 00 00 00" in dump
    assert re.search(r"00 00 00 06 06 00 00 00 56 49 45 57 45 52 .*VIEWER", dump)
    page.click(head(page, "m1"))
    expect(page.locator("#m1-more")).to_have_count(0)
    page.click("#unfold")
    assert page.locator(".more").count() == page.locator(".row:has(.more)").count() == 9
    page.click("#fold")
    expect(page.locator(".more")).to_have_count(0)


def test_every_message_of_every_kind_unfolds(opened: Opener, pages: Pages) -> None:
    """Whatever the entry, its details can be made."""
    for name in ("bad", "hostile", "clean", "several", "identifiers"):
        page = opened(pages[name])
        for each in rows(page):
            page.locator(head(page, each)).evaluate("head => head.click()")
            expect(page.locator(f"[id='{each}-more']")).to_have_count(1)
    assert "Patient's Name" in page.locator("#timeline").evaluate("list => list.textContent")


def test_filters(opened: Opener, pages: Pages) -> None:
    """Severity, rule, side and Association narrow the list, say how much is left, and stand in the address."""
    page = opened(pages["bad"])
    everything = rows(page)
    page.check("[name=severity][value=warning]")
    assert page.locator(".row.warning").count() == len(rows(page)) == 1
    counted(page, r"^1 of 27 entries shown, 1 warning$")
    page.check("[name=severity][value=error]")
    counted(page, r"^9 of 27 entries shown, 16 errors, 1 warning$")
    page.select_option("#rule", "C-MOVE-RSP.NumberOfFailedSuboperations.C")
    assert rows(page) == ["m4", "m7", "m10"]
    assert page.url.endswith("#severity=error%2Cwarning&rule=C-MOVE-RSP.NumberOfFailedSuboperations.C")
    page.select_option("#side", "WORKSTATION")
    assert rows(page) == []
    counted(page, "^0 of 27")
    page.click("#clear")
    assert rows(page) == everything
    page.select_option("#in", "a2")
    assert {"m2", "m3"} <= set(rows(page))
    assert "m1" not in rows(page)


def test_links_of_the_summary(opened: Opener, pages: Pages) -> None:
    """The figures, rules and sides of the summary are filters; an Association leads to its beginning."""
    page = opened(pages["bad"])
    page.click(".tiles a[href='#severity=warning']")
    assert page.locator(".row").count() == 1
    page.click("#rules ~ .scroll a[href='#rule=CONVERSATION.UNKNOWN']")
    assert rows(page) == ["m12"]
    page.click("#sides ~ .scroll a:text-is('WORKSTATION')")
    assert "m1" in rows(page)
    assert all("WORKSTATION \u2192" in each for each in page.locator(".row .ends").all_text_contents())
    page.click("#associations ~ .scroll a[href='#a3']")
    expect(page.locator("#a3-more")).to_be_in_viewport()


def test_search(opened: Opener, pages: Pages) -> None:
    """Names, UIDs, AE titles, rules and their words are found; all words have to be there."""
    page = opened(pages["bad"])
    for words, expected in (
        ("1.2.826.0.1.3680043.8.498.2", ["m5", "m6"]),
        ("c-echo-rq", ["m13", "m15"]),
        ("conversation.unknown", ["m12"]),
        ("probe CT image storage", ["m14"]),
        ("stranger", ["a4"]),
        ("no such thing", []),
    ):
        page.fill("#q", words)
        listed(page, expected)
    page.press("#q", "Escape")
    counted(page, "^All 27")


@pytest.mark.parametrize("target", ["m12", "a4", "m15"])
def test_deep_link(opened: Opener, pages: Pages, target: str) -> None:
    """A link opens a message and brings it into view, whatever the filters in it say."""
    page = opened(pages["bad"], f"#{target}")
    expect(page.locator(f"#{target}-more")).to_be_in_viewport()
    expect(page.locator(head(page, target))).to_be_focused()
    page = opened(pages["bad"], f"#{target}&q=nothing")
    expect(page.locator(f"#{target}-more")).to_be_in_viewport()


def test_links_carry_filters(opened: Opener, pages: Pages) -> None:
    """A link with filters opens with them; one that makes no sense opens the page."""
    page = opened(pages["bad"], "#m7&severity=error&rule=C-MOVE-RSP.NumberOfFailedSuboperations.C")
    expect(page.locator("#m7-more")).to_be_in_viewport()
    assert rows(page) == ["m4", "m7", "m10"]
    page = opened(pages["bad"], "#severity=loud&rule=%E0%A4%A&x=y&m999")
    assert rows(page) == []
    page.click("#clear")
    assert len(rows(page)) == 27


def test_the_link_is_copied(opened: Opener, pages: Pages) -> None:
    """The button of a message puts its link into the clipboard, and says so."""
    page = opened(pages["bad"], "#m4", permissions=["clipboard-read", "clipboard-write"])
    page.click("#m4-more .copy")
    expect(page.locator("#said")).to_have_text("Link to m4 copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{pages['bad'].as_uri()}#m4"


def test_moves_and_stores_are_linked(opened: Opener, pages: Pages) -> None:
    """From a C-MOVE to its C-STOREs on another Association, and back."""
    page = opened(pages["bad"], "#m1")
    links = page.locator("#m1-more dt:text-is('Its C-STOREs') + dd a")
    assert links.all_inner_texts() == ["m2 (A2)", "m5 (A2)", "m8 (A2)"]
    links.nth(1).click()
    expect(page.locator("#m5-more")).to_be_in_viewport()
    page.click("#m5-more dt:text-is('Sub-operation of') + dd a")
    assert focused(page) == "m1"


def test_the_diagram(opened: Opener, pages: Pages) -> None:
    """A lifeline an AE; arrows go from the sender's to the receiver's; a gap lies on one."""
    page = opened(pages["bad"])
    names = page.locator("#lifelines span").all_inner_texts()
    assert names == ["WORKSTATION", "ARCHIVE", "VIEWER", "PROBE", "STRANGER", "MODALITY"]

    def middle(selector: str) -> float:
        box = page.locator(selector).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2

    for message, sender, receiver, way in (("m1", 0, 1, "right"), ("m4", 1, 0, "left"), ("m2", 1, 2, "right")):
        box = page.locator(f"#{message} .arrow.{way}").bounding_box()
        assert box is not None
        ends = sorted(middle(f"#lifelines span:nth-child({each + 1})") for each in (sender, receiver))
        assert [box["x"], box["x"] + box["width"]] == pytest.approx(ends, abs=2)
    assert middle(".row.gap .arrow") == pytest.approx(middle("#lifelines span:nth-child(4)"), abs=2)
    assert page.locator(".row.encrypted").inner_text().count("TLS") == 2


def test_keyboard(opened: Opener, pages: Pages) -> None:
    """Everything can be done with keys: findings, entries, search, unfolding, help; a visible focus goes along."""
    page = opened(pages["bad"])
    page.keyboard.press("j")
    assert focused(page) == "m1"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("j")
    assert focused(page) == "m4"
    page.keyboard.press("k")
    assert focused(page) == "m1"
    page.keyboard.press("k")
    expect(page.locator("#said")).to_have_text("No finding before this one")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "a2"
    page.keyboard.press("End")
    assert focused(page) == rows(page)[-1]
    page.keyboard.press("Home")
    assert focused(page) == "a1"
    page.keyboard.press("Enter")
    expect(page.locator("#a1-more")).to_be_visible()
    page.keyboard.press("Tab")
    assert "Copy link" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("j/k?")
    assert page.input_value("#q") == "j/k?"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.uncheck("#single")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    assert focused(page) != "q"


def test_tab_reaches_everything(opened: Opener, pages: Pages) -> None:
    """Tab goes through skip link, summary, filters and every entry, in order."""
    page = opened(pages["bad"])
    seen = []
    for _ in range(90):
        page.keyboard.press("Tab")
        seen.append(focused(page))
    controls = ["theme", "q", "rule", "side", "in", "clear", "previous", "next", "unfold", "fold"]
    assert [each for each in seen if each in controls] == controls
    entries = list(dict.fromkeys(each for each in seen if each in rows(page)))
    assert entries == rows(page)[: len(entries)]
    assert len(entries) > 15


def test_theme(opened: Opener, pages: Pages) -> None:
    """Light and dark follow the system, until the button says otherwise."""

    def background(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark, light = opened(pages["clean"], color_scheme="dark"), opened(pages["clean"])
    assert background(dark) != background(light)
    expect(light.locator("#theme")).to_have_attribute("aria-label", "Dark theme")
    light.click("#theme")
    assert background(light) == background(dark)
    light.reload()
    assert background(light) == background(dark)
    light.click("#theme")
    assert background(light) != background(dark)


def test_hostile_peers(opened: Opener, pages: Pages) -> None:
    """Markup, templates and bidirectional marks of peers are shown as text and run nothing."""
    page = opened(pages["hostile"])
    for each in rows(page):
        page.locator(head(page, each)).evaluate("head => head.click()")
    assert page.locator("img, svg, i, main script, #timeline b").count() == 0
    shown = page.locator("body").inner_text()
    assert "</script><img x>" in shown
    assert page_captures.MARKUP in shown
    assert page_captures.TEMPLATE in shown
    assert "\\xe2\\x80\\xae" in shown
    assert not set("\u202e\x1b\x9b") & set(str(page.evaluate("document.body.textContent")))
    page.click("#sides ~ .scroll a:text-is('</script><img x>')")
    counted(page, r"of 6 entries shown")
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_nothing_that_gets_in_can_run(opened: Opener, pages: Pages) -> None:
    """Were markup to get into the page all the same, its policy keeps it from running and fetching."""
    page = opened(pages["clean"])
    opened.expected.append("TrustedHTML")
    page.evaluate("window.ran = false")
    refused = page.evaluate(
        """() => {
            try { document.body.innerHTML += "<img src=x onerror='window.ran=true'>"; return "made"; }
            catch (error) { return error.name; }
        }"""
    )
    assert refused == "TypeError"
    assert page.evaluate("window.ran") is False


def test_ten_thousand_messages(opened: Opener, pages: Pages) -> None:
    """All can be reached, and only those near the window are elements."""
    page = opened(pages["long"])
    counted(page, r"^All 10,002 entries, 100 errors$")
    elements = "document.querySelectorAll('*').length"
    assert page.evaluate(elements) < DOM_LIMIT
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height > 400_000
    for part in (0.25, 0.5, 0.75, 1):
        page.evaluate(f"scrollTo(0, document.documentElement.scrollHeight * {part})")
        expect(page.locator(".row").first).to_be_attached()
        page.wait_for_function(
            "[...document.querySelectorAll('.row')].some((row) => { const box = row.getBoundingClientRect();"
            " return box.top < innerHeight && box.bottom > 0; })"
        )
        assert page.evaluate(elements) < DOM_LIMIT
    page = opened(pages["long"], "#m7321")
    expect(page.locator("#m7321-more")).to_be_in_viewport()
    assert page.evaluate(elements) < DOM_LIMIT
    page.fill("#q", "m9998")
    counted(page, r"^1 of 10,002")
    page.click("#clear")
    page.check("[name=severity][value=error]")
    counted(page, r"^100 of 10,002 entries shown, 100 errors$")
    page.keyboard.press("Tab")
    page.click("#unfold")
    assert page.evaluate(elements) < 4 * DOM_LIMIT


def test_keys_in_ten_thousand_messages(opened: Opener, pages: Pages) -> None:
    """The next finding is found wherever it is, and the focus stays while its surroundings come and go."""
    page = opened(pages["long"])
    for expected in ("m100", "m200", "m300"):
        page.keyboard.press("j")
        assert focused(page) == expected
        expect(page.locator(f"#{expected}")).to_be_in_viewport()
    page.keyboard.press("End")
    expect(page.locator("[role=listitem][aria-posinset='10002']")).to_be_in_viewport()


def test_several_captures(opened: Opener, pages: Pages) -> None:
    """Messages of the second capture have anchors of their own."""
    page = opened(pages["several"], "#c2-m3")
    expect(page.locator("#c2-m3-more")).to_be_in_viewport()
    assert {"m1", "c2-m1", "a1", "c2-a1"} <= set(rows(page))


def test_print(opened: Opener, pages: Pages) -> None:
    """On paper there are no controls, what is wrong is unfolded, and afterwards all is as it was."""
    page = opened(pages["bad"], "#m2", color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#m4-more")).to_be_visible()
    assert page.locator(".row:has(.finding)").count() == 9
    assert not page.locator("#filters").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    expect(page.locator("#m4-more")).to_have_count(0)
    expect(page.locator("#m2-more")).to_have_count(1)
    page = opened(pages["long"])
    page.emulate_media(media="print")
    expect(page.locator(".row")).to_have_count(100)
    expect(page.locator("#printed")).to_be_visible()


@pytest.mark.parametrize("name", ["bad", "clean", "hostile"])
@pytest.mark.parametrize("width", [320, 390])
def test_telephone(opened: Opener, pages: Pages, name: str, width: int) -> None:
    """Nothing is wider than the screen of a telephone, unfolded or not, and an entry says who speaks to whom."""
    page = opened(pages[name], viewport={"width": width, "height": 800}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.tap(head(page, "m1"))
    expect(page.locator("#m1-more")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    expect(page.locator("#m1 .ends")).to_be_visible()


def test_without_script(opened: Opener, pages: Pages) -> None:
    """The summary and the findings can be read where scripts may not run."""
    page = opened(pages["bad"], java_script_enabled=False)
    assert "Rules were broken" in page.locator("h1").inner_text()
    findings = page.locator("#findings ~ .scroll tbody tr")
    assert findings.count() == 17
    assert "Priority is M and absent" in findings.first.inner_text()
    assert not page.locator("#filters").is_visible()
