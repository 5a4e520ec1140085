"""Our codec in pynetdicom: what users and pynetdicom see stays what it was, and nothing of us stays behind."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pynetdicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, _config, dimse_messages, dimse_primitives, evt
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.pdu_primitives import P_DATA

import dimse
import dimse.pynetdicom
from dimse.pynetdicom.command_set import UnreadCommandSet
from dimse.pynetdicom.forms import forms
from dimse.testing import command_sets, messages

CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"
NAMES = sorted(forms())


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """No test finds our codec in place or leaves it there."""
    dimse.pynetdicom.uninstall()
    yield
    dimse.pynetdicom.uninstall()


def attributes() -> dict[tuple[str, str], int]:
    """The identity of everything in pynetdicom's modules and in their classes."""
    found = {}
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] == "pynetdicom" and module is not None:
            for key, value in vars(module).items():
                found[name, key] = id(value)
                if isinstance(value, type) and value.__module__.startswith("pynetdicom"):
                    found.update({(f"{name}.{key}", inner): id(each) for inner, each in vars(value).items()})
    return found


def pdvs(message: DIMSEMessage, context: int = 1, most: int = 16382) -> list[bytes]:
    """The PDVs that pynetdicom cuts a message into, control headers included."""
    return [pdv for data in message.encode_msg(context, most) for _, pdv in data.presentation_data_value_list]


def received(fragments: list[bytes]) -> DIMSEMessage:
    """The message that pynetdicom makes of PDVs."""
    message = DIMSEMessage()
    for fragment in fragments:
        data = P_DATA()
        data.presentation_data_value_list.append((1, fragment))
        message.decode_msg(data)
    return message


def shown(primitive: Any) -> dict[str, Any]:
    """What a pynetdicom primitive holds, with types; Data Sets as their bytes."""
    values = {key: getattr(primitive, key) for key in dir(primitive) if not key.startswith("_") and key[0].isupper()}
    return {
        key: (type(value), value.getvalue() if isinstance(value, BytesIO) else value)
        for key, value in values.items()
        if not key.endswith("KEYWORDS")
    }


def both(run: Callable[[], Any]) -> tuple[Any, Any]:
    """What comes of something without our codec and with it; an exception is an outcome too."""

    def outcome() -> Any:
        try:
            return run()
        except Exception as error:
            return type(error)

    without = outcome()
    with dimse.pynetdicom.installed():
        return without, outcome()


# In place and away


def test_nothing_is_left_behind() -> None:
    """After `uninstall` every attribute of pynetdicom's modules and classes is the object that it was."""
    before = attributes()
    dimse.pynetdicom.install()
    changed = {key for key, value in attributes().items() if before.get(key) != value}
    assert changed
    dimse.pynetdicom.uninstall()
    assert attributes() == before


def test_what_is_replaced() -> None:
    """Five functions are replaced, all in one module."""
    before = attributes()
    dimse.pynetdicom.install()
    changed = {(owner, key) for (owner, key), value in attributes().items() if before.get((owner, key)) != value}
    home = "pynetdicom.dimse_messages"
    methods = {(f"{home}.DIMSEMessage", name) for name in ("__init__", "message_to_primitive", "primitive_to_message")}
    seen = {(owner, key) for owner, key in changed if owner.startswith(home)}
    assert seen == {(home, "decode"), (home, "encode"), *methods}
    assert {key for owner, key in changed if not owner.startswith(home)} <= {name for _, name in methods}


def test_twice_is_once() -> None:
    """`install` and `uninstall` may be called again; the second time does nothing."""
    before = attributes()
    assert dimse.pynetdicom.install()
    once = attributes()
    assert dimse.pynetdicom.install()
    assert attributes() == once
    dimse.pynetdicom.uninstall()
    dimse.pynetdicom.uninstall()
    assert attributes() == before
    assert not dimse.pynetdicom.is_installed()


def test_a_with_block_leaves_what_it_found() -> None:
    """`installed` takes away what it has put in place, and only that; an exception changes nothing of it."""
    seen = []

    def fail() -> None:
        with dimse.pynetdicom.installed():
            seen.append(dimse.pynetdicom.is_installed())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert seen == [True]
    assert not dimse.pynetdicom.is_installed()
    dimse.pynetdicom.install()
    with dimse.pynetdicom.installed():
        pass
    assert dimse.pynetdicom.is_installed()


