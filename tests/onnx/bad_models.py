#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models that must be refused: bad_models.py DIR writes NAME.onnx for each; with each stands what its message must hold."""
import os
import sys

import onnx_writer as w
from model_parts import binary, dq, q, qconv, qgemm, qmatmul, unary
from onnx_writer import FLOAT, INT32, INT64, INT8, MS, UINT8, Model

BAD = []


def bad(message, opset=13):
    def register(function):
        BAD.append((function.__name__, message, opset, function))
        return function

    return register


# --- files ---------------------------------------------------------------------------------------------------


@bad("not an ONNX model: it has no graph")
def empty_file(m):
    return b""


@bad("not an ONNX model: the file does not parse")
def text_file(m):
    return b"layers:\n  - {name: conv}\n"


@bad("not an ONNX model")
def cut_short(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1])))
    return m.bytes()[:-20] + b"\x0a\xff\x7f"


@bad("the graph has no nodes")
def no_nodes(m):
    m.input([1])


@bad("the graph has no outputs")
def no_outputs(m):
    m.node("Identity", [m.input([1])])


@bad("imports no operator set of ONNX")
def no_opset(m):
    return w.integer(1, 8) + w.text(7, w.text(1, w.text(2, "y") + w.text(4, "Identity")))


@bad("opset 9 is not supported; expected 10 to 25", 9)
def old_opset(m):
    m.output(m.node("Identity", [m.input([1])]))


@bad("opset 99 is not supported", 99)
def future_opset(m):
    m.output(m.node("Identity", [m.input([1])]))


@bad("imports no operator set 'org.example'")
def domain_without_opset(m):
    m.output(m.node("Identity", [m.input([1])], "org.example"))


# --- values --------------------------------------------------------------------------------------------------


@bad("reads 'nowhere' before anything defines it")
def unknown_value(m):
    m.input([1])
    m.output(m.node("Identity", ["nowhere"]))


@bad("output 'nothing' of the graph is made by no node")
def unknown_output(m):
    m.node("Identity", [m.input([1])])
    m.output("nothing")


@bad("value 'x1' is defined twice")
def value_twice(m):
    x = m.input([1])
    m.constant(INT8, [1], [0], name=x + "")
    m.input([1], name=m.constants[0][0] + "")
    m.inputs[-1] = ("other", INT8, [1])
    m.nodes.append(w.text(1, "other") + w.text(2, "x1") + w.text(4, "Identity"))
    m.output("x1")


@bad("has a dynamic dimension 'N'; give its size with --dim N=N")
def dynamic_dimension(m):
    m.inputs.append(("x", INT8, ["N", 4]))
    m.output(m.node("Identity", ["x"]))


@bad("dimension 1 has size 0; expected a size of at least 1")
def zero_dimension(m):
    m.output(m.node("Identity", [m.input([1, 0], values=[])]))


@bad("has element type number 99")
def unknown_type(m):
    m.inputs.append(("x", 99, [1]))
    m.output(m.node("Identity", ["x"]))


@bad("input 'x' is uint16; expected int8, uint8, ")
def uint16_input(m):
    m.inputs.append(("x", 4, [1]))
    m.output(m.node("Identity", ["x"]))


@bad("no node computes an output")
def output_is_input(m):
    x = m.input([1, 4])
    m.node("Identity", [x])
    m.output(x)


@bad("holds 3 bytes of data; its shape [2, 2] of int8 needs 4")
def short_initializer(m):
    m.constants.append(("short", INT8, [2, 2], [1, 2, 3]))
    m.output(m.node("Identity", ["short"]))


@bad("has a dimension of -1; expected at least 0")
def negative_initializer(m):
    m.constants.append(("c", INT8, [-1], [1]))
    m.output(m.node("Identity", ["c"]))


# --- operators -------------------------------------------------------------------------------------------------


@bad("node 'erosion_0' (Erosion, opset 13): is not supported; the nearest supported operator is")
def unknown_operator(m):
    m.output(m.node("Erosion", [m.input([1, 4])]))


@bad("node 'conv_0' (Conv, opset 13): is not supported; supported is DequantizeLinear -> Conv -> QuantizeLinear")
def float_conv_of_integers(m):
    m.output(m.node("Conv", [m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1])]))


