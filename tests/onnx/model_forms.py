# SPDX-License-Identifier: Apache-2.0
"""More forms of single operators, as exporters and quantisers write them."""
from model_parts import binary, dq, dq_bias, model, q, qconv, qgemm, qmatmul, unary
from onnx_writer import BOOL, FLOAT, INT64, MS, UINT8

# --- products ------------------------------------------------------------------------------------------------


@model()
def matmul_vector_first(m):
    m.output(qmatmul(m, m.input([20]), m.weights([20, 9])))


@model()
def matmul_vector_last(m):
    m.output(qmatmul(m, m.input([2, 5, 20]), m.weights([20])))


@model()
def matmul_activation_vector(m):
    m.output(qmatmul(m, m.input([5, 20]), m.input([20])))


@model()
def matmul_batch_repeats(m):
    m.output(qmatmul(m, m.input([2, 1, 6, 10], UINT8), m.input([3, 10, 7]), at=UINT8, az=90, bz=4, yz=128), UINT8)


@model()
def matmul_first_repeats(m):
    m.output(qmatmul(m, m.input([6, 10]), m.input([4, 10, 7])))


@model()
def matmul_stacked_weights(m):
    m.output(qmatmul(m, m.input([3, 6, 10]), m.weights([3, 10, 7])))


@model()
def matmul_weights_of_three(m):
    m.output(qmatmul(m, m.input([4, 10]), m.weights([1, 10, 7]), bz=3))


@model()
def gemm_to_float(m):
    inputs = [m.input([4, 20]), m.scale(0.05), m.zero(3), m.weights([20, 9]), m.scale(0.01), m.zero(), m.bias(9)]
    m.output(m.node("QGemm", inputs, MS), FLOAT)


@model()
def qdq_weights_transposed(m):
    x = m.input([4, 20])
    w = m.node("Transpose", [dq(m, m.weights([9, 20]), 0.01)], perm=[1, 0])
    m.output(q(m, m.node("MatMul", [dq(m, x, 0.05), w]), 0.6))


@model()
def qdq_float_weights_rounded(m):
    x = m.input([1, 6, 5, 5])
    numbers = [v / 500 for v in m.random.within(-400, 400, 8 * 6 * 9)]
    w = m.constant(FLOAT, [8, 6, 3, 3], numbers)
    scales = m.scale([0.004 + 0.001 * i for i in range(8)])
    zeros = m.zero([0] * 8)
    w = m.node("DequantizeLinear", [m.node("QuantizeLinear", [w, scales, zeros], axis=0), scales, zeros], axis=0)
    m.output(q(m, m.node("Conv", [dq(m, x, 0.05), w], pads=[1, 1, 1, 1]), 0.7))


@model()
def qdq_conv_bias_added(m):
    x = m.input([1, 6, 5, 5])
    y = m.node("Conv", [dq(m, x, 0.05), dq(m, m.weights([7, 6, 1, 1]), 0.01)])
    bias = m.constant(FLOAT, [7, 1, 1], [0.0005 * v for v in m.random.within(-900, 900, 7)])
    m.output(q(m, m.node("Relu", [m.node("Add", [y, bias])]), 0.2))


@model()
def qdq_conv_moved_before_rounding(m):
    x = m.input([2, 6, 5, 4])
    y = m.node("Conv", [dq(m, x, 0.05), dq(m, m.weights([8, 6, 1, 1]), 0.01)])
    y = m.node("Transpose", [m.node("Reshape", [y, m.ints([2, 8, 20])])], perm=[0, 2, 1])
    m.output(q(m, m.node("Relu", [y]), 0.3))


@model()
def qdq_conv_1d_grouped(m):
    x = m.input([2, 8, 21], UINT8)
    y = m.node("Conv", [dq(m, x, 0.05, 120, UINT8), dq(m, m.weights([12, 2, 5]), 0.01), dq_bias(m, 12, 0.05 * 0.01)],
               group=4, pads=[2, 2], strides=[2])
    m.output(q(m, y, 0.2, 128, UINT8), UINT8)


