"""The straight lines of each message: which shapes are printed, and the lines that write and read them.

A message is printed in two shapes at most: with every field of its table, and with those alone that every conformant
peer sends. All other combinations take the general path of the runtime.
"""

from __future__ import annotations

from attrs import frozen

from dimse_codegen.annex_c import AnnexC
from dimse_codegen.layout import WIDTH, Test, branch, call, quote
from dimse_codegen.model import PROTOCOL_FIELDS, Element, Message, Schema, Service
from dimse_codegen.view import class_name, tag_literal, tuple_literal

# What a part of changing length packs before its own bytes; the element of an AE title is cached whole.
_OPENING = {"AE": "", "AT": "8s", "UI": "8s"}
_DATA_SET_TYPES = {
    "always": "DATA_SET_FOLLOWS",
    "never": "NO_DATA_SET",
    "conditional": "NO_DATA_SET if {variable}.{keyword} is None else DATA_SET_FOLLOWS",
}

# What the straight lines take from `dimse.strict`; the rest is in `dimse.shape`.
STRICT = {"AE_VALUES", "TITLES", "UI_VALUES", "read_tags", "read_uid", "tag_list", "uid_value"}


@frozen
class Function:
    """A function as it is printed: its head, its sentence, its lines."""

    head: str
    sentence: str
    lines: tuple[str, ...]


@frozen
class WireView:
    """The straight lines of a service."""

    path: str
    module: str
    service_module: str
    name: str
    section: str
    classes: list[str]
    general: list[str]
    helpers: list[str]
    strict: list[str]
    protocol: list[str]
    errors: list[str]
    checks: list[str]
    constants: tuple[str, ...]
    functions: tuple[Function, ...]
    installs: tuple[tuple[str, ...], ...]


def wire_views(schema: Schema) -> tuple[WireView, ...]:
    """The straight lines of every service that has them: its messages begin with a SOP Class UID."""
    printers = [_WirePrinter(schema, service) for service in schema.services]
    return tuple(printer.view() for printer in printers if printer.has_shapes)


@frozen
class _Shape:
    """The elements of a shape behind the Command Field, in order of tag."""

    suffix: str
    elements: tuple[Element, ...]

    @property
    def names(self) -> set[str]:
        return {str(element.name) for element in self.elements}


