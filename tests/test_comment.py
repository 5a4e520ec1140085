"""Error Comments made to fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dimse import C_FIND_RSP, decode, fit_error_comment


@given(st.text(max_size=300))
def test_every_text_can_be_sent(text: str) -> None:
    """Whatever the text, the fitted comment stands in a response and comes back from its bytes."""
    fitted = fit_error_comment(text)
    response = C_FIND_RSP(MessageIDBeingRespondedTo=1, Status=0xC001, ErrorComment=fitted.text)
    assert decode(response.encode()).response() == response
    assert len(fitted.text) <= 64


def test_what_fits_is_left_alone() -> None:
    """A comment that fits is not changed, and nothing is said of it."""
    fitted = fit_error_comment("Unable to process: no Study Instance UID")
    assert (str(fitted), fitted.changes) == ("Unable to process: no Study Instance UID", ())


def test_what_was_changed_is_said() -> None:
    """The length before the cut and the characters replaced are named."""
    fitted = fit_error_comment("ö\\" + "x" * 70)
    assert fitted.text == "??" + "x" * 62
    assert fitted.changes == (
        "2 characters outside the default repertoire replaced by '?'",
        "cut from 72 to 64 characters",
    )
