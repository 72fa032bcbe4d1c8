# SPDX-License-Identifier: Apache-2.0
"""What the files of test models have in common: the list of models, and nodes with their scales and zero points."""
from onnx_writer import INT8, MS

MODELS = []


def model(opset=13):
    def register(function):
        MODELS.append((function.__name__, opset, function))
        return function

    return register


def qconv(m, x, w, xs=0.05, xz=0, ws=0.01, wz=0, ys=1.0, yz=0, bias=None, xt=INT8, wt=INT8, yt=None, **attributes):
    """xz, wz, yz are zero points of types xt, wt, yt."""
    inputs = [x, m.scale(xs), m.zero(xz, xt), w, m.scale(ws), m.zero(wz, wt), m.scale(ys), m.zero(yz, yt or xt)]
    return m.node("QLinearConv", inputs + ([bias] if bias else []), **attributes)


def qmatmul(m, a, b, az=0, bz=0, yz=0, sa=0.05, sb=0.01, ys=1.0, at=INT8, bt=INT8, yt=None):
    inputs = [a, m.scale(sa), m.zero(az, at), b, m.scale(sb), m.zero(bz, bt), m.scale(ys), m.zero(yz, yt or at)]
    return m.node("QLinearMatMul", inputs)


def qgemm(m, a, b, bias=None, az=0, yz=0, sa=0.05, sb=0.01, ys=1.0, at=INT8, **attributes):
    inputs = [a, m.scale(sa), m.zero(az, at), b, m.scale(sb), m.zero(0), bias or "", m.scale(ys), m.zero(yz, at)]
    return m.node("QGemm", inputs, MS, **attributes)


def binary(m, op, a, b, sa, sb, ys, za=0, zb=0, zy=0, t=INT8):
    return m.node(op, [a, m.scale(sa), m.zero(za, t), b, m.scale(sb), m.zero(zb, t), m.scale(ys), m.zero(zy, t)], MS)


def unary(m, op, x, xs, xz, ys, yz, t=INT8, **attributes):
    return m.node(op, [x, m.scale(xs), m.zero(xz, t), m.scale(ys), m.zero(yz, t)], MS, **attributes)


def dq(m, x, scale, zero=0, t=INT8, **attributes):
    return m.node("DequantizeLinear", [x, m.scale(scale), m.zero(zero, t)], **attributes)


def q(m, x, scale, zero=0, t=INT8):
    return m.node("QuantizeLinear", [x, m.scale(scale), m.zero(zero, t)])


def dq_bias(m, count, scale):
    return m.node("DequantizeLinear", [m.bias(count), m.scale(scale)], **({"axis": 0} if isinstance(scale, list) else {}))