def test_blocks_may_overlap() -> None:
    """Of several `with` blocks the last to end takes our codec away, in whatever order they end."""
    first, second = dimse.pynetdicom.installed(), dimse.pynetdicom.installed()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert dimse.pynetdicom.is_installed()
    second.__exit__(None, None, None)
    assert not dimse.pynetdicom.is_installed()
    with dimse.pynetdicom.installed():
        dimse.pynetdicom.install()
    assert dimse.pynetdicom.is_installed()
    with dimse.pynetdicom.installed():
        dimse.pynetdicom.uninstall()
    assert not dimse.pynetdicom.is_installed()


def test_threads_may_install_at_once() -> None:
    """However many threads install and uninstall, pynetdicom is whole in the end."""
    before = attributes()

    def work() -> None:
        for _ in range(50):
            dimse.pynetdicom.install()
            dimse.pynetdicom.uninstall()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert attributes() == before


def test_what_others_replace_is_left_to_them() -> None:
    """A function that somebody has put in the place of ours stays, and works without us."""
    module: Any = dimse_messages
    original = module.encode
    dimse.pynetdicom.install()
    module.encode = theirs = partial(module.encode)
    try:
        dimse.pynetdicom.uninstall()
        assert module.encode is theirs
        assert pdvs(echo())[0][:1] == b"\3"
    finally:
        module.encode = original


