# SPDX-License-Identifier: Apache-2.0
"""Writes ONNX and .npy files with nothing but Python: the few messages of onnx.proto that models need."""
import struct

FLOAT, UINT8, INT8, INT32, INT64, BOOL = 1, 2, 3, 6, 7, 9
MS = "com.microsoft"
_FORMATS = {FLOAT: "f", UINT8: "B", INT8: "b", INT32: "i", INT64: "q", BOOL: "B"}
_DESCRIPTORS = {FLOAT: "<f4", UINT8: "|u1", INT8: "|i1", INT32: "<i4", INT64: "<i8"}


def _varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def integer(field, value):
    return _varint(field << 3) + _varint(value)


def text(field, value):
    value = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def number(field, value):
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def raw(dtype, values):
    return struct.pack("<%d%s" % (len(values), _FORMATS[dtype]), *values)


def tensor(name, dtype, shape, values):
    dims = b"".join(integer(1, d) for d in shape)
    return dims + integer(2, dtype) + text(8, name) + text(9, raw(dtype, values))


def outside_tensor(name, dtype, shape, entries):
    """A tensor whose data lies in another file; `entries` are key and value, texts."""
    dims = b"".join(integer(1, d) for d in shape)
    pairs = b"".join(text(13, text(1, key) + text(2, value)) for key, value in entries)
    return dims + integer(2, dtype) + text(8, name) + pairs + integer(14, 1)


def value_info(name, dtype, shape):
    dims = b"".join(text(1, text(2, d) if isinstance(d, str) else integer(1, d)) for d in shape)
    return text(1, name) + text(2, text(1, integer(1, dtype) + text(2, dims)))


def attribute(name, value):
    body = text(1, name)
    if isinstance(value, float):
        return body + number(2, value) + integer(20, 1)
    if isinstance(value, int):
        return body + integer(3, value) + integer(20, 2)
    if isinstance(value, str):
        return body + text(4, value) + integer(20, 3)
    if value and isinstance(value[0], float):
        return body + b"".join(number(7, v) for v in value) + integer(20, 6)
    return body + b"".join(integer(8, v) for v in value) + integer(20, 7)


def npy(dtype, shape, values):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (_DESCRIPTORS[dtype], tuple(shape))
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + raw(dtype, values)


class Random:
    """The same numbers on every machine and in every version of Python."""

    def __init__(self, name):
        self.state = 1469598103934665603
        for byte in name.encode():
            self.state = (self.state ^ byte) * 1099511628211 & (1 << 64) - 1

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        return (self.state >> 33) % limit

    def within(self, least, most, count):
        return [least + self.below(most - least + 1) for _ in range(count)]


def count_of(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


class Model:
    """A model under construction. Values are their names."""

    def __init__(self, name, opset=13, ms=True):
        self.name, self.opset, self.ms = name, opset, ms
        self.random = Random(name)
        self.nodes, self.constants, self.inputs, self.outputs, self.data = [], [], [], [], {}
        self.counter = 0
        self.outside = None  # or the bytes of NAME.data, which holds the constants

    def fresh(self, stem):
        self.counter += 1
        return "%s%d" % (stem, self.counter)

    def input(self, shape, dtype=INT8, name=None, values=None):
        name = name or self.fresh("x")
        if values is None:
            if dtype == FLOAT:
                values = [v / 64 for v in self.random.within(-256, 256, count_of(shape))]
            else:
                low, high = (0, 255) if dtype == UINT8 else (-128, 127)
                values = self.random.within(low, high, count_of(shape))
        self.inputs.append((name, dtype, shape))
        self.data[name] = (dtype, shape, values)
        return name

    def constant(self, dtype, shape, values, name=None):
        name = name or self.fresh("c")
        self.constants.append((name, dtype, shape, values))
        return name

    def scale(self, value):
        return self.constant(FLOAT, [len(value)] if isinstance(value, list) else [],
                             value if isinstance(value, list) else [value])

    def zero(self, value=0, dtype=INT8):
        return self.constant(dtype, [len(value)] if isinstance(value, list) else [],
                             value if isinstance(value, list) else [value])

    def weights(self, shape, dtype=INT8, least=None, most=None):
        low, high = (0, 255) if dtype == UINT8 else (-127, 127)
        return self.constant(dtype, shape, self.random.within(low if least is None else least,
                                                             high if most is None else most, count_of(shape)))

    def bias(self, count, most=2000):
        return self.constant(INT32, [count], self.random.within(-most, most, count))

    def ints(self, values):
        return self.constant(INT64, [len(values)], values)

    def node(self, op, inputs, domain="", outputs=1, name=None, **attributes):
        results = [self.fresh("y") for _ in range(outputs)]
        body = b"".join(text(1, i) for i in inputs) + b"".join(text(2, o) for o in results)
        body += text(3, name or "%s_%d" % (op.lower(), len(self.nodes))) + text(4, op)
        body += b"".join(text(5, attribute(k, v)) for k, v in attributes.items()) + text(7, domain)
        self.nodes.append(body)
        return results[0] if outputs == 1 else results

    def output(self, value, dtype=INT8, shape=None):
        self.outputs.append((value, dtype, shape))

    def move_outside(self, constant):
        name, dtype, shape, values = constant
        self.outside += bytes(-len(self.outside) % 64)
        data = raw(dtype, values)
        entries = [("location", self.name + ".data"), ("offset", str(len(self.outside))), ("length", str(len(data)))]
        self.outside += data
        return outside_tensor(name, dtype, shape, entries)

    def bytes(self):
        graph = b"".join(text(1, n) for n in self.nodes) + text(2, self.name)
        for constant in self.constants:
            is_outside = self.outside is not None and count_of(constant[2]) > 8
            graph += text(5, self.move_outside(constant) if is_outside else tensor(*constant))
        graph += b"".join(text(11, value_info(*i)) for i in self.inputs)
        for name, dtype, shape in self.outputs:
            info = value_info(name, dtype, shape) if shape else text(1, name) + text(2, text(1, integer(1, dtype)))
            graph += text(12, info)
        sets = text(8, text(1, "") + integer(2, self.opset))
        if self.ms:
            sets += text(8, text(1, MS) + integer(2, 1))
        ir = 4 if self.opset < 15 else 8 if self.opset < 19 else 10
        return integer(1, ir) + text(2, "gemel tests") + text(7, graph) + sets