@bad("node 'loop_0' (Loop, opset 13)")
def control_flow(m):
    body = w.text(1, m.input([1])) + w.text(2, "y") + w.text(3, "loop_0") + w.text(4, "Loop")
    body += w.text(5, w.text(1, "body") + w.text(6, w.text(2, "inner")) + w.integer(20, 5))
    m.nodes.append(body)
    m.output("y")


@bad("its float result 'y6' is not quantised; supported is DequantizeLinear -> Conv -> QuantizeLinear")
def unquantised_result(m):
    y = m.node("Conv", [dq(m, m.input([1, 4, 4, 4]), 0.1), m.constant(FLOAT, [1, 4, 1, 1], [1.0] * 4)])
    m.output(y, FLOAT)


@bad("reads the float value 'c4'; expected the result of a DequantizeLinear")
def float_weights(m):
    y = m.node("Conv", [dq(m, m.input([1, 4, 4, 4]), 0.1), m.constant(FLOAT, [1, 4, 1, 1], [1.0] * 4, name="c4")])
    m.output(q(m, y, 0.1))


@bad("zero point 'z' must be one int8 or uint8")
def float_zero_point_behind_relu(m):
    y = m.node("Relu", [m.node("Tanh", [dq(m, m.input([1, 4]), 0.1)])])
    m.output(m.node("QuantizeLinear", [y, m.scale(0.1), m.constant(FLOAT, [], [0.0], "z")]))


@bad("has no quantised form; supported between DequantizeLinear and QuantizeLinear are Conv, ConvTranspose")
def unknown_float_operator(m):
    m.output(q(m, m.node("Erosion", [dq(m, m.input([1, 4]), 0.1)]), 0.1))


@bad("bias 'offsets' has scale 0.5")
def bias_of_another_scale(m):
    x, wt = dq(m, m.input([1, 4]), 0.1), dq(m, m.weights([4, 4]), 0.1)
    bias = m.node("DequantizeLinear", [m.constant(INT32, [4], [1] * 4, name="offsets"), m.scale(0.5)])
    m.output(q(m, m.node("Gemm", [x, wt, bias]), 0.1))


@bad("weights 'c4' have scales along axis 1; expected one scale, or one for each output channel")
def scales_along_inputs(m):
    x = dq(m, m.input([1, 4, 4, 4]), 0.1)
    weights = m.constant(INT8, [4, 4, 1, 1], [1] * 16, name="c4")
    m.output(q(m, m.node("Conv", [x, dq(m, weights, [0.1] * 4, [0] * 4, axis=1)]), 0.1))


@bad("a scale for each block is not supported", 21)
def blocked_scales(m):
    weights = dq(m, m.weights([4, 4]), 0.1, block_size=2)
    m.output(q(m, m.node("MatMul", [dq(m, m.input([2, 4]), 0.1), weights]), 0.1))


@bad("has 7 inputs; expected 8 to 9")
def too_few_inputs(m):
    x = m.input([1, 4, 4, 4])
    m.output(m.node("QLinearConv", [x, m.scale(1.0), m.zero(), m.weights([4, 4, 1, 1]), m.scale(1.0), m.zero(),
                                    m.scale(1.0)]))


@bad("weights 'x2' must be a constant")
def weights_are_no_constant(m):
    x = m.input([1, 4, 4, 4])
    m.output(qconv(m, x, m.input([4, 4, 1, 1], name="x2")))


@bad("must be positive and finite")
def scale_zero(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), ws=0.0))


@bad("must be positive and finite")
def scale_infinite(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), xs=float("inf")))


@bad("expected a normal float32")
def scales_underflow(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), xs=1e-30, ws=1e-30))


@bad("is int8, its zero point is uint8")
def type_of_zero_point(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), xt=UINT8))


@bad("3 scales for 4 output channels")
def scales_for_other_channels(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), ws=[0.1] * 3, wz=[0] * 3))