@model()
def qdq_conv_transpose_per_channel(m):
    x = m.input([1, 4, 5, 6])
    w = dq(m, m.weights([4, 5, 2, 2]), [0.004 * (i + 1) for i in range(5)], [0] * 5, axis=1)
    m.output(q(m, m.node("ConvTranspose", [dq(m, x, 0.05), w], strides=[2, 2]), 0.4))


# --- elements ------------------------------------------------------------------------------------------------


@model(14)
def qdq_hard_swish(m):
    m.output(q(m, m.node("HardSwish", [dq(m, m.input([1, 8, 5, 5], UINT8), 0.05, 100, UINT8)]), 0.04, 10, UINT8), UINT8)


@model()
def qdq_hard_sigmoid(m):
    m.output(q(m, m.node("HardSigmoid", [dq(m, m.input([4, 33]), 0.05)], alpha=1 / 6, beta=0.5), 1 / 127))


@model()
def qdq_leaky_relu_elu(m):
    y = q(m, m.node("LeakyRelu", [dq(m, m.input([4, 33]), 0.05)], alpha=0.2), 0.05)
    m.output(q(m, m.node("Elu", [dq(m, y, 0.05)]), 0.04))


@model(16)
def qdq_prelu(m):
    x = m.input([1, 6, 5, 5])
    slope = m.constant(FLOAT, [6, 1, 1], [0.05 * (i + 1) for i in range(6)])
    m.output(q(m, m.node("PRelu", [dq(m, x, 0.05), slope]), 0.04))


@model(16)
def qdq_prelu_rounded_slope(m):
    x = m.input([1, 6, 5, 5])
    m.output(q(m, m.node("PRelu", [dq(m, x, 0.05), dq(m, m.weights([6, 1, 1]), 0.004)]), 0.04))


@model()
def qdq_numbers_added(m):
    x = dq(m, m.input([3, 40]), 0.05)
    y = m.node("Div", [m.node("Clip", [m.node("Add", [x, m.scale(3.0)]), m.scale(0.0), m.scale(6.0)]), m.scale(6.0)])
    m.output(q(m, m.node("Mul", [x, y]), 0.03))


@model()
def qdq_silu(m):
    x = dq(m, m.input([1, 8, 5, 5]), 0.04)
    m.output(q(m, m.node("Mul", [x, m.node("Sigmoid", [x])]), 0.03))


@model()
def qdq_gelu_of_parts(m):
    x = dq(m, m.input([3, 40]), 0.04)
    y = m.node("Add", [m.node("Erf", [m.node("Div", [x, m.scale(1.4142135)])]), m.scale(1.0)])
    m.output(q(m, m.node("Mul", [m.node("Mul", [x, y]), m.scale(0.5)]), 0.03))


@model()
def qdq_batch_norm(m):
    x = dq(m, m.input([1, 9, 5, 5]), 0.04)
    numbers = [m.constant(FLOAT, [9], [v / 64 for v in m.random.within(low, high, 9)])
               for low, high in ((20, 90), (-60, 60), (-60, 60), (20, 90))]
    m.output(q(m, m.node("Relu", [m.node("BatchNormalization", [x] + numbers)]), 0.05))


@model()
def qdq_scaled_channels(m):
    x = dq(m, m.input([2, 5, 12], UINT8), 0.04, 99, UINT8)
    gamma = m.constant(FLOAT, [12], [0.1 * (i + 1) for i in range(12)])
    m.output(q(m, m.node("Mul", [x, gamma]), 0.05, 120, UINT8), UINT8)


@model()
def qdq_pair_of_parts(m):
    a, b = dq(m, m.input([2, 6, 4, 4]), 0.04), dq(m, m.input([2, 6, 1, 1]), 0.05)
    m.output(q(m, m.node("Mul", [a, m.node("HardSigmoid", [b])]), 0.03))


@model()
def qdq_where_constant(m):
    x = dq(m, m.input([2, 5, 5]), 0.05)
    mask = m.constant(BOOL, [5, 5], [int(j <= i) for i in range(5) for j in range(5)])
    m.output(q(m, m.node("Where", [mask, x, m.scale(-6.0)]), 0.05))


