#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Small quantised models: models.py DIR writes NAME.onnx and NAME.INPUT.npy for each, and the list of names."""
import os
import sys

from model_parts import MODELS, binary, dq, dq_bias, model, q, qconv, qgemm, qmatmul, unary
from onnx_writer import FLOAT, INT32, INT8, MS, UINT8, Model, npy

# --- QOperator --------------------------------------------------------------------------------------------


@model(10)
def conv_1x1(m):
    x = m.input([1, 16, 5, 5])
    m.output(qconv(m, x, m.weights([16, 16, 1, 1]), bias=m.bias(16)))


@model()
def conv_3x3(m):
    x = m.input([1, 17, 9, 7])
    m.output(qconv(m, x, m.weights([19, 17, 3, 3]), bias=m.bias(19), pads=[1, 1, 1, 1], ys=3.0))


@model()
def conv_stride(m):
    x = m.input([2, 3, 15, 14])
    m.output(qconv(m, x, m.weights([15, 3, 7, 7]), bias=m.bias(15), pads=[3, 3, 3, 3], strides=[2, 2], ys=2.0))


@model()
def conv_uneven_padding(m):
    x = m.input([1, 5, 8, 9])
    m.output(qconv(m, x, m.weights([6, 5, 3, 2]), pads=[0, 1, 2, 0], strides=[1, 2], dilations=[2, 1]))


@model()
def conv_same_upper(m):
    x = m.input([1, 4, 7, 10])
    m.output(qconv(m, x, m.weights([5, 4, 3, 3]), auto_pad="SAME_UPPER", strides=[2, 3]))


@model()
def conv_same_lower(m):
    x = m.input([1, 4, 7, 10])
    m.output(qconv(m, x, m.weights([5, 4, 4, 3]), auto_pad="SAME_LOWER", strides=[2, 2]))


@model()
def conv_unsigned_128(m):
    x = m.input([1, 8, 6, 6], UINT8)
    m.output(qconv(m, x, m.weights([9, 8, 3, 3]), xt=UINT8, xz=128, yz=128, bias=m.bias(9), pads=[1, 1, 1, 1],
                   ys=2.0), UINT8)


@model()
def conv_input_zero_point(m):
    x = m.input([1, 8, 6, 6])
    m.output(qconv(m, x, m.weights([9, 8, 3, 3]), xz=-17, bias=m.bias(9), ys=2.0))


@model()
def conv_padded_zero_point(m):
    x = m.input([1, 8, 6, 5], UINT8)
    m.output(qconv(m, x, m.weights([9, 8, 3, 3]), xt=UINT8, xz=3, yz=128, bias=m.bias(9), pads=[1, 1, 1, 1],
                   ys=2.0), UINT8)


@model()
def conv_output_zero_point(m):
    x = m.input([1, 8, 6, 6])
    m.output(qconv(m, x, m.weights([9, 8, 1, 1]), yz=11, bias=m.bias(9)))


@model()
def conv_relu_unsigned(m):
    x = m.input([1, 8, 6, 6], UINT8)
    m.output(qconv(m, x, m.weights([9, 8, 3, 3]), xt=UINT8, xz=120, yz=0, bias=m.bias(9), ys=1.0), UINT8)


@model()
def conv_weight_zero_point(m):
    x = m.input([1, 6, 5, 5], UINT8)
    m.output(qconv(m, x, m.weights([7, 6, 3, 3], UINT8, 100, 160), xt=UINT8, wt=UINT8, xz=128, wz=128, yz=128,
                   pads=[1, 1, 1, 1]), UINT8)


@model()
def conv_weights_leave_int8(m):
    x = m.input([1, 6, 5, 5], UINT8)
    m.output(qconv(m, x, m.weights([7, 6, 2, 2], UINT8), xt=UINT8, wt=UINT8, xz=99, wz=3, yz=21, ys=9.0), UINT8)