@bad("zero point 'c5' has 2 elements, scale 'c4' has 4")
def zero_points_for_other_channels(m):
    m.counter = 0
    x = m.input([1, 4, 4, 4], name="x")
    inputs = [x, m.constant(FLOAT, [], [1.0], "c1"), m.constant(INT8, [], [0], "c2"),
              m.constant(INT8, [4, 4, 1, 1], [1] * 16, "c3"), m.constant(FLOAT, [4], [0.1] * 4, "c4"),
              m.constant(INT8, [2], [0, 0], "c5"), m.constant(FLOAT, [], [1.0], "c6"), m.constant(INT8, [], [0], "c7")]
    m.output(m.node("QLinearConv", inputs))


@bad("expected int32 of 4 elements")
def bias_of_other_length(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), bias=m.bias(3)))


@bad("groups 3 must divide the 4 input channels")
def groups_do_not_divide(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([3, 1, 1, 1]), group=3))


@bad("conv2d weights")
def channels_differ(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 5, 1, 1])))


@bad("does not fit into the padded image")
def kernel_larger_than_image(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 7, 7])))


@bad("kernel_shape [3, 3] is not that of the weights")
def other_kernel_shape(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), kernel_shape=[3, 3]))


@bad("attribute 'strides' has 3 elements; expected 2")
def strides_of_three(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), strides=[1, 1, 1]))


@bad("attribute 'strides' holds 0; expected at least 1")
def stride_zero(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), strides=[0, 1]))


@bad("attribute 'group' must be an integer")
def group_is_text(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), group="two"))


@bad("auto_pad 'SOME' is unknown")
def unknown_auto_pad(m):
    m.output(qconv(m, m.input([1, 4, 4, 4]), m.weights([4, 4, 1, 1]), auto_pad="SOME"))


@bad("expected [batch, channels, height, width] or [batch, channels, width]")
def conv_3d(m):
    m.output(qconv(m, m.input([1, 4, 4, 4, 4]), m.weights([4, 4, 1, 1, 1])))


@bad("matmul inner dimensions differ")
def inner_dimensions(m):
    m.output(qmatmul(m, m.input([4, 5]), m.weights([6, 7])))


@bad("an operand is a single number; expected at least 1 dimension")
def matmul_of_number(m):
    m.output(qmatmul(m, m.input([]), m.weights([4, 7])))


@bad("the batch dimensions of [2, 4, 5] and [3, 5, 4] do not fit each other")
def batches_do_not_fit(m):
    m.output(qmatmul(m, m.input([2, 4, 5]), m.input([3, 5, 4])))


@bad("leaves the accumulator's 32 bits")
def sum_too_large(m):
    m.output(qmatmul(m, m.input([1, 140000]), m.constant(INT8, [140000, 1], [-128] * 140000)))


@bad("a float result needs one scale, and sums that the array makes alone")
def gemm_to_float_per_channel(m):
    scales = m.scale([1.0, 2.0, 3.0, 4.0])
    m.output(m.node("QGemm", [m.input([2, 4]), m.scale(1.0), m.zero(), m.weights([4, 4]), scales, m.zero([0] * 4)], MS),
             FLOAT)


@bad("lookup_pair needs shapes that fit each other")
def shapes_do_not_fit(m):
    m.output(binary(m, "QLinearMul", m.input([3, 4]), m.input([3, 5]), 0.1, 0.1, 0.1))


@bad("has 2 elements; expected one: only weights have a scale for each channel")
def activation_with_two_scales(m):
    x = m.input([1, 2, 4, 4])
    m.output(m.node("QLinearSigmoid", [x, m.scale([0.1, 0.2]), m.zero([0, 0]), m.scale(0.1), m.zero()], MS))


@bad("axis 7 is outside the dimensions")
def softmax_axis(m):
    m.output(unary(m, "QLinearSoftmax", m.input([2, 8]), 0.1, 0, 0.1, 0, axis=7, opset=13))


@bad("channels_last is not supported")
def channels_last(m):
    m.output(unary(m, "QLinearGlobalAveragePool", m.input([1, 4, 4, 4]), 0.1, 0, 0.1, 0, channels_last=1))


@bad("the second result, indices, is not supported")
def pool_with_indices(m):
    y = m.node("MaxPool", [m.input([1, 4, 4, 4])], outputs=2, kernel_shape=[2, 2])
    m.output(y[0])
    m.output(y[1], INT64)


@bad("does not fit the 12 elements")
def reshape_of_other_size(m):
    m.output(m.node("Reshape", [m.input([3, 4]), m.ints([5, -1])]))