def test_another_version_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pynetdicom that is not known is named in a warning and not touched."""
    before = attributes()
    monkeypatch.setattr(pynetdicom, "__version__", "3.1.0")
    with pytest.warns(dimse.pynetdicom.UnknownVersionWarning, match=r"3\.0\.x and leaves 3\.1\.0 as it is"):
        assert not dimse.pynetdicom.install()
    monkeypatch.undo()
    assert attributes() == before


@pytest.mark.parametrize(
    "order",
    [
        "import dimse.pynetdicom; dimse.pynetdicom.install(); import pynetdicom.association",
        "import pynetdicom.association, pynetdicom.apps; import dimse.pynetdicom; dimse.pynetdicom.install()",
        "from pynetdicom.dimse_messages import C_ECHO_RQ; import dimse.pynetdicom; dimse.pynetdicom.install()",
    ],
)
def test_any_order_of_imports(order: str) -> None:
    """It works whichever was imported first, for names that were taken before as well."""
    program = f"{order}\nfrom pynetdicom.dimse_messages import C_ECHO_RQ; print(type(C_ECHO_RQ().command_set).__name__)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8")
    assert done.stdout.strip() == UnreadCommandSet.__name__


# The same bytes, the same objects


def echo() -> Any:
    primitive = dimse_primitives.C_ECHO()
    primitive.MessageID = 7
    primitive.AffectedSOPClassUID = UID(VERIFICATION)
    message = dimse_messages.C_ECHO_RQ()
    message.primitive_to_message(primitive)
    return message


@pytest.mark.filterwarnings("ignore:::pydicom")
@given(message=messages())
@settings(max_examples=300)
def test_what_is_received_is_the_same(message: dimse.Message) -> None:
    """Of every legal message pynetdicom makes the same primitive with our codec as without it."""
    fragments = [b"\3" + message.encode()] + ([] if message.data_set is None else [b"\2" + bytes(message.data_set)])
    without, with_ours = both(lambda: shown(received(fragments).message_to_primitive()))
    assert without == with_ours
    without, with_ours = both(lambda: list(received(fragments).command_set))
    assert without == with_ours


@pytest.mark.filterwarnings("ignore:::pydicom")
@given(encoded=command_sets())
@settings(max_examples=300)
def test_what_is_odd_is_the_same(encoded: bytes) -> None:
    """Of any bytes pynetdicom makes the same, with our codec or without; where it fails it fails alike."""
    without, with_ours = both(lambda: shown(received([b"\3" + encoded, b"\2data"]).message_to_primitive()))
    assert without == with_ours


@pytest.mark.filterwarnings("ignore:::pydicom")
@given(message=messages())
@settings(max_examples=300)
def test_what_is_sent_is_the_same(message: dimse.Message) -> None:
    """The same bytes leave pynetdicom with our codec as without it, for every primitive that it can be made to hold."""
    name = type(message).__name__
    primitive = getattr(dimse_primitives, message.PRIMITIVE.__name__)()
    for keyword, value in message._parameters().items():
        if value is not None:
            setattr(primitive, keyword, BytesIO(value) if isinstance(value, bytes) else value)

    def sent() -> tuple[list[bytes], list[Any]]:
        made = getattr(dimse_messages, name)()
        made.primitive_to_message(primitive)
        return pdvs(made), list(made.command_set)

    without, with_ours = both(sent)
    assert without == with_ours


@pytest.mark.filterwarnings("ignore:::pydicom")
@given(data=st.data())
@settings(max_examples=200)
def test_what_ours_would_not_send_is_sent_the_same(data: st.DataObject) -> None:
    """Values that our messages refuse, absent ones too, leave pynetdicom as they always did."""
    name = data.draw(st.sampled_from(NAMES))
    form = forms()[name]
    primitive = form.theirs()
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [None, 0, 1, True, 70000, -1, "", " A ", "x" * 80, "1.2.03", "é", [], [0x00100010], 0x00100010, BytesIO()]
    )
    for keyword in form.keywords:
        value = data.draw(odd)
        try:
            setattr(primitive, keyword, value)
        except (TypeError, ValueError):
            continue
    if form.data_set and data.draw(st.booleans()):
        setattr(primitive, form.data_set, data.draw(st.sampled_from([BytesIO(), BytesIO(b"12")])))

    def sent() -> list[bytes]:
        made = getattr(dimse_messages, name)()
        made.primitive_to_message(primitive)
        return pdvs(made)

    without, with_ours = both(sent)
    assert without == with_ours


@pytest.mark.parametrize("name", NAMES)
def test_a_new_message_is_blank(name: str) -> None:
    """A message of which nothing was set has the elements of its table, empty, in a plain Dataset."""
    without, with_ours = both(lambda: list(getattr(dimse_messages, name)().command_set))
    assert without == with_ours


def test_a_command_set_that_was_changed_is_sent_as_changed() -> None:
    """Who alters the Command Set of a message before it goes out has it sent so, as ever."""
    dimse.pynetdicom.install()
    message = echo()
    assert type(message.command_set) is UnreadCommandSet
    message.command_set.MessageID = 9
    assert type(message.command_set) is Dataset
    sent = dimse.decode(pdvs(message)[0][1:])
    assert sent.MessageID == 9  # type: ignore[attr-defined]


def test_a_command_set_is_a_dataset() -> None:
    """It is read like one, copied, pickled, compared and printed like one, whichever comes first."""
    without = echo().command_set
    dimse.pynetdicom.install()
    uses: list[Callable[[Any], Any]] = [
        lambda cs: cs.MessageID,
        lambda cs: cs.AffectedSOPClassUID.name,
        lambda cs: "MessageID" in cs,
        lambda cs: "Status" in cs,
        lambda cs: 0x0000_0110 in cs,
        lambda cs: hasattr(cs, "Status"),
        lambda cs: cs[0x0000_0110].value,
        lambda cs: cs.get("Status", "none"),
        len,
        lambda cs: [element.keyword for element in cs],
        lambda cs: cs.dir(),
        str,
        lambda cs: cs.to_json_dict(),
        lambda cs: cs == without,
        lambda cs: without == cs,
        copy.copy,
        copy.deepcopy,
        lambda cs: pickle.loads(pickle.dumps(cs)),
    ]
    for use in uses:
        unread = echo().command_set
        assert type(unread) is UnreadCommandSet
        assert isinstance(unread, Dataset)
        assert use(unread) == use(without)
    with pytest.raises(AttributeError):
        _ = echo().command_set.Status
    with pytest.raises(TypeError, match="unhashable"):
        hash(echo().command_set)


def test_messages_under_way_arrive() -> None:
    """A message begun with our codec is sent and read without it, and the other way round."""
    dimse.pynetdicom.install()
    begun = echo()
    read = received(pdvs(echo()))
    dimse.pynetdicom.uninstall()
    assert dimse.decode(pdvs(begun)[0][1:]).MessageID == 7  # type: ignore[attr-defined]
    assert read.message_to_primitive().MessageID == 7
    begun, read = echo(), received(pdvs(echo()))
    dimse.pynetdicom.install()
    assert dimse.decode(pdvs(begun)[0][1:]).MessageID == 7  # type: ignore[attr-defined]
    assert read.message_to_primitive().MessageID == 7


# What pynetdicom's switches promise


def test_validators_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validators that a user has put in place see every AE title and UID that is received."""
    asked: list[str] = []
    for vr in ("AE", "UI"):
        monkeypatch.setitem(_config.VALIDATORS, vr, lambda value: (asked.append(str(value)) is None, ""))
    rq = dimse.C_MOVE_RQ(MessageID=1, AffectedSOPClassUID="1.2", Priority=0, MoveDestination="THERE", Identifier=b"")
    dimse.pynetdicom.install()
    message = received([b"\3" + rq.encode(), b"\2"])
    asked.clear()
    assert message.message_to_primitive().MoveDestination == "THERE"
    assert sorted(asked) == ["1.2", "THERE"]