@model()
def conv_per_channel(m):
    x = m.input([1, 8, 6, 6])
    scales = [0.001 * (i + 1) for i in range(9)]
    m.output(qconv(m, x, m.weights([9, 8, 3, 3]), ws=scales, wz=[0] * 9, bias=m.bias(9), pads=[1, 1, 1, 1]))


@model()
def conv_per_channel_equal(m):
    x = m.input([1, 8, 6, 6])
    m.output(qconv(m, x, m.weights([4, 8, 3, 3]), ws=[0.01] * 4, wz=[0] * 4, bias=m.bias(4)))


@model()
def conv_scales_in_runs(m):
    x = m.input([1, 8, 6, 6])
    scales = [0.01] * 17 + [0.02] * 16
    m.output(qconv(m, x, m.weights([33, 8, 3, 3]), ws=scales, wz=[0] * 33, bias=m.bias(33), pads=[1, 1, 1, 1], ys=2.0))


@model()
def matmul_scales_in_runs(m):
    m.output(qmatmul(m, m.input([5, 16]), m.weights([16, 20]), sb=[0.01] * 12 + [0.03] * 8, bz=[0] * 20))


@model()
def convs_with_zero_points(m):
    x = m.input([1, 5, 7, 6], UINT8)
    y = qconv(m, x, m.weights([6, 5, 3, 3]), xt=UINT8, xz=31, yz=90, ys=1.5, pads=[1, 1, 1, 1], bias=m.bias(6))
    z = qconv(m, y, m.weights([7, 6, 3, 3]), xt=UINT8, xs=1.5, xz=90, yz=128, ys=50.0, pads=[1, 1, 1, 1])
    m.output(qconv(m, z, m.weights([4, 7, 3, 3]), xt=UINT8, xs=50.0, xz=128, yz=3, ys=900.0, pads=[1, 0, 1, 2]), UINT8)


@model()
def conv_depthwise(m):
    x = m.input([1, 20, 8, 7])
    m.output(qconv(m, x, m.weights([20, 1, 3, 3]), group=20, bias=m.bias(20, 300), pads=[1, 1, 1, 1], ys=0.3))


@model()
def conv_depthwise_unsigned(m):
    x = m.input([1, 18, 8, 7], UINT8)
    m.output(qconv(m, x, m.weights([18, 1, 3, 3]), group=18, xt=UINT8, xz=127, yz=13, bias=m.bias(18, 300),
                   pads=[1, 1, 1, 1], strides=[2, 2], ys=0.3), UINT8)


@model()
def conv_depth_multiplier(m):
    x = m.input([1, 6, 6, 6])
    m.output(qconv(m, x, m.weights([12, 1, 3, 3]), group=6, ys=0.3))


@model()
def conv_grouped(m):
    x = m.input([1, 12, 6, 6])
    m.output(qconv(m, x, m.weights([9, 4, 3, 3]), group=3, bias=m.bias(9), pads=[1, 0, 1, 0]))


@model()
def conv_1d(m):
    x = m.input([2, 6, 19])
    m.output(qconv(m, x, m.weights([8, 6, 5]), pads=[2, 2], strides=[2], bias=m.bias(8)))


@model()
def conv_tall_then_1x1(m):
    x = m.input([1, 3, 33, 2])
    y = qconv(m, x, m.weights([17, 3, 5, 1]), pads=[2, 0, 2, 0], ys=0.7)
    m.output(qconv(m, y, m.weights([33, 17, 1, 1]), ys=0.7))


@model()
def conv_relu_pool(m):
    x = m.input([1, 3, 16, 16])
    y = m.node("Relu", [qconv(m, x, m.weights([16, 3, 3, 3]), pads=[1, 1, 1, 1], ys=0.7)])
    m.output(m.node("MaxPool", [y], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))


MODELS[-1] = ("conv_relu_pool", 14, MODELS[-1][2])


@model(10)
def matmul(m):
    m.output(qmatmul(m, m.input([15, 33]), m.weights([33, 17])))


