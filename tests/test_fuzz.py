"""The fuzz targets, without a fuzzer: on every seed and on every input that was kept, and that they can fail."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import dimse
from dimse import DICTIONARY, SERVICES, DecodeError, Primitive, decode
from dimse.assembler import Assembler
from fuzz import fuzz_assembler, fuzz_decode, fuzz_roundtrip, seeds

TESTS = Path(__file__).parent
KEPT = [(name, data) for name in seeds.TARGETS for data in seeds.kept(name)]
C_STORE_RQ = bytes.fromhex("0000 0001 02000000 0100")
STORE = min(seed for seed in seeds.command_sets() if C_STORE_RQ in seed)


def target(name: str) -> Callable[[bytes], int]:
    function: Callable[[bytes], int] = importlib.import_module(f"fuzz.fuzz_{name}").target
    return function


@pytest.fixture(autouse=True)
def _thorough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_decode, "SAMPLE", 1)
    monkeypatch.setattr(fuzz_assembler, "SAMPLE", 1)


@pytest.mark.parametrize(("name", "data"), KEPT, ids=[f"{name} {data[:16].hex()}" for name, data in KEPT])
def test_an_input_that_was_kept(name: str, data: bytes) -> None:
    """All that the target states holds for an input that once failed, or that reaches a part of the code."""
    target(name)(data)


@pytest.mark.parametrize("name", seeds.TARGETS)
def test_seeds(name: str) -> None:
    """All that the target states holds for what was recorded."""
    found = list(seeds.seeds(name))
    assert len(found) > 20
    assert sum(map(target(name), found)) > len(found) / 4


@pytest.mark.parametrize("name", seeds.TARGETS)
def test_nothing_at_all(name: str) -> None:
    """No bytes are an input too."""
    target(name)(b"")


def test_every_message_is_built() -> None:
    """The seeds of the round trip stand for all 23 messages, and each can be built from bytes."""
    assert {seed[0] for seed in seeds.seeds("roundtrip")} == set(range(23))
    assert len(fuzz_roundtrip.MESSAGES) == 23
    built = {type(fuzz_roundtrip.build(bytes((number, 0, 0)) + b"\1" * 60)) for number in range(23)}
    assert built == set(fuzz_roundtrip.MESSAGES)


def test_the_dictionary_has_every_element() -> None:
    """The fuzzer is told the tag of every element that a Command Set can have."""
    tags = {tag for tag, element in DICTIONARY.by_tag.items() if not element.retired and not tag >> 16}
    assert tags <= set(seeds.TAGS)
    words = list(seeds.words())
    assert all(words)
    assert len(words) == len(set(words))


def test_planting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds and kept inputs go to a corpus folder, the dictionary beside it in libFuzzer's form."""
    monkeypatch.setattr(seeds, "BUILD", tmp_path)
    for name in seeds.TARGETS:
        planted = {path.read_bytes() for path in seeds.plant(name).iterdir()}
        assert planted >= set(seeds.seeds(name)), name
        assert planted >= set(seeds.kept(name)), name
    lines = (tmp_path / "dimse.dict").read_text("ascii").splitlines()
    assert [bytes.fromhex(line.strip('"').replace("\\x", "")) for line in lines] == list(seeds.words())


# The targets can fail


def broken(monkeypatch: pytest.MonkeyPatch, change: Callable[[Primitive[Any, Any]], None]) -> None:
    """Let the target see a decoder that changes what it decoded."""

    def decode_badly(*arguments: Any) -> Primitive[Any, Any]:
        primitive = decode(*arguments)
        change(primitive)
        return primitive

    monkeypatch.setattr(fuzz_decode, "decode", decode_badly)


def forget(**changes: Any) -> Callable[[Primitive[Any, Any]], None]:
    """What makes a primitive tell less of the bytes it came from."""
    return lambda primitive: object.__setattr__(primitive, "_received", attrs.evolve(primitive.received, **changes))


def test_a_foreign_exception_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is not `DecodeError` leaves the target."""

    def raise_another(*_: Any) -> None:
        raise IndexError

    monkeypatch.setattr(fuzz_decode, "decode", raise_another)
    with pytest.raises(IndexError):
        fuzz_decode.target(STORE)


def test_a_lost_element_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Residue that is not kept is an error."""
    odd = STORE + bytes.fromhex("0900 1000 02000000 4142")
    fuzz_decode.target(odd)
    broken(monkeypatch, forget(residue=()))
    with pytest.raises((AssertionError, KeyError)):
        fuzz_decode.target(odd)


def test_another_value_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is not that of the bytes is an error."""
    fuzz_decode.target(STORE)
    broken(monkeypatch, lambda primitive: object.__setattr__(primitive, "MessageID", 77))
    with pytest.raises(AssertionError):
        fuzz_decode.target(STORE)


def test_another_data_set_type_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Command Data Set Type that is not that of the bytes is an error."""
    broken(monkeypatch, forget(data_set_type=0x0303))
    with pytest.raises(AssertionError):
        fuzz_decode.target(STORE)


def test_another_writer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways to write a message that differ in a byte are an error."""
    seed = bytes((0, 0, 0)) + b"\1" * 60
    assert fuzz_roundtrip.target(seed)
    monkeypatch.setattr(fuzz_roundtrip, "write_any", lambda message: dimse.message.write_any(message) + b"\0")
    with pytest.raises(AssertionError):
        fuzz_roundtrip.target(seed)


def test_a_cut_that_matters_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An assembler that answers a stream in pieces differently is an error."""
    stream = next(iter(seeds.streams()))
    fuzz_assembler.target(stream)
    feed = Assembler.feed
    monkeypatch.setattr(Assembler, "feed", lambda self, data: feed(self, data if len(data) > 64 else bytes(len(data))))
    with pytest.raises(AssertionError):
        fuzz_assembler.target(stream)


def test_a_foreign_exception_of_the_assembler_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is not `FragmentError` leaves the target, even where it is a `DecodeError`."""
    stream = next(iter(seeds.streams()))
    for error in (IndexError(), DecodeError(0, None, "no")):

        def raise_it(*_: Any, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(Assembler, "feed", raise_it)
        with pytest.raises(type(error)):
            fuzz_assembler.target(stream)


# Without atheris


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=TESTS, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_targets_need_no_fuzzer() -> None:
    """The targets are imported and run where atheris is not installed."""
    lines = [f"import fuzz.fuzz_{name} as module; module.target(b'')" for name in seeds.TARGETS]
    done = run("\n".join(["import sys; sys.modules['atheris'] = None", *lines]))
    assert done.returncode == 0, done.stderr


def test_a_missing_fuzzer_is_said() -> None:
    """`python -m fuzz` without atheris says that nothing was fuzzed, and fails."""
    done = run(
        "import runpy, sys; sys.modules['atheris'] = None; sys.argv[1:] = ['--seconds', '1'];"
        "runpy.run_module('fuzz', run_name='__main__')"
    )
    assert done.returncode == 2
    assert "atheris cannot be imported" in done.stdout
    assert "Nothing was fuzzed" in done.stdout


def test_an_unknown_target_is_refused() -> None:
    """`python -m fuzz` knows the names of its targets."""
    done = run("import runpy, sys; sys.argv[1:] = ['decoder']; runpy.run_module('fuzz', run_name='__main__')")
    assert done.returncode == 2
    assert "no target is called decoder" in done.stderr


def test_every_service_is_fuzzed() -> None:
    """The round trip builds the messages of all services."""
    assert {message.PRIMITIVE for message in fuzz_roundtrip.MESSAGES} == set(SERVICES)