@bad("shape 'x2' must be a constant")
def reshape_by_input(m):
    x = m.input([3, 4])
    m.inputs.append(("x2", INT8, [2]))
    m.output(m.node("Reshape", [x, "x2"]))


@bad("must name each of the 3 dimensions")
def transpose_twice_the_same(m):
    m.output(m.node("Transpose", [m.input([2, 3, 4])], perm=[0, 1, 1]))


@bad("a step of 0; expected any other number")
def slice_with_step_0(m):
    m.output(m.node("Slice", [m.input([8, 4]), m.ints([0]), m.ints([8]), m.ints([0]), m.ints([0])]))


@bad("axis -2 is named twice")
def slice_axis_twice(m):
    m.output(m.node("Slice", [m.input([8, 4]), m.ints([0, 1]), m.ints([8, 2]), m.ints([0, -2])]))


@bad("picks more than 4096 pieces")
def slice_backwards_too_long(m):
    m.output(m.node("Slice", [m.input([5000]), m.ints([-1]), m.ints([-9000]), m.ints([0]), m.ints([-1])]))


@bad("takes no element of dimension 0 of [8, 4]")
def empty_slice(m):
    m.output(m.node("Slice", [m.input([8, 4]), m.ints([5]), m.ints([5])]))


@bad("do not fill the dimension")
def split_leaves_some(m):
    a, b = m.node("Split", [m.input([8, 4]), m.ints([3, 3])], outputs=2)
    m.output(a)
    m.output(b)


@bad("mode 'mirror' is unknown; expected 'constant', 'reflect', 'edge' or 'wrap'")
def pad_mirror(m):
    m.output(m.node("Pad", [m.input([4, 4]), m.ints([1, 1, 1, 1])], mode="mirror"))


@bad("reflects more than the 4 elements of a dimension hold")
def pad_reflects_too_much(m):
    m.output(m.node("Pad", [m.input([4, 4]), m.ints([1, 4, 1, 1])], mode="reflect"))


@bad("padding leaves no element")
def pad_cuts_all(m):
    m.output(m.node("Pad", [m.input([4, 4]), m.ints([0, -2, 0, -2])]))


@bad("repeats -1 times; expected 1 to 65536")
def tile_negative(m):
    m.output(m.node("Tile", [m.input([4, 4]), m.ints([1, -1])]))


@bad("coordinate_transformation_mode 'tf_crop_and_resize' is not supported")
def resize_crop(m):
    m.output(m.node("Resize", [m.input([1, 2, 4, 4]), "", m.constant(FLOAT, [4], [1.0, 1.0, 2.0, 2.0])],
                    coordinate_transformation_mode="tf_crop_and_resize"))


@bad("would make 0.000000 elements of 4; expected 1 to 65536")
def resize_to_nothing(m):
    m.output(m.node("Resize", [m.input([1, 2, 4, 4]), "", "", m.ints([1, 2, 0, 4])]))


# --- functions of elements -----------------------------------------------------------------------------------


@bad("its constants have 300 different combinations; expected at most 256")
def too_many_combinations(m):
    factors = m.constant(FLOAT, [300], [0.01 * (i + 1) for i in range(300)])
    m.output(q(m, m.node("Mul", [dq(m, m.input([2, 300]), 0.1), factors]), 0.1))


@bad("is a function of more than two quantised values")
def function_of_three(m):
    a, b, c = (dq(m, m.input([2, 4]), 0.1 * (i + 1)) for i in range(3))
    m.output(q(m, m.node("Add", [a, m.node("Mul", [b, c])]), 0.1))


@bad("constants of several elements beside two quantised values are not supported")
def constants_beside_two(m):
    a, b = dq(m, m.input([2, 4]), 0.1), dq(m, m.input([2, 4]), 0.2)
    factors = m.constant(FLOAT, [4], [1.0, 2.0, 3.0, 4.0])
    m.output(q(m, m.node("Add", [a, m.node("Mul", [b, factors])]), 0.1))


@bad("condition 'x3' must be a constant")
def condition_is_input(m):
    a, b = dq(m, m.input([2, 4]), 0.1), dq(m, m.input([2, 4]), 0.2)
    m.output(q(m, m.node("Where", [m.input([2, 4], name="x3"), a, b]), 0.1))