class _WirePrinter:
    """One service on its way to straight lines; collects what its module must import and define."""

    def __init__(self, schema: Schema, service: Service) -> None:
        self.dictionary = schema.dictionary
        self.annex_c = AnnexC(schema, service)
        self.service = service
        self.columns = list(zip(service.messages, ("Req/Ind", "Rsp/Conf"), strict=False))
        self.has_shapes = service.kind != "cancel" and all(self._has_shape(message) for message in service.messages)
        self.general = {"install"}
        self.helpers = {"Shape", "twin"}
        self.protocol: set[str] = set()
        self.errors: set[str] = set()
        self.checks: set[str] = set()
        self.constants: dict[str, str] = {}

    def view(self) -> WireView:
        service = self.service
        primitive = class_name(service.name)
        functions = [self._blank(primitive)]
        installs = []
        for message, column in self.columns:
            variable = "rq" if column == "Req/Ind" else "rsp"
            shapes = self._shapes(message, column)
            functions.append(self._write(message, column, variable, shapes))
            functions += [self._read(message, variable, shape) for shape in shapes]
            listed = tuple(self._shape_literal(message, variable, shape) for shape in shapes)
            functions.insert(-1 - len(shapes), self._init(message, column, variable))
            functions_of_message = f"init_{variable}", f"write_{variable}"
            installs.append((class_name(message.name), *functions_of_message, "blank", *listed))
        return WireView(
            path=f"schema/services/{service.path.name}",
            module=f"wire_{service.path.stem}",
            service_module=service.path.stem,
            name=service.name,
            section=service.section,
            classes=[primitive, *(class_name(message.name) for message in service.messages)],
            general=sorted(self.general),
            helpers=sorted(self.helpers - STRICT),
            strict=sorted(self.helpers & STRICT),
            protocol=sorted(self.protocol),
            errors=sorted(self.errors),
            checks=sorted(self.checks),
            constants=tuple(f"{name} = {value}" for name, value in sorted(self.constants.items())),
            functions=tuple(functions),
            installs=tuple(installs),
        )

    # Shapes

    def _head(self, message: Message) -> Element | None:
        """The UID that the message begins with."""
        tags = {name: self.dictionary.element(name) for name in message.fields}
        before = [e for e in tags.values() if e is not None and e.vr == "UI" and e.tag < 0x0000_0100]
        return before[0] if len(before) == 1 else None

    def _has_shape(self, message: Message) -> bool:
        """Whether there are straight lines for all its fields: other VRs are left to the general path."""
        elements = [self.dictionary.element(name) for name in message.fields if name != PROTOCOL_FIELDS[0]]
        known = all(element is None or element.vr in ("US", *_OPENING) for element in elements)
        return known and self._head(message) is not None

    def _shapes(self, message: Message, column: str) -> list[_Shape]:
        head = self._head(message)
        found = [self.dictionary.element(name) for name in message.fields if name not in PROTOCOL_FIELDS[:2]]
        elements = sorted((e for e in found if e is not None and e != head), key=lambda element: element.tag)
        full = _Shape("", tuple(elements))
        usual = _Shape("_short", tuple(element for element in elements if self._usual(element, column)))
        return [full] if usual.elements == full.elements else [full, usual]

    def _usual(self, element: Element, column: str) -> bool:
        """Whether every conformant peer sends it: mandatory, or an option that repeats the request."""
        if element.name in PROTOCOL_FIELDS:
            return True
        cell = str(self.service.cell(element.name, column))
        return cell.startswith("M") or cell == "U(=)" or (cell == "U" and element.name in self.service.equal_to_request)

    # Making

    def _init(self, message: Message, column: str, variable: str) -> Function:
        names = self.annex_c.parameters_of(column)
        keywords = [self.dictionary.keyword(name) for name in names]
        cls = class_name(message.name)
        tests: list[Test] = [f"type(self) is {cls}"]
        made: list[str] = []
        signature = []
        for name, keyword in zip(names, keywords, strict=True):
            mandatory = str(self.service.cell(name, column) or "-").startswith("M")
            element = self.dictionary.element(name)
            wanted, value = self._check(element.vr if element else "BYTES", keyword, element)
            if wanted:
                tests += wanted if mandatory else [(f"{keyword} is None", " and ".join(wanted))]
            if value:
                made += (
                    [f"{keyword} = {value}"]
                    if mandatory
                    else [f"if {keyword} is not None:", f"    {keyword} = {value}"]
                )
            signature.append(f"{keyword}: Any" if mandatory else f"{keyword}: Any = None")
        upper = variable.upper()
        self.constants[f"{upper}_INIT"] = f"{cls}.__init__"
        self.constants[f"{upper}_TWIN"] = f"twin({cls})"
        self.helpers |= {"Unfit", "turn_into"}
        self.errors.add("ParameterError")
        lines = ["    try:", *branch(tests, "and", 8, negated=True), "            raise Unfit"]
        lines += [f"        {line}" for line in made]
        again = [f"{keyword}={keyword}" for keyword in keywords]
        lines += ["    except (ParameterError, TypeError, Unfit):"]
        lines += call(["self", *again], f"return {upper}_INIT", 8).split("\n")
        lines += ["    made: Any = self", f"    turn_into(made, {upper}_TWIN)"]
        lines += [f"    made.{keyword} = {keyword}" for keyword in keywords]
        lines += [f"    made.__class__ = {cls}", "    return None"]
        head = call(["self: Any", "*", *signature], f"def init_{variable}", 0, " -> None:")
        return Function(
            head, "Values that need no second look, checked and set; all others go to attrs' own.", tuple(lines)
        )

    def _check(self, kind: str, keyword: str, element: Element | None) -> tuple[list[str], str]:
        """What a value is tested for, and what is made of it."""
        if kind == "US":
            values = tuple(str(v) for v in sorted(self.dictionary.allowed(element.name).values())) if element else ()
            fits = f"{keyword} in {tuple_literal(values)}" if values else f"not {keyword} >> 16"
            return [f"type({keyword}) is int", fits], ""
        if kind == "BYTES":
            return [f"type({keyword}) is bytes"], ""
        if kind == "AE" or (kind == "UI" and element is not None and element.tag < 0x0000_0100):
            self.helpers.add(f"{kind}_VALUES")
            # A memoryview equals the bytes it shows, and would find what the cache holds for them.
            return [f"isinstance({keyword}, str)"], f"{kind}_VALUES[{keyword}]"
        if kind == "AT":
            self.helpers.add("tag_list")
            # Tags may come from an iterator, which attrs' own could not read a second time.
            return [f"type({keyword}) is list"], f"tag_list({keyword})"
        if kind == "UI":
            self.helpers.add("uid_value")
            return [], f"uid_value({keyword})"
        self.checks.add(kind)
        return [], f"{kind}({keyword})"

    # Writing

    def _write(self, message: Message, column: str, variable: str, shapes: list[_Shape]) -> Function:
        lines = self._guard(message, column, variable, shapes)
        if len(shapes) == 2:
            optional = [e for e in shapes[0].elements if e.name not in shapes[1].names]
            attributes = [f"{variable}.{element.keyword}" for element in optional]
            absent: list[Test] = [f"{attribute} is None" for attribute in attributes]
            lines += branch(absent, "and", 4)
            lines += self._pack(message, variable, shapes[1], 8)
            if len(attributes) > 1:
                self.general.add("write_any")
                lines += branch(absent, "or", 4)
                lines.append(f"        return write_any({variable})")
        lines += self._pack(message, variable, shapes[0], 4)
        head = f"def write_{variable}({variable}: {class_name(message.name)}) -> bytes:"
        return Function(head, f"The Command Set of {message.name}.", tuple(lines))

    def _guard(self, message: Message, column: str, variable: str, shapes: list[_Shape]) -> list[str]:
        """Send everything that is in no shape the general way."""
        head = self._head(message)
        assert head is not None
        shaped = shapes[0].names | {str(head.name)}
        unshaped = [keyword for name, keyword in self._parameters(column) if name not in shaped]
        optional = [element for element in (head, *shapes[-1].elements) if not self._mandatory(element, column)]
        tests: list[Test] = [f"{variable}.{element.keyword} is None" for element in optional]
        tests += [f"{variable}.{keyword} is not None" for keyword in unshaped]
        if not tests:
            return []
        self.general.add("write_any")
        return [*branch(tests, "or", 4), f"        return write_any({variable})"]

    def _mandatory(self, element: Element, column: str) -> bool:
        return element.name in PROTOCOL_FIELDS or str(self.service.cell(element.name, column)).startswith("M")

    def _parameters(self, column: str) -> list[tuple[str, str]]:
        """Name and keyword of everything that the message class of a column may hold, Data Sets aside."""
        names = [name for name in self.annex_c.parameters_of(column) if name not in self.dictionary.data_sets]
        return [(name, self.dictionary.keyword(name)) for name in names]

    def _pack(self, message: Message, variable: str, shape: _Shape, indent: int) -> list[str]:
        head = self._head(message)
        assert head is not None
        changing = [element for element in shape.elements if element.vr in _OPENING]
        formats = self._formats(shape)
        name = f"{variable.upper()}{shape.suffix.upper()}_HEADS"
        maker = "open_heads" if changing else "heads"
        self.helpers.add(maker)
        arguments = [tag_literal(head.tag), f"0x{message.command_field:04X}", *map(quote, formats)]
        self.constants[name] = f"{maker}({', '.join(arguments)})"
        key = f"{name}[{variable}.{head.keyword}]"
        margin = " " * indent
        packed = [piece for element in shape.elements for piece in self._packed(message, variable, element)]
        if not changing:
            return [f"{margin}head, pack = {key}", *call(["head", *packed], "return pack", indent).split("\n")]
        self.helpers.add("GROUP_LENGTH_HEADER")
        setup = [line for element in changing for line in self._setup(variable, element)]
        lengths = [f"len({_local(element)})" for element in changing]
        packers = "packers" if len(changing) == 1 else f"packers{len(changing)}"
        packer = packers + "".join(f"[{length}]" for length in lengths)
        size = " + ".join(["size", *lengths])
        pack = call(["GROUP_LENGTH_HEADER", size, "head", *packed], f"return {packer}", indent)
        return [f"{margin}head, size, {packers} = {key}", *(f"{margin}{line}" for line in setup), *pack.split("\n")]

    def _formats(self, shape: _Shape) -> list[str]:
        """Struct formats between the parts that change."""
        formats = [""]
        for element in shape.elements:
            if element.vr in _OPENING:
                formats[-1] += _OPENING[element.vr]
                formats.append("")
            else:
                formats[-1] += "8sH"
        return formats

    def _packed(self, message: Message, variable: str, element: Element) -> list[str]:
        local = _local(element)
        if element.vr == "AE":
            return [local]
        name = f"H{element.tag:04X}"
        if element.vr in _OPENING:
            self.helpers.add("headers")
            self.constants[name] = f"headers({tag_literal(element.tag)})"
            return [f"{name}[len({local})]", local]
        self.helpers.add("header")
        self.constants[name] = f"header({tag_literal(element.tag)})"
        if element.name == PROTOCOL_FIELDS[2]:
            data_sets = [self.dictionary.keyword(n) for n in message.fields if n in self.dictionary.data_sets]
            keyword = data_sets[0] if data_sets else ""
            value = _DATA_SET_TYPES[message.data_set].format(variable=variable, keyword=keyword)
            self.protocol |= {word for word in ("DATA_SET_FOLLOWS", "NO_DATA_SET") if word in value}
            return [name, value]
        return [name, f"{variable}.{element.keyword}"]

    def _setup(self, variable: str, element: Element) -> list[str]:
        local, value = _local(element), f"{variable}.{element.keyword}"
        if element.vr == "AE":
            self.helpers.add("titles")
            self.constants[f"E{element.tag:04X}"] = f"titles({tag_literal(element.tag)})"
            return [f"{local} = E{element.tag:04X}[{value}]"]
        if element.vr == "AT":
            self.helpers.add("TAG_BYTES")
            return [f'{local} = b"".join([TAG_BYTES[+tag] for tag in {value}])']
        return [f"{local} = {value}.encode()", f"if len({local}) % 2:", f'    {local} += b"\\0"']

    # Reading

    def _blank(self, primitive: str) -> Function:
        keywords = self._keywords()
        lines = ["primitive = TWIN()", *_absent(keywords), "return primitive"]
        self.constants["TWIN"] = f"twin({primitive})"
        sentence = "A primitive with every parameter absent, free of checks."
        return Function("def blank() -> Any:", sentence, _indented(lines))

    def _keywords(self) -> list[str]:
        return [self.dictionary.keyword(name) for name in self.annex_c.parameters()]

    def _read(self, message: Message, variable: str, shape: _Shape) -> Function:
        head = self._head(message)
        assert head is not None
        targets, after = [], []
        for element in shape.elements:
            attribute = f"primitive.{element.keyword}"
            local = _local(element)
            if element.name == PROTOCOL_FIELDS[2]:
                continue  # constant in a layout, and handed over as what was received
            if element.vr in _OPENING:
                targets.append(local)
                after.append(f"{attribute} = {self._reader(element, local)}")
            elif element.name == "Status":
                self.helpers.add("STATUSES")
                targets.append(local)
                after.append(f"{attribute} = STATUSES[{local}]")
            else:
                targets.append(attribute)
                after += self._enumerated(element, attribute)
        read = {element.keyword for element in shape.elements} | {head.keyword}
        lines = ["primitive = TWIN()", *_unpacked(targets)]
        lines += [f"primitive.{head.keyword} = uid", *after]
        lines += _absent([keyword for keyword in self._keywords() if keyword not in read])
        lines += ["primitive._received = received"]
        lines += [f"primitive.__class__ = {class_name(self.service.name)}", "return primitive"]
        described = "every field of its table" if not shape.suffix else "the fields that every peer sends"
        sentence = f"{message.name} with {described}, of its unpacked values."
        signature = f"def read_{variable}{shape.suffix}(values: Any, uid: str, received: Any) -> Any:"
        return Function(signature, sentence, _indented(lines))

    def _reader(self, element: Element, local: str) -> str:
        if element.vr == "AE":
            self.helpers.add("TITLES")
            return f"TITLES[{local}]"
        reader = "read_uid" if element.vr == "UI" else "read_tags"
        self.helpers.add(reader)
        return f"{reader}({local})"

    def _enumerated(self, element: Element, attribute: str) -> list[str]:
        values = tuple(str(value) for value in sorted(self.dictionary.allowed(element.name).values()))
        if not values:
            return []
        self.helpers.add("Unfit")
        return [f"if {attribute} not in {tuple_literal(values)}:", "    raise Unfit"]

    def _shape_literal(self, message: Message, variable: str, shape: _Shape) -> str:
        head = self._head(message)
        assert head is not None
        group_length, command_field = (self.dictionary.element(name) for name in PROTOCOL_FIELDS[:2])
        assert group_length is not None
        assert command_field is not None
        elements = [group_length, head, command_field, *shape.elements]
        tags = tuple_literal(tuple(tag_literal(element.tag) for element in elements))
        kinds = ["", "", "", *(self._kind(element) for element in shape.elements)]
        varying = tuple_literal(tuple(quote(kind) for kind in kinds))
        return f"Shape({tags}, {varying}, read_{variable}{shape.suffix})"

    def _kind(self, element: Element) -> str:
        """How the value of an element is unpacked, "" where a layout has it as a constant."""
        return "" if element.name in PROTOCOL_FIELDS else "s" if element.vr in _OPENING else "H"


def _unpacked(targets: list[str]) -> list[str]:
    """The assignment of a tuple of values."""
    if len(targets) == 1:
        return [f"({targets[0]},) = values"]
    return ["(", *(f"    {target}," for target in targets), ") = values"]


def _absent(keywords: list[str]) -> list[str]:
    """Assignments of None, as many to a line as fit."""
    lines: list[str] = []
    for keyword in keywords:
        attribute = f"primitive.{keyword} = "
        if lines and len(lines[-1]) + len(attribute) + len("    None") <= WIDTH:
            lines[-1] += attribute
        else:
            lines.append(attribute)
    return [f"{line}None" for line in lines]


def _indented(lines: list[str]) -> tuple[str, ...]:
    return tuple(f"    {line}" for line in lines)


def _local(element: Element) -> str:
    return f"e{element.tag:04x}"