@model(21)
def matmul_batched(m):
    m.output(qmatmul(m, m.input([2, 3, 7, 16]), m.weights([16, 31])))


@model()
def matmul_activations(m):
    m.output(qmatmul(m, m.input([2, 9, 20]), m.input([2, 20, 13])))


@model()
def matmul_activations_zero_points(m):
    m.output(qmatmul(m, m.input([3, 9, 20], UINT8), m.input([3, 20, 13]), at=UINT8, az=100, bz=-9, yz=77, ys=2.0), UINT8)


@model()
def matmul_per_column(m):
    m.output(qmatmul(m, m.input([5, 16]), m.weights([16, 6]), sb=[0.002 * (i + 1) for i in range(6)], bz=[0] * 6))


@model()
def matmul_unsigned_weights(m):
    m.output(qmatmul(m, m.input([5, 40], UINT8), m.weights([40, 12], UINT8), at=UINT8, bt=UINT8, az=9, bz=140, yz=128,
                     ys=3.0), UINT8)


@model()
def matmul_integer(m):
    a, b = m.input([5, 16], UINT8), m.weights([16, 6])
    m.output(m.node("MatMulInteger", [a, b, m.zero(7, UINT8), m.zero(0)]), INT32)


@model()
def conv_integer(m):
    x, w = m.input([1, 3, 6, 6], UINT8), m.weights([4, 3, 3, 3], UINT8, 100, 200)
    m.output(m.node("ConvInteger", [x, w, m.zero(5, UINT8), m.zero(130, UINT8)], pads=[1, 1, 1, 1]), INT32)


@model()
def gemm(m):
    m.output(qgemm(m, m.input([4, 50]), m.weights([10, 50]), m.bias(10), transB=1))


@model()
def gemm_alpha_unsigned(m):
    m.output(qgemm(m, m.input([6, 20], UINT8), m.weights([20, 10]), m.bias(10), at=UINT8, az=37, yz=90, alpha=0.5),
             UINT8)


@model()
def gemm_transposed(m):
    m.output(qgemm(m, m.input([20, 6]), m.weights([20, 7]), transA=1))


@model()
def add_equal_scales(m):
    m.output(binary(m, "QLinearAdd", m.input([1, 16, 5, 5]), m.input([1, 16, 5, 5]), 0.1, 0.1, 0.25))


@model()
def add_whole_ratio(m):
    m.output(binary(m, "QLinearAdd", m.input([3, 37]), m.input([3, 37]), 0.3, 0.2, 0.37))


@model()
def add_any_scales(m):
    m.output(binary(m, "QLinearAdd", m.input([1, 6, 5, 5]), m.input([1, 6, 5, 5]), 0.1234, 0.0777, 0.1))


@model()
def add_zero_points(m):
    m.output(binary(m, "QLinearAdd", m.input([64, 40], UINT8), m.input([64, 40], UINT8), 0.02, 0.03, 0.04, 120, 7, 33,
                    UINT8), UINT8)


@model()
def add_broadcast(m):
    m.output(binary(m, "QLinearAdd", m.input([2, 6, 5, 5]), m.weights([1, 6, 1, 1]), 0.02, 0.03, 0.04))


@model()
def mul(m):
    m.output(binary(m, "QLinearMul", m.input([3, 50]), m.input([3, 50]), 0.02, 0.03, 0.04))


@model()
def mul_zero_points(m):
    m.output(binary(m, "QLinearMul", m.input([2, 6, 5, 5], UINT8), m.input([2, 6, 1, 1], UINT8), 0.02, 0.03, 0.04, 5, 99,
                    128, UINT8), UINT8)


@model()
def residual_block(m):
    x = m.input([1, 16, 6, 6])
    y = qconv(m, x, m.weights([16, 16, 3, 3]), xs=0.1, ws=0.02, ys=0.1, pads=[1, 1, 1, 1], bias=m.bias(16))
    m.output(m.node("Relu", [binary(m, "QLinearAdd", y, x, 0.1, 0.1, 0.1)]))


