# SPDX-License-Identifier: Apache-2.0
"""Blocks of well-known networks in QDQ form, as quantisers write them: what fits together, not single operators."""
from model_parts import dq, dq_bias, model, q
from onnx_writer import FLOAT, UINT8


def rounded(m, value, scale, zero=128):
    """Behind QuantizeLinear and DequantizeLinear."""
    return dq(m, q(m, value, scale, zero, UINT8), scale, zero, UINT8)


def conv(m, x, shape, scale, bias=True, **attributes):
    weights = dq(m, m.weights(shape), [0.002 + 0.0001 * i for i in range(shape[0])], [0] * shape[0], axis=0)
    biases = [dq_bias(m, shape[0], [scale * (0.002 + 0.0001 * i) for i in range(shape[0])])] if bias else []
    return m.node("Conv", [x, weights] + biases, **attributes)


def image(m, shape, scale=0.02):
    return rounded(m, m.input(shape, FLOAT), scale)


def swish(m, x, scale):
    x = rounded(m, x, scale)
    return rounded(m, m.node("Mul", [x, m.node("Sigmoid", [x])]), scale / 2, 20)


@model()
def block_of_mobilenet_v2(m):
    x = image(m, [1, 8, 8, 8])
    limits = [m.scale(0.0), m.scale(6.0)]
    y = rounded(m, m.node("Clip", [conv(m, x, [24, 8, 1, 1], 0.02)] + limits), 6 / 255, 0)
    y = rounded(m, m.node("Clip", [conv(m, y, [24, 1, 3, 3], 6 / 255, group=24, pads=[1] * 4)] + limits), 6 / 255, 0)
    y = rounded(m, conv(m, y, [8, 24, 1, 1], 6 / 255), 0.05)
    m.output(q(m, m.node("Add", [x, y]), 0.06, 130, UINT8), UINT8)


@model(14)
def block_of_mobilenet_v3(m):
    x = image(m, [1, 8, 8, 8])
    y = rounded(m, m.node("HardSwish", [rounded(m, conv(m, x, [16, 8, 1, 1], 0.02), 0.05)]), 0.04, 20)
    s = rounded(m, m.node("GlobalAveragePool", [y]), 0.02, 10)
    s = rounded(m, m.node("Relu", [conv(m, s, [4, 16, 1, 1], 0.02)]), 0.02, 0)
    s = m.node("HardSigmoid", [rounded(m, conv(m, s, [16, 4, 1, 1], 0.02), 0.03)], alpha=1 / 6, beta=0.5)
    m.output(q(m, m.node("Mul", [y, rounded(m, s, 1 / 255, 0)]), 0.03, 20, UINT8), UINT8)


@model()
def block_of_efficientnet(m):
    x = image(m, [1, 8, 8, 8])
    y = swish(m, conv(m, x, [16, 8, 1, 1], 0.02), 0.06)
    y = swish(m, conv(m, y, [16, 1, 5, 5], 0.03, group=16, pads=[2] * 4, strides=[2, 2]), 0.08)
    s = rounded(m, m.node("ReduceMean", [y], axes=[2, 3], keepdims=1), 0.02, 20)
    s = swish(m, conv(m, s, [4, 16, 1, 1], 0.02), 0.02)
    s = rounded(m, m.node("Sigmoid", [rounded(m, conv(m, s, [16, 4, 1, 1], 0.01), 0.03)]), 1 / 255, 0)
    m.output(q(m, m.node("Mul", [y, s]), 0.03, 20, UINT8), UINT8)


@model()
def block_of_densenet(m):
    x = image(m, [1, 8, 6, 6])
    features = [x]
    for i in range(3):
        y = m.node("Concat", features, axis=1) if i else x
        y = rounded(m, y, 0.03 + 0.01 * i)
        features.append(rounded(m, m.node("Relu", [conv(m, y, [4, 8 + 4 * i, 3, 3], 0.03 + 0.01 * i, pads=[1] * 4)]),
                                0.02 + 0.01 * i, 0))
    y = rounded(m, m.node("Concat", features, axis=1), 0.05, 100)
    m.output(q(m, m.node("AveragePool", [y], kernel_shape=[2, 2], strides=[2, 2]), 0.05, 100, UINT8), UINT8)


@model()
def block_of_inception(m):
    x = image(m, [1, 8, 7, 7])
    a = rounded(m, m.node("Relu", [conv(m, x, [6, 8, 1, 1], 0.02)]), 0.03, 0)
    b = rounded(m, m.node("Relu", [conv(m, x, [4, 8, 1, 7], 0.02, pads=[0, 3, 0, 3])]), 0.04, 0)
    b = rounded(m, m.node("Relu", [conv(m, b, [6, 4, 7, 1], 0.04, pads=[3, 0, 3, 0])]), 0.05, 0)
    c = rounded(m, m.node("MaxPool", [x], kernel_shape=[3, 3], pads=[1] * 4), 0.02)
    d = rounded(m, m.node("AveragePool", [x], kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=0), 0.02)
    m.output(q(m, m.node("Concat", [a, b, c, d], axis=1), 0.05, 60, UINT8), UINT8)