@model()
def qdq_where_of_two(m):
    a, b = dq(m, m.input([2, 5, 6]), 0.05), dq(m, m.input([2, 5, 6]), 0.03, 4)
    mask = m.constant(BOOL, [1, 6], [1, 0, 0, 1, 1, 0])
    m.output(q(m, m.node("Where", [mask, a, b]), 0.05, -3))


@model()
def add_second_larger(m):
    m.output(binary(m, "QLinearAdd", m.input([6, 1, 1]), m.input([2, 6, 5, 5]), 0.03, 0.03, 0.04))


@model(11)
def clip_6_attributes(m):
    x = m.input([1, 8, 6, 6], UINT8)
    y = qconv(m, x, m.weights([9, 8, 1, 1]), xt=UINT8, xz=120, yz=30, ys=1.0)
    m.output(q(m, m.node("Clip", [dq(m, y, 1.0, 30, UINT8), m.scale(-10.0), m.scale(90.0)]), 1.0, 30, UINT8), UINT8)


# --- means and maxima ----------------------------------------------------------------------------------------


@model()
def qdq_mean_of_image_flat(m):
    x = dq(m, m.input([2, 8, 5, 6]), 0.05)
    m.output(q(m, m.node("ReduceMean", [x], axes=[2, 3], keepdims=0), 0.02))


@model(18)
def qdq_mean_of_tokens(m):
    x = dq(m, m.input([2, 7, 16], UINT8), 0.05, 100, UINT8)
    m.output(q(m, m.node("ReduceMean", [x, m.ints([1])], keepdims=0), 0.02, 110, UINT8), UINT8)


@model()
def qdq_mean_of_last(m):
    x = dq(m, m.input([3, 5, 18]), 0.05)
    m.output(q(m, m.node("ReduceMean", [x], axes=[-1]), 0.02))


@model()
def qdq_sum_of_channels(m):
    x = dq(m, m.input([2, 6, 4, 5]), 0.05)
    m.output(q(m, m.node("ReduceSum", [x, m.ints([1])], keepdims=1), 0.2))


@model()
def qdq_max_of_image(m):
    x = dq(m, m.input([1, 8, 5, 6]), 0.05, 7)
    m.output(q(m, m.node("GlobalMaxPool", [x]), 0.05, 7))
    m.output(q(m, m.node("ReduceMax", [x], axes=[1], keepdims=0), 0.05, 7))


# --- numbers moved -------------------------------------------------------------------------------------------


@model()
def slice_steps(m):
    x = m.input([1, 3, 8, 9])
    m.output(m.node("Slice", [x, m.ints([1, 0]), m.ints([100, 9]), m.ints([2, 3]), m.ints([2, 3])]))
    m.output(m.node("Slice", [x, m.ints([-1, -2]), m.ints([-100, 1]), m.ints([1, 3]), m.ints([-1, -2])]))


@model()
def focus(m):
    x = m.input([1, 3, 8, 8], UINT8)
    parts = []
    for dy, dx in ((0, 0), (1, 0), (0, 1), (1, 1)):
        y = m.node("Slice", [x, m.ints([dy]), m.ints([1 << 40]), m.ints([2]), m.ints([2])])
        parts.append(m.node("Slice", [y, m.ints([dx]), m.ints([1 << 40]), m.ints([3]), m.ints([2])]))
    y = m.node("Concat", parts, axis=1)
    m.output(qconv(m, y, m.weights([16, 12, 3, 3]), xt=UINT8, xz=128, yz=128, pads=[1, 1, 1, 1], ys=2.0), UINT8)


@model()
def pad_reflect_edge(m):
    x = m.input([1, 4, 5, 6])
    y = m.node("Pad", [x, m.ints([0, 0, 2, 1, 0, 0, 1, 3])], mode="reflect")
    m.output(m.node("Pad", [y, m.ints([0, 1, 0, 2, 0, 0, 3, 0])], mode="edge"))


@model(18)
def pad_axes_and_cut(m):
    x = m.input([2, 4, 5], UINT8)
    m.output(m.node("Pad", [x, m.ints([1, -1, 2, -2]), m.zero(7, UINT8), m.ints([-1, 1])]), UINT8)