MODELS[-1] = ("residual_block", 14, MODELS[-1][2])


@model()
def sigmoid(m):
    m.output(unary(m, "QLinearSigmoid", m.input([4, 64]), 0.05, 3, 1 / 256, -128))


@model()
def leaky_relu(m):
    m.output(unary(m, "QLinearLeakyRelu", m.input([1, 8, 6, 6], UINT8), 0.05, 100, 0.04, 30, UINT8, alpha=0.1), UINT8)


@model()
def softmax(m):
    m.output(unary(m, "QLinearSoftmax", m.input([6, 21]), 0.05, 0, 1 / 256, -128, axis=-1, opset=13))


@model()
def softmax_unsigned(m):
    m.output(unary(m, "QLinearSoftmax", m.input([2, 3, 8], UINT8), 0.1, 20, 1 / 256, 0, UINT8, axis=2, opset=13), UINT8)


@model()
def global_average(m):
    m.output(unary(m, "QLinearGlobalAveragePool", m.input([2, 19, 7, 7]), 0.05, 0, 0.01, 0, channels_last=0))


@model()
def global_average_zero_points(m):
    m.output(unary(m, "QLinearGlobalAveragePool", m.input([1, 9, 6, 5], UINT8), 0.05, 130, 0.01, 100, UINT8,
                   channels_last=0), UINT8)


@model()
def average_pool(m):
    m.output(unary(m, "QLinearAveragePool", m.input([1, 18, 8, 8]), 0.05, 0, 0.03, 0, kernel_shape=[2, 2],
                   strides=[2, 2]))


@model()
def average_pool_padded(m):
    m.output(unary(m, "QLinearAveragePool", m.input([1, 6, 7, 8], UINT8), 0.05, 77, 0.03, 99, UINT8,
                   kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), UINT8)


@model()
def average_pool_counting_padding(m):
    m.output(unary(m, "QLinearAveragePool", m.input([1, 6, 7, 8], UINT8), 0.05, 77, 0.03, 99, UINT8,
                   kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1), UINT8)


@model()
def concat(m):
    a, b = m.input([1, 5, 4, 4]), m.input([1, 7, 4, 4])
    inputs = [m.scale(0.1), m.zero(4), a, m.scale(0.1), m.zero(4), b, m.scale(0.03), m.zero(-8)]
    m.output(m.node("QLinearConcat", inputs, MS, axis=1))


@model()
def convs_concatenated(m):
    x = m.input([1, 8, 6, 6])
    a = qconv(m, x, m.weights([16, 8, 1, 1]), ys=0.5)
    b = qconv(m, x, m.weights([7, 8, 3, 3]), ys=0.5, pads=[1, 1, 1, 1])
    s, z = m.scale(0.5), m.zero(0)
    m.output(m.node("QLinearConcat", [s, z, a, s, z, b, s, z], MS, axis=1))


# --- bytes moved -------------------------------------------------------------------------------------------


@model(12)
def max_pool(m):
    m.output(m.node("MaxPool", [m.input([1, 9, 9, 8])], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1]))


@model(12)
def max_pool_ceil_unsigned(m):
    m.output(m.node("MaxPool", [m.input([1, 4, 8, 8], UINT8)], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), UINT8)


@model()
def flatten_gemm(m):
    x = m.input([2, 4, 5, 3])
    y = qconv(m, x, m.weights([6, 4, 3, 3]), ys=0.5, pads=[1, 1, 1, 1])
    m.output(qgemm(m, m.node("Flatten", [y]), m.weights([10, 90]), m.bias(10), transB=1))


@model()
def reshape_transpose(m):
    x = m.input([2, 12, 10])
    y = m.node("Reshape", [x, m.ints([0, 3, 4, -1])])
    m.output(m.node("Transpose", [y], perm=[0, 2, 1, 3]))


