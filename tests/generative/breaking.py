"""Functions of the service that a call runs through, and how to make one of them fail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

import pytest

# The rooms that read and decide; what is written down about a call afterwards is not among them.
ROOMS = ("cds_service.fhir.", "cds_service.clinical.", "cds_service.render.", "cds_service.hook.")


def passed_through(call: Callable[[], object]) -> list[FunctionType]:
    """The functions at the top of the modules of those rooms that run during the call.

    One that another function made is left out: all that it made have one code, whichever of them ran.
    """
    codes = set()

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        call()
    finally:
        sys.setprofile(before)
    found = {x for module in modules() for x in vars(module).values() if isinstance(x, FunctionType)}
    own = (x for x in found if x.__module__.startswith(ROOMS) and "<locals>" not in x.__qualname__)
    return sorted((x for x in own if x.__code__ in codes), key=name)


def modules() -> list[Any]:
    """The modules of the service that are loaded."""
    return [module for named, module in sys.modules.items() if named.startswith("cds_service.")]


def name(function: FunctionType) -> str:
    """Its name with its module."""
    return f"{function.__module__}.{function.__qualname__}"


def late(*_: object, **__: object) -> None:
    raise TimeoutError("Invented failure")


def faulty(*_: object, **__: object) -> None:
    raise RuntimeError("Invented failure")


def broken(monkeypatch: pytest.MonkeyPatch, function: FunctionType, failure: FunctionType) -> None:
    """Make the function fail in that way, by whatever name or table it is called."""
    monkeypatch.setattr(function, "__code__", failure.__code__)
    monkeypatch.setattr(function, "__defaults__", None)
    monkeypatch.setattr(function, "__kwdefaults__", None)
