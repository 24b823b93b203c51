"""Check FOLDER/graph.onnx and run it on FOLDER/INPUT.f32; the first output goes to output.f32."""

import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

folder = Path(sys.argv[1])
path = str(folder / "graph.onnx")
onnx.checker.check_model(onnx.load(path), full_check=True)
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
inputs = {
    info.name: numpy.fromfile(folder / f"{info.name}.f32", "<f4").reshape(info.shape)
    for info in session.get_inputs()
}
output = session.run(None, inputs)[0]
assert list(output.shape) == session.get_outputs()[0].shape, output.shape
output.astype("<f4").tofile(folder / "output.f32")