@model()
def slice_pad(m):
    x = m.input([1, 6, 8, 8], UINT8)
    y = m.node("Slice", [x, m.ints([1, -7]), m.ints([5, 100]), m.ints([1, 3])])
    m.output(m.node("Pad", [y, m.ints([0, 1, 0, 2, 0, 0, 1, 1]), m.zero(9, UINT8)]), UINT8)


@model()
def split_gather(m):
    x = m.input([3, 12])
    a, b = m.node("Split", [x, m.ints([5, 7])], outputs=2, axis=1)
    m.output(m.node("Gather", [a, m.ints([4, 0, 1, -2])], axis=1))
    m.output(m.node("Unsqueeze", [b, m.ints([1])]))


@model()
def depth_to_space(m):
    x = m.input([1, 12, 4, 5])
    y = m.node("DepthToSpace", [qconv(m, x, m.weights([12, 12, 1, 1]), ys=0.5)], blocksize=2, mode="CRD")
    m.output(qconv(m, y, m.weights([4, 3, 3, 3]), ys=0.5))


@model()
def clip(m):
    x = m.input([1, 8, 6, 6], UINT8)
    y = qconv(m, x, m.weights([9, 8, 1, 1]), xt=UINT8, xz=120, yz=30, ys=1.0)
    m.output(m.node("Clip", [y, m.zero(30, UINT8), m.zero(210, UINT8)]), UINT8)


# --- QDQ -----------------------------------------------------------------------------------------------------


@model()
def qdq_conv_relu(m):
    x = q(m, m.input([1, 8, 7, 7], FLOAT), 0.04)
    w = dq(m, m.weights([12, 8, 3, 3]), 0.01)
    y = m.node("Relu", [m.node("Conv", [dq(m, x, 0.04), w, dq_bias(m, 12, 0.04 * 0.01)], pads=[1, 1, 1, 1])])
    m.output(dq(m, q(m, y, 0.06), 0.06), FLOAT)


@model()
def qdq_conv_per_channel(m):
    x = q(m, m.input([1, 8, 7, 7], FLOAT), 0.03, 110, UINT8)
    scales = [0.002 * (i + 1) for i in range(6)]
    w = dq(m, m.weights([6, 8, 3, 3]), scales, [0] * 6, axis=0)
    b = dq_bias(m, 6, [0.03 * s for s in scales])
    y = m.node("Clip", [m.node("Conv", [dq(m, x, 0.03, 110, UINT8), w, b]), m.scale(0.0), m.scale(6.0)])
    m.output(dq(m, q(m, y, 0.0235, 0, UINT8), 0.0235, 0, UINT8), FLOAT)


@model()
def qdq_matmul_gemm(m):
    x = m.input([5, 20])
    y = q(m, m.node("MatMul", [dq(m, x, 0.05), dq(m, m.weights([20, 33]), 0.01)]), 0.9)
    w = dq(m, m.weights([9, 33]), 0.01)
    z = m.node("Gemm", [dq(m, y, 0.9), w, dq_bias(m, 9, 0.9 * 0.01)], transB=1)
    m.output(q(m, z, 7.0))


@model()
def qdq_residual(m):
    x = m.input([1, 8, 6, 6])
    xf = dq(m, x, 0.05)
    y = m.node("Conv", [xf, dq(m, m.weights([8, 8, 1, 1]), 0.01)])
    m.output(q(m, m.node("Add", [dq(m, q(m, y, 0.05), 0.05), xf]), 0.08))


@model()
def qdq_pools(m):
    x = m.input([1, 8, 8, 8], UINT8)
    y = q(m, m.node("MaxPool", [dq(m, x, 0.05, 9, UINT8)], kernel_shape=[2, 2], strides=[2, 2]), 0.05, 9, UINT8)
    z = m.node("GlobalAveragePool", [dq(m, y, 0.05, 9, UINT8)])
    m.output(q(m, z, 0.04, 30, UINT8), UINT8)