@model()
def tile_expand(m):
    y = m.node("Tile", [m.input([2, 3, 1]), m.ints([1, 2, 4])])
    m.output(m.node("Expand", [m.node("Unsqueeze", [y, m.ints([1])]), m.ints([2, 3, 1, 4])]))


def resized(m, shape, scales=None, sizes=None, **attributes):
    x = qconv(m, m.input(shape), m.weights([shape[1], shape[1], 1, 1]), ys=0.7)
    scale = m.constant(FLOAT, [4], scales) if scales else ""
    return m.node("Resize", [x, "", scale] + ([m.ints(sizes)] if sizes else []), **attributes)


@model()
def resize_nearest_twice(m):
    m.output(resized(m, [1, 4, 3, 5], [1.0, 1.0, 2.0, 2.0], coordinate_transformation_mode="asymmetric",
                     nearest_mode="floor"))


@model(19)
def resize_nearest_any(m):
    m.output(resized(m, [1, 4, 3, 5], sizes=[1, 4, 7, 12]))
    m.output(resized(m, [1, 4, 6, 9], [1.0, 1.0, 0.5, 0.6], coordinate_transformation_mode="asymmetric"))
    m.output(resized(m, [1, 4, 3, 5], [1.0, 1.0, 3.0, 3.0], coordinate_transformation_mode="asymmetric"))
    m.output(resized(m, [1, 4, 3, 5], sizes=[1, 4, 6, 9], coordinate_transformation_mode="align_corners",
                     nearest_mode="round_prefer_ceil"))
    m.output(resized(m, [1, 4, 6, 5], sizes=[1, 4, 4, 8], coordinate_transformation_mode="pytorch_half_pixel",
                     nearest_mode="ceil"))


@model()
def qdq_add_of_turned_and_repeated(m):
    weights = dq(m, m.weights([16, 16]), 0.01)
    product = q(m, m.node("MatMul", [dq(m, m.input([2, 6, 16]), 0.1), weights]), 0.1)
    turned = m.node("Transpose", [m.input([16, 6])], perm=[1, 0])
    m.output(q(m, m.node("Add", [dq(m, product, 0.1), dq(m, turned, 0.1)]), 0.1))
    m.output(q(m, m.node("Add", [dq(m, m.input([3, 2, 5, 4]), 0.1), dq(m, m.input([2, 1, 4]), 0.1)]), 0.1))


def qdq_resized(m, shape, scales=None, sizes=None, to=(0.02, 3), **attributes):
    factors = m.constant(FLOAT, [len(shape)], scales) if scales else ""
    y = m.node("Resize", [dq(m, m.input(shape), 0.02, 3), "", factors] + ([m.ints(sizes)] if sizes else []),
               **attributes)
    m.output(q(m, y, *to))


@model()
def qdq_resize_linear(m):
    qdq_resized(m, [1, 5, 4, 3], [1.0, 1.0, 2.0, 2.0], mode="linear")
    qdq_resized(m, [2, 3, 5, 7], sizes=[2, 3, 9, 4], to=(0.03, -7), mode="linear",
                coordinate_transformation_mode="align_corners")
    qdq_resized(m, [1, 2, 6, 6], [1.0, 1.0, 0.5, 3.0], mode="linear", coordinate_transformation_mode="asymmetric")
    qdq_resized(m, [1, 3, 1, 1], sizes=[1, 3, 4, 5], mode="linear",
                coordinate_transformation_mode="pytorch_half_pixel")


@model()
def qdq_resize_cubic(m):
    qdq_resized(m, [1, 2, 5, 4], [1.0, 1.0, 2.0, 2.0], to=(0.025, 0), mode="cubic")
    qdq_resized(m, [1, 2, 4, 4], sizes=[1, 2, 7, 3], to=(0.025, 0), mode="cubic", cubic_coeff_a=-0.5,
                coordinate_transformation_mode="align_corners")


@model()
def qdq_log_softmax(m):
    m.output(q(m, m.node("LogSoftmax", [dq(m, m.input([3, 17]), 0.05, 4)], axis=1), 0.06, 100))
    m.output(q(m, m.node("LogSoftmax", [dq(m, m.input([2, 5, 3]), 0.05)], axis=1), 0.06, 127))


