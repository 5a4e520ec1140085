"""`--profile`: a name on the command line to the profile it stands for, shipped or a user's own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from importlib import import_module

from dimse.profile import Profile
from dimse.profiles import PROFILES

_SHIPPED = "dimse.profiles"
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class UnknownProfileError(Exception):
    """A name that stands for no profile; the text says why, and lists those that come with dimse."""

    def __init__(self, name: str, reason: str) -> None:
        shipped = ", ".join(PROFILES)
        super().__init__(f"{name!r} {reason}; those that come with dimse are {shipped}")


def profiles_of(names: Iterable[str]) -> tuple[Profile, ...]:
    """The profiles that some names stand for: shipped ones by name or module, others by the module they stand in.

    A package that `dimse-codegen` wrote stands for all the profiles in it. The working directory is looked in last.

    Raises:
        UnknownProfileError: a name stands for none.
    """
    return tuple(profile for name in names for profile in _of(name))


def _of(name: str) -> list[Profile]:
    shipped = next((module for module, title in PROFILES.items() if name in (module, title)), None)
    if shipped is not None:
        return [_profile(name, f"{_SHIPPED}.{shipped}")]
    if not _MODULE.fullmatch(name):
        raise UnknownProfileError(name, "is no profile")
    module = _imported(name, name)
    listed = getattr(module, "PROFILES", None)
    if isinstance(listed, dict):
        return [_profile(name, f"{name}.{each}") for each in listed]
    return [_profile(name, name)]


def _profile(name: str, module: str) -> Profile:
    found = getattr(_imported(name, module), "PROFILE", None)
    if not isinstance(found, Profile):
        raise UnknownProfileError(name, f"is no profile: the module {module} has no PROFILE")
    return found


def _imported(name: str, module: str) -> object:
    here = os.getcwd()
    sys.path.append(here)
    try:
        return import_module(module)
    except Exception as error:  # a user's module may raise anything, and the user shall be told which it was
        missing = isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")
        reason = "is no profile, and no module of that name can be imported"
        told = reason if missing else f"cannot be imported: {type(error).__name__}: {error}"
        raise UnknownProfileError(name, told) from error
    finally:
        sys.path.remove(here)
