"""What makes pages for a forge pages of the site: links, lists, and the pages that lie outside this directory."""

from __future__ import annotations

import os
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
# Pages outside this directory, and what is shown here in place of files: by path in the project, the page on the site.
COPIES = {
    "README.md": "project/readme",
    "CONTRIBUTING.md": "project/contributing",
    "CHANGELOG.md": "project/changelog",
    "SECURITY.md": "project/security",
    "vectors/README.md": "project/vectors",
    "tests/captures/README.md": "project/captures",
}
PRINTED = {
    "schema/services": "reference/services/index",
    "schema/command_dictionary.yaml": "reference/elements/index",
    "docs/rules/README.md": "reference/rules/index",
}
RULES_OF = re.compile(r"docs/rules/([\w-]+)\.md")
# Pages that list others; the one that lists what no other does.
LISTS = ("index", "howto", "reference", "explanation", "project")
THE_REST = "howto"

_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|!?\[[^\]]*\]\([^)]*\))*)\]\(([^)\s]+)\)")
_ITEM = re.compile(r"^- \[([^\]]+)\]\(([^)\s#]+)\.md\)", re.MULTILINE)


def copy_pages() -> None:
    """Bring the pages that lie outside to `project/`, those that have changed."""
    for path, name in COPIES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        copy = DOCS / f"{name}.md"
        copy.parent.mkdir(exist_ok=True)
        if not copy.exists() or copy.read_text(encoding="utf-8") != text:
            copy.write_text(text, encoding="utf-8")


def page(name: str, text: str) -> str:
    """The source of a page of the site, from that of the forge."""
    if name.startswith("reference/"):
        return text
    text = relinked(name, text)
    return text + toctree(name, text) if name in LISTS else text


def relinked(name: str, text: str) -> str:
    """A page whose relative links, those in code apart, lead to pages of the site."""
    written_at = next((path for path, copy in COPIES.items() if copy == name), f"docs/{name}.md")
    start = 0
    parts = []
    for fence in _FENCE.finditer(text):
        parts += [_relinked(name, written_at, text[start : fence.start()]), fence[0]]
        start = fence.end()
    return "".join([*parts, _relinked(name, written_at, text[start:])])


def _relinked(name: str, written_at: str, text: str) -> str:
    def link(found: re.Match[str]) -> str:
        shown, (target, mark, anchor) = found[2], found[3].partition("#")
        if "://" in target or not target or target.startswith("mailto:"):
            return found[0]
        path = os.path.normpath(os.path.join(os.path.dirname(written_at), target))
        of = RULES_OF.fullmatch(path)
        there = COPIES.get(path) or PRINTED.get(path) or (f"reference/rules/{of[1]}/index" if of else None)
        if there is not None:
            keeps = mark + anchor if path in COPIES else ""
            return f"[{shown}]({_from(name, there)}.md{keeps})"
        if (ROOT / path).is_dir():
            return shown  # a site has no directories to show
        return f"{found[1]}[{shown}]({_from(name, os.path.relpath(path, 'docs'))}{mark}{anchor})"

    return _LINK.sub(link, text)


def _from(name: str, target: str) -> str:
    return os.path.relpath(target, os.path.dirname(name) or ".")


def toctree(name: str, text: str) -> str:
    """The toctree of a page that lists others."""
    entries = [f"{shown} <{path}>" for shown, path in _ITEM.findall(text)]
    said = _fenced(entries, "hidden") if entries else ""
    rest = unlisted() if name == THE_REST else []
    return said + (f"\n## More\n{_fenced(rest, 'titlesonly')}" if rest else "")


def _fenced(entries: list[str], option: str) -> str:
    return "\n".join(["", "```{toctree}", f":{option}:", "", *entries, "```", ""])


def unlisted() -> list[str]:
    """Pages of this directory that stand in no list."""
    listed = {path for name in LISTS for _, path in _ITEM.findall((DOCS / f"{name}.md").read_text(encoding="utf-8"))}
    return sorted(each.stem for each in DOCS.glob("*.md") if each.stem not in {*listed, *LISTS})