@model(10)
def resize_opset_10(m):
    x = m.input([1, 4, 3, 5], UINT8)
    m.output(m.node("Resize", [x, m.constant(FLOAT, [4], [1.0, 1.0, 2.0, 3.0])]), UINT8)


@model()
def shape_of_activation(m):
    x = dq(m, m.input([2, 6, 4, 5]), 0.05)
    shape = m.node("Shape", [x])
    batch = m.node("Gather", [shape, m.constant(INT64, [], [0])])
    wanted = m.node("Concat", [m.node("Unsqueeze", [batch, m.ints([0])]), m.ints([-1])], axis=0)
    m.output(q(m, m.node("Reshape", [x, wanted]), 0.05))


@model()
def shape_computed(m):
    x = m.input([2, 6, 4, 5])
    shape = m.node("Shape", [x])
    half = m.node("Div", [m.node("Slice", [shape, m.ints([1]), m.ints([2])]), m.ints([2])])
    wanted = m.node("Concat", [m.ints([2]), half, m.ints([2, -1])], axis=0)
    y = m.node("Reshape", [x, m.node("Cast", [wanted], to=7)])
    size = m.node("Mul", [m.node("Slice", [shape, m.ints([2]), m.ints([4])]), m.ints([2, 3])])
    sizes = m.node("Concat", [m.node("Slice", [shape, m.ints([0]), m.ints([2])]), size], axis=0)
    m.output(y)
    m.output(m.node("Resize", [x, "", "", sizes], coordinate_transformation_mode="asymmetric", nearest_mode="floor"))


@model()
def concat_of_three_scales(m):
    parts = [(m.input([1, c, 4, 4], UINT8), s, z) for c, s, z in ((3, 0.1, 4), (5, 0.05, 120), (16, 0.1, 4))]
    inputs = [m.scale(0.1), m.zero(4, UINT8)]
    for x, s, z in parts:
        inputs += [x, m.scale(s), m.zero(z, UINT8)]
    m.output(m.node("QLinearConcat", inputs, MS, axis=1), UINT8)


@model()
def qdq_concat_of_scales(m):
    a, b = dq(m, m.input([1, 5, 4, 4]), 0.05), dq(m, m.input([1, 3, 4, 4]), 0.03, 2)
    m.output(q(m, m.node("Concat", [a, b], axis=1), 0.06))


@model()
def qlinear_where(m):
    mask = m.constant(BOOL, [1, 6], [1, 0, 0, 1, 1, 0])
    inputs = [mask, m.input([2, 5, 6]), m.scale(0.05), m.zero(), m.input([2, 5, 6]), m.scale(0.03), m.zero(4)]
    m.output(m.node("QLinearWhere", inputs + [m.scale(0.05), m.zero(-3)], MS))


@model()
def softmax_of_channels(m):
    x = m.input([1, 7, 4, 5])
    m.output(unary(m, "QLinearSoftmax", qconv(m, x, m.weights([7, 7, 1, 1]), ys=0.7), 0.1, 0, 1 / 256, -128, axis=1,
                   opset=13))


@model()
def microsoft_qdq(m):
    x = m.input([1, 6, 5, 5])
    a = m.node("DequantizeLinear", [x, m.scale(0.05), m.zero()], MS)
    w = m.node("DequantizeLinear", [m.weights([7, 6, 1, 1]), m.scale(0.01), m.zero()], MS)
    m.output(m.node("QuantizeLinear", [m.node("Conv", [a, w]), m.scale(0.3), m.zero()], MS))


@model()
def gelu_of_microsoft(m):
    x = dq(m, m.input([3, 40]), 0.04)
    m.output(q(m, m.node("Gelu", [x], MS), 0.03))


@model()
def data_in_another_file(m):
    m.outside = b""
    x = m.input([1, 6, 5, 5])
    m.output(qconv(m, x, m.weights([12, 6, 3, 3]), ws=[0.01 + 0.001 * i for i in range(12)], wz=[0] * 12, bias=m.bias(12)))