@bad("axis 3 is outside the 2 dimensions")
def reduced_axis(m):
    m.output(q(m, m.node("ReduceMean", [dq(m, m.input([2, 4]), 0.1)], axes=[3]), 0.1))


@bad("is int64; expected int8 or uint8")
def shape_among_bytes(m):
    y = m.node("Cast", [m.node("Shape", [m.input([2, 4])])], to=7)
    m.output(m.node("Concat", [y, m.node("Identity", [m.input([2])])], axis=0))


# --- data in other files -------------------------------------------------------------------------------------


def outside(m, *entries):
    body = w.outside_tensor("c", INT8, [4], entries)
    y = m.node("Concat", [m.input([4]), "c"], axis=0)
    m.output(y)
    content = m.bytes()
    graph = w.text(7, w.text(5, body))  # messages of one field are joined
    return content + graph


@bad("its external data has no location")
def data_nowhere(m):
    return outside(m, ("offset", "0"))


@bad("its external data '../secret.bin' is no place beside the model; expected a relative path without '..'")
def data_above(m):
    return outside(m, ("location", "../secret.bin"))


@bad("its external data '/etc/hostname' is no place beside the model")
def data_of_the_system(m):
    return outside(m, ("location", "/etc/hostname"))


@bad("its external data 'missing.bin' cannot be read: No such file")
def data_missing(m):
    return outside(m, ("location", "missing.bin"))


@bad("its external data '.' is no file")
def data_is_directory(m):
    return outside(m, ("location", "."))


@bad("bytes 100000 to 100004 of its external data 'data_too_short.onnx' are not there: the file has")
def data_too_short(m):
    return outside(m, ("location", "data_too_short.onnx"), ("offset", "100000"))


@bad("its external data has 5 bytes; its shape needs 4")
def data_of_other_length(m):
    return outside(m, ("location", "data_of_other_length.onnx"), ("length", "5"))


@bad("offset '-1' of its external data is no number of bytes")
def data_at_negative_offset(m):
    return outside(m, ("location", "data_at_negative_offset.onnx"), ("offset", "-1"))


@bad("index 9 is outside the dimension of 4")
def gather_outside(m):
    m.output(m.node("Gather", [m.input([4, 4]), m.ints([9])]))


@bad("concat inputs differ outside axis 1")
def concat_of_other_shapes(m):
    m.output(m.node("Concat", [m.input([2, 3]), m.input([4, 3])], axis=1))


@bad("mode 'linear' on integers is not supported; expected 'nearest', or DequantizeLinear before")
def resize_linear(m):
    m.output(m.node("Resize", [m.input([1, 2, 4, 4]), "", m.constant(FLOAT, [4], [1.0, 1.0, 2.0, 2.0])], mode="linear"))


@bad("mode 'area' is not supported; expected nearest, linear or cubic")
def resize_area(m):
    m.output(m.node("Resize", [m.input([1, 2, 4, 4]), "", m.constant(FLOAT, [4], [1.0, 1.0, 2.0, 2.0])], mode="area"))


@bad("resizes samples or channels; expected scales of 1 there")
def resize_channels(m):
    y = m.node("Resize", [m.node("DequantizeLinear", [m.input([1, 2, 4, 4]), m.scale(0.1), m.zero(0)]), "",
                          m.constant(FLOAT, [4], [1.0, 2.0, 2.0, 2.0])], mode="linear")
    m.output(m.node("QuantizeLinear", [y, m.scale(0.1), m.zero(0)]))


@bad("more than 2^31 elements")
def expand_without_end(m):
    y = m.node("Expand", [m.input([1, 1, 1, 1]), m.ints([65536, 65536, 2, 2])])
    m.output(y)


@bad("the least limit is above the most")
def clip_limits_crossed(m):
    m.output(m.node("Clip", [m.input([4, 4]), m.zero(9), m.zero(3)]))


def main(directory):
    os.makedirs(directory, exist_ok=True)
    for name, _, opset, function in BAD:
        m = Model(name, opset)
        content = function(m)
        with open(os.path.join(directory, name + ".onnx"), "wb") as file:
            file.write(m.bytes() if content is None else content)


if __name__ == "__main__":
    main(sys.argv[1])