@model()
def qdq_moves(m):
    x = m.input([2, 6, 10])
    y = m.node("Transpose", [m.node("Reshape", [dq(m, x, 0.05), m.ints([2, 2, 3, 10])])], perm=[0, 2, 1, 3])
    m.output(q(m, y, 0.05))


@model()
def qdq_sub_div(m):
    a, b = m.input([4, 30]), m.input([4, 30])
    y = q(m, m.node("Sub", [dq(m, a, 0.05, 3), dq(m, b, 0.03)]), 0.06, -5)
    m.output(q(m, m.node("Mul", [dq(m, y, 0.06, -5), dq(m, m.input([4, 30]), 0.05, 3)]), 0.4))


@model(20)
def qdq_gelu_tanh(m):
    x = m.input([4, 64])
    y = q(m, m.node("Gelu", [dq(m, x, 0.05)]), 0.04)
    m.output(q(m, m.node("Tanh", [dq(m, y, 0.04)]), 1 / 127))


@model(17)
def qdq_layer_norm(m):
    x = m.input([6, 24])
    gamma = m.constant(FLOAT, [24], [0.5 + i / 24 for i in range(24)])
    beta = m.constant(FLOAT, [24], [0.1 * i - 1 for i in range(24)])
    m.output(q(m, m.node("LayerNormalization", [dq(m, x, 0.05, 4), gamma, beta]), 0.03, 9))


@model()
def qdq_conv_transpose(m):
    x = m.input([1, 5, 4, 5])
    y = m.node("ConvTranspose", [dq(m, x, 0.05), dq(m, m.weights([5, 6, 3, 3]), 0.01), dq_bias(m, 6, 0.05 * 0.01)],
               strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    m.output(q(m, y, 1.0))


@model()
def qdq_conv_transpose_grouped(m):
    x = m.input([1, 4, 9], UINT8)
    y = m.node("ConvTranspose", [dq(m, x, 0.05, 100, UINT8), dq(m, m.weights([4, 3, 4]), 0.01)], strides=[3], group=2)
    m.output(q(m, y, 1.0, 100, UINT8), UINT8)


@model()
def qdq_attention(m):
    a, b, c = m.input([2, 6, 16], name="query"), m.input([2, 6, 16], name="key"), m.input([2, 6, 16], name="value")
    turned = m.node("Transpose", [dq(m, b, 0.05)], perm=[0, 2, 1])
    scores = q(m, m.node("MatMul", [dq(m, a, 0.05), turned]), 0.3)
    weights = q(m, m.node("Softmax", [dq(m, scores, 0.3)], axis=-1), 1 / 127)
    m.output(q(m, m.node("MatMul", [dq(m, weights, 1 / 127), dq(m, c, 0.05)]), 0.05))


@model()
def qdq_rescale(m):
    m.output(q(m, dq(m, m.input([3, 40]), 0.05, 100), 0.08, -3))


import model_blocks  # noqa: E402  the models of both files follow those above
import model_forms  # noqa: E402


def build(name, opset, function):
    result = Model(name, opset)
    function(result)
    return result


def main(directory):
    os.makedirs(directory, exist_ok=True)
    for entry in MODELS:
        built = build(*entry)
        with open(os.path.join(directory, built.name + ".onnx"), "wb") as file:
            file.write(built.bytes())
        if built.outside is not None:
            with open(os.path.join(directory, built.name + ".data"), "wb") as file:
                file.write(built.outside)
        for name, (dtype, shape, values) in built.data.items():
            with open(os.path.join(directory, "%s.%s.npy" % (built.name, name)), "wb") as file:
                file.write(npy(dtype, shape, values))
    with open(os.path.join(directory, "models.txt"), "w", encoding="utf-8") as file:
        file.writelines(entry[0] + "\n" for entry in MODELS)


if __name__ == "__main__":
    main(sys.argv[1])
