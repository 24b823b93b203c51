"""Times the published generator's forward in PyTorch eager and a graph in ONNX Runtime.

    cargo run --release -p networks --features train --example generator_speed generator.onnx
    python crates/networks/examples/generator_speed.py generator.onnx

Needs torch, numpy and safetensors; onnxruntime for the graph. Compare only what ran on an idle machine, one
after the other, with as many threads.
"""

import os
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "golden"))
import talking_head  # noqa: E402

RUNS = 5


def shortest_ms(run):
    run()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


talking_head.SIDE, talking_head.STEM, talking_head.LARGEST = 256, 64, 512
talking_head.EMBEDDING, talking_head.BOTTLENECK = 512, 16
generator = talking_head.Generator().eval()
landmarks, style = torch.rand(1, 3, 256, 256), torch.randn(1, generator.style_len())
with torch.no_grad():
    print(f"PyTorch eager {shortest_ms(lambda: generator(landmarks, style)):.0f} ms")
if len(sys.argv) > 1:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    inputs = {"landmark_picture": landmarks.numpy(), "style": style.numpy()}
    print(f"ONNX Runtime {shortest_ms(lambda: session.run(None, inputs)):.0f} ms")
