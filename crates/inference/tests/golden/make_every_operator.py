"""Write every_operator.onnx and the outputs that ONNX Runtime gives for it. See regenerate.md."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)
nodes, initialisers = [], []


def constant(name, values):
    initialisers.append(numpy_helper.from_array(np.array(values), name))
    return name


def weight(name, *shape):
    constant(name + ".half", (random.standard_normal(shape) * 0.2).astype(np.float16))
    return node("Cast", [name + ".half"], name, to=TensorProto.FLOAT)


def node(operator, inputs, output, **attributes):
    nodes.append(helper.make_node(operator, inputs, [output], **attributes))
    return output


def conv(x, name, channels_in, channels_out, kernel, stride=1, group=1):
    inputs = [x, weight(name + ".weight", channels_out, channels_in // group, kernel, kernel), weight(name + ".bias", channels_out)]
    edges = [kernel // 2] * 4
    return node("Conv", inputs, name, pads=edges, strides=[stride] * 2, group=group, kernel_shape=[kernel] * 2)


x = node("PRelu", [conv("x", "stem", 3, 8, 3, stride=2), weight("slope", 8, 1, 1)], "prelu")
branch = node("HardSwish", [conv(x, "depthwise", 8, 8, 3, group=8)], "hard_swish")
x = node("Relu", [node("Add", [x, conv(branch, "pointwise", 8, 8, 1)], "sum")], "relu")
x = node("Concat", [x, node("LeakyRelu", [x], "leaky", alpha=0.1)], "both", axis=1)
x = conv(x, "down", 16, 8, 3, stride=2)
scales = constant("scales", np.array([1, 1, 2, 2], np.float32))
nearest = node("Resize", [x, "", scales], "nearest", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
linear = node("Resize", [x, "", scales], "linear", mode="linear", coordinate_transformation_mode="half_pixel")
x = node("Add", [nearest, linear], "up")
pooled = node("ReduceMean", [x, constant("axes", np.array([2, 3], np.int64))], "pooled", keepdims=0)
dense = node("Gemm", [pooled, weight("dense.weight", 5, 8), weight("dense.bias", 5)], "dense", transB=1)
logits = node("Add", [dense, node("MatMul", [pooled, weight("matrix", 8, 5)], "product")], "logits")
node("Sigmoid", [logits], "presence")
flat = node("Reshape", [x, constant("shape", np.array([1, 8, -1], np.int64))], "flat")
heat = node("Softmax", [flat], "heat", axis=-1)
node("MatMul", [heat, weight("grid", 256, 2)], "points")

info = helper.make_tensor_value_info
graph = helper.make_graph(
    nodes,
    "every_operator",
    [info("x", TensorProto.FLOAT, [1, 3, "height", "width"])],
    [info("presence", TensorProto.FLOAT, [1, 5]), info("points", TensorProto.FLOAT, [1, 8, 2])],
    initialisers,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
model.ir_version = 8
onnx.checker.check_model(model)
onnx.save(model, "every_operator.onnx")

pixels = (np.arange(3 * 32 * 32) % 97 / 97 - 0.5).astype(np.float32).reshape(1, 3, 32, 32)
outputs = onnxruntime.InferenceSession("every_operator.onnx").run(None, {"x": pixels})
with open("every_operator.expected.txt", "w") as file:
    for name, values in zip(["presence", "points"], outputs):
        file.write(name + " " + " ".join(f"{value:.7f}" for value in values.ravel()) + "\n")