def test_a_validator_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user's validator refuses is refused, with our codec as without it."""
    monkeypatch.setitem(_config.VALIDATORS, "UI", lambda _: (False, "no"))
    without, with_ours = both(lambda: received([b"\3" + ECHO_RQ.encode()]).message_to_primitive())
    assert without is with_ours is ValueError


ECHO_RQ = dimse.C_ECHO_RQ(MessageID=1, AffectedSOPClassUID=VERIFICATION)


@pytest.mark.parametrize("conformance", [False, True])
def test_uid_conformance(conformance: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ENFORCE_UID_CONFORMANCE` lets through what it lets through, with our codec as without it."""
    monkeypatch.setattr(_config, "ENFORCE_UID_CONFORMANCE", conformance)
    encoded = ECHO_RQ.encode().replace(b"1.2.840.10008.1.1", b"1.2.840.10008.1.0")
    for uid in (b"1.2.840.10008.1.0", b"1.2.840.10008.01x"):
        odd = encoded.replace(b"1.2.840.10008.1.0", uid)
        without, with_ours = both(lambda odd=odd: shown(received([b"\3" + odd]).message_to_primitive()))
        assert without == with_ours


# Over a socket


def serve(ae: AE, handlers: list[Any]) -> Any:
    return ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)


def image() -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientName = CT, "1.2.3", "Doe^John"
    ds.PixelData = bytes(100_000)
    ds["PixelData"].VR = "OW"
    return ds


@pytest.mark.parametrize("sending", [False, True])
@pytest.mark.parametrize("receiving", [False, True])
def test_c_store_in_chunks(sending: bool, receiving: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance arrives whole, sent from a file in chunks or not, received into a file or not."""
    monkeypatch.setattr(_config, "STORE_SEND_CHUNKED_DATASET", sending)
    monkeypatch.setattr(_config, "STORE_RECV_CHUNKED_DATASET", receiving)
    dimse.pynetdicom.install()
    path = tmp_path / "image.dcm"
    ds = image()
    ds.file_meta = pynetdicom.dsutils.create_file_meta(
        sop_class_uid=UID(CT), sop_instance_uid=UID("1.2.3"), transfer_syntax=UID("1.2.840.10008.1.2.1")
    )
    ds.save_as(path, enforce_file_format=True)
    stored: list[tuple[Any, Any]] = []

    def store(event: evt.Event) -> int:
        stored.append((event.dataset_path if receiving else None, event.dataset))
        return 0

    ae = AE()
    ae.add_supported_context(CT, "1.2.840.10008.1.2.1")
    ae.add_requested_context(CT, "1.2.840.10008.1.2.1")
    server = serve(ae, [(evt.EVT_C_STORE, store)])
    try:
        association = ae.associate(*server.server_address)
        status = association.send_c_store(path)
        association.release()
    finally:
        server.shutdown()
    assert status.Status == 0
    ((file, got),) = stored
    assert (got.PatientName, got.PixelData) == ("Doe^John", bytes(100_000))
    assert (file is not None) == receiving


def test_handlers_see_what_they_saw() -> None:
    """Requests are pynetdicom's primitives; sent and received messages its messages, with Datasets and BytesIO."""
    dimse.pynetdicom.install()
    seen: list[Any] = []
    requests: list[Any] = []

    def handle_echo(event: evt.Event) -> int:
        requests.append((event.request, event.message_id, event.context.abstract_syntax))
        return 0

    ae = AE()
    ae.add_supported_context(VERIFICATION)
    ae.add_requested_context(VERIFICATION)
    server = serve(ae, [(evt.EVT_C_ECHO, handle_echo)])
    handlers = [(evt.EVT_DIMSE_SENT, lambda e: seen.append(e.message))]
    handlers.append((evt.EVT_DIMSE_RECV, lambda e: seen.append((e.message, e.message.data_set.getvalue()))))
    try:
        association = ae.associate(*server.server_address, evt_handlers=handlers)
        assert association.send_c_echo().Status == 0
        association.release()
    finally:
        server.shutdown()
    ((request, message_id, abstract_syntax),) = requests
    assert isinstance(request, dimse_primitives.C_ECHO)
    assert (message_id, abstract_syntax, request._context_id) == (1, VERIFICATION, 1)
    sent, (got, data_set) = seen
    assert isinstance(sent, dimse_messages.C_ECHO_RQ)
    assert isinstance(got, dimse_messages.C_ECHO_RSP)
    assert data_set == b""
    assert isinstance(got.command_set, Dataset)
    assert (sent.command_set.MessageID, got.command_set[0x0000_0900].value) == (1, 0)
