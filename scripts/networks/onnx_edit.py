# SPDX-License-Identifier: Apache-2.0
"""Changes inputs and outputs of an ONNX file, with nothing but Python; what it does not know it keeps as it is."""

FLOAT, INT8 = 1, 3


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(number, value):
    return varint(number << 3) + varint(value)


def field(number, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(number << 3 | 2) + varint(len(payload)) + bytes(payload)


def fields(data):
    """(number, payload or int, the field's own bytes) of a message."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        start = at
        key = number()
        kind = key & 7
        if kind == 0:
            payload = number()
        else:
            size = number() if kind == 2 else 8 if kind == 1 else 4
            payload = data[at:at + size]
            at += size
        yield key >> 3, payload, data[start:at]


def text(payload):
    return bytes(payload).decode()


class Node:
    def __init__(self, data):
        self.inputs, self.outputs, self.op, self.name, rest = [], [], "", "", []
        for number, payload, raw in fields(data):
            if number == 1:
                self.inputs.append(text(payload))
            elif number == 2:
                self.outputs.append(text(payload))
            else:
                rest.append(bytes(raw))
                if number == 3:
                    self.name = text(payload)
                if number == 4:
                    self.op = text(payload)
        self.rest = b"".join(rest)

    def data(self, inputs, outputs):
        return b"".join(field(1, i) for i in inputs) + b"".join(field(2, o) for o in outputs) + self.rest


def value_info(name, dtype, shape=None):
    body = integer(1, dtype)
    if shape is not None:
        body += field(2, b"".join(field(1, integer(1, extent)) for extent in shape))
    return field(1, name) + field(2, field(1, body))


class Model:
    """The pieces of a file: `inputs`, `outputs` and `constants` are names, the order of nodes is that of execution."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = memoryview(file.read())
        self.around, graph = [], None
        for number, payload, raw in fields(data):
            if number == 7:
                graph = payload
            else:
                self.around.append(raw)
        self.nodes, self.inputs, self.outputs, self.constants = [], {}, {}, []
        self.kept = []  # name and constants
        for number, payload, raw in fields(graph):
            if number == 1:
                self.nodes.append(Node(payload))
            elif number in (11, 12):
                name = next(text(p) for n, p, _ in fields(payload) if n == 1)
                (self.inputs if number == 11 else self.outputs)[name] = raw
            elif number != 13:
                self.kept.append(raw)
                if number == 5:
                    self.constants.append(next(text(p) for n, p, _ in fields(payload) if n == 8))

    def integer_values(self):
        """Results of nodes that are integers: what is not a float between DequantizeLinear and QuantizeLinear."""
        floats, found = set(), []
        for node in self.nodes:
            makes_float = node.op == "DequantizeLinear" or (
                not node.op.startswith("Q") and any(i in floats for i in node.inputs))
            if makes_float:
                floats.update(node.outputs)
            else:
                found += [o for o in node.outputs if o]
        return found

    def write(self, path, nodes, inputs, outputs):
        """`nodes`, `inputs` and `outputs` as serialised messages and fields."""
        size = sum(len(n) for n in nodes)
        with open(path, "wb") as file:
            for raw in self.around:
                file.write(raw)
            body = [field(1, n) for n in nodes] + self.kept + inputs + outputs
            file.write(varint(7 << 3 | 2) + varint(sum(len(part) for part in body)))
            for part in body:
                file.write(part)
        return size

    def write_with_outputs(self, path, values):
        """The same model; int8 `values` are outputs too."""
        more = [field(12, value_info(v, INT8)) for v in values if v not in self.outputs]
        self.write(path, [n.data(n.inputs, n.outputs) for n in self.nodes], list(self.inputs.values()),
                   list(self.outputs.values()) + more)

    def write_apart(self, path, shapes):
        """Each operator alone: the int8 values named by `shapes` are inputs, and what nodes make of them is an output
        of the same name and `suffix`."""
        suffix = self.suffix
        nodes = [n.data(n.inputs, [o + suffix if o in shapes else o for o in n.outputs]) for n in self.nodes]
        inputs = [field(11, value_info(v, INT8, shape)) for v, shape in shapes.items()]
        outputs = [field(12, value_info(v + suffix, INT8)) for v in shapes]
        self.write(path, nodes, list(self.inputs.values()) + inputs, list(self.outputs.values()) + outputs)

    suffix = ".computed"
