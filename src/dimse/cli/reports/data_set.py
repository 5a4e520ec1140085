"""Data Sets that were kept to be shown."""

from __future__ import annotations

import warnings
from typing import Any

from dimse.capture import Kept, Said


def data_set_lines(event: Said) -> list[str]:
    """The elements of a Data Set, as pydicom prints them; what it cannot read is said."""
    from io import BytesIO

    from pydicom.filereader import read_dataset
    from pydicom.uid import UID

    kept = event.message.data_set
    negotiated = event.association.negotiated
    context = None if negotiated is None else negotiated.contexts.get(event.message.context_id)
    if context is None or context.transfer_syntax is None:
        return ["the Data Set's Transfer Syntax is not known"]
    if kept.size > len(kept.first) or event.missing:
        return ["the Data Set is too long to be shown, or was not captured whole"]
    try:
        syntax = UID(context.transfer_syntax)
        implicit, little = syntax.is_implicit_VR, syntax.is_little_endian
        with warnings.catch_warnings(action="ignore"):
            found = read_dataset(BytesIO(kept.first), is_implicit_VR=implicit, is_little_endian=little)
            return str(found).splitlines()
    except Exception as error:  # whatever pydicom raises on a peer's bytes
        return [f"pydicom cannot read the Data Set: {type(error).__name__}"]


def size(data_set: Any) -> int:
    """Its bytes, kept or not."""
    return data_set.size if isinstance(data_set, Kept) else int(data_set)
