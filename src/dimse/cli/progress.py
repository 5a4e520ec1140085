"""A bar on standard error while much is read, where that is a terminal; nothing where it is piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Less than this is read before anybody would look at a bar.
LEAST = 16 << 20


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], object]]:
    """Gives what is to be told how many bytes more were read, of so many."""
    if total < LEAST or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda size: bar.advance(task, size)