@model()
def block_of_shufflenet(m):
    x = image(m, [1, 12, 6, 6])
    left, right = m.node("Split", [x, m.ints([6, 6])], outputs=2, axis=1)
    y = rounded(m, m.node("Relu", [conv(m, rounded(m, right, 0.02), [6, 6, 1, 1], 0.02)]), 0.02, 128)
    y = m.node("Concat", [rounded(m, left, 0.02), y], axis=1)
    y = m.node("Reshape", [rounded(m, y, 0.02), m.ints([1, 2, 6, 6, 6])])
    y = m.node("Transpose", [rounded(m, y, 0.02)], perm=[0, 2, 1, 3, 4])
    y = rounded(m, m.node("Reshape", [rounded(m, y, 0.02), m.ints([1, -1, 6, 6])]), 0.02)
    m.output(q(m, conv(m, y, [8, 12, 1, 1], 0.02), 0.05, 128, UINT8), UINT8)


@model()
def neck_of_yolo(m):
    x = image(m, [1, 8, 8, 8])
    y = swish(m, conv(m, x, [16, 8, 3, 3], 0.02, pads=[1] * 4, strides=[2, 2]), 0.08)
    p = m.node("MaxPool", [y], kernel_shape=[5, 5], pads=[2] * 4)
    y = m.node("Concat", [y, rounded(m, p, 0.04, 20)], axis=1)
    up = m.node("Resize", [rounded(m, y, 0.04, 20), "", m.constant(FLOAT, [4], [1.0, 1.0, 2.0, 2.0])],
                coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    y = rounded(m, m.node("Concat", [rounded(m, up, 0.04, 20), x], axis=1), 0.04, 40)
    y = rounded(m, conv(m, y, [18, 40, 1, 1], 0.04), 0.08)
    y = rounded(m, m.node("Reshape", [y, m.ints([1, 3, 6, 8, 8])]), 0.08)
    y = rounded(m, m.node("Transpose", [y], perm=[0, 1, 3, 4, 2]), 0.08)
    m.output(q(m, m.node("Sigmoid", [y]), 1 / 255, 0, UINT8), UINT8)


@model()
def block_of_u_net(m):
    x = image(m, [1, 4, 8, 8])
    y = rounded(m, m.node("Relu", [conv(m, x, [8, 4, 3, 3], 0.02, pads=[1] * 4)]), 0.03, 0)
    z = rounded(m, m.node("MaxPool", [y], kernel_shape=[2, 2], strides=[2, 2]), 0.03, 0)
    z = rounded(m, m.node("Relu", [conv(m, z, [12, 8, 3, 3], 0.03, pads=[1] * 4)]), 0.04, 0)
    z = m.node("ConvTranspose", [z, dq(m, m.weights([12, 8, 2, 2]), 0.003), dq_bias(m, 8, 0.04 * 0.003)], strides=[2, 2])
    y = rounded(m, m.node("Concat", [y, rounded(m, z, 0.06)], axis=1), 0.06)
    m.output(q(m, conv(m, y, [3, 16, 1, 1], 0.06), 0.1, 128, UINT8), UINT8)


@model(17)
def block_of_convnext(m):
    x = image(m, [1, 8, 6, 6])
    y = rounded(m, conv(m, x, [8, 1, 7, 7], 0.02, group=8, pads=[3] * 4), 0.05)
    y = rounded(m, m.node("Transpose", [y], perm=[0, 2, 3, 1]), 0.05)
    gamma = m.constant(FLOAT, [8], [0.8 + 0.05 * i for i in range(8)])
    beta = m.constant(FLOAT, [8], [0.02 * i for i in range(8)])
    y = rounded(m, m.node("LayerNormalization", [y, gamma, beta]), 0.02)
    y = rounded(m, m.node("Add", [m.node("MatMul", [y, dq(m, m.weights([8, 16]), 0.004)]),
                                  m.constant(FLOAT, [16], [0.001 * i for i in range(16)])]), 0.03)
    half = m.node("Add", [m.node("Erf", [m.node("Div", [y, m.scale(1.4142135)])]), m.scale(1.0)])
    y = rounded(m, m.node("Mul", [m.node("Mul", [y, half]), m.scale(0.5)]), 0.02, 10)
    y = rounded(m, m.node("MatMul", [y, dq(m, m.weights([16, 8]), 0.004)]), 0.03)
    y = rounded(m, m.node("Mul", [y, m.constant(FLOAT, [8], [0.1 * (i + 1) for i in range(8)])]), 0.02)
    y = rounded(m, m.node("Transpose", [y], perm=[0, 3, 1, 2]), 0.02)
    m.output(q(m, m.node("Add", [x, y]), 0.04, 128, UINT8), UINT8)


@model()
def head_of_deeplab(m):
    x = image(m, [1, 8, 9, 9])
    parts = [rounded(m, m.node("Relu", [conv(m, x, [4, 8, 3, 3], 0.02, pads=[d] * 4, dilations=[d, d])]), 0.03, 0)
             for d in (1, 2, 4)]
    pooled = rounded(m, conv(m, rounded(m, m.node("GlobalAveragePool", [x]), 0.01), [4, 8, 1, 1], 0.01), 0.01)
    parts.append(rounded(m, m.node("Expand", [pooled, m.ints([1, 4, 9, 9])]), 0.01))
    m.output(q(m, conv(m, rounded(m, m.node("Concat", parts, axis=1), 0.03, 30), [5, 16, 1, 1], 0.03), 0.06, 128, UINT8),
             UINT8)
