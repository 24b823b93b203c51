"""Times a step of meta-training beside the same step in PyTorch eager, turn by turn in one run.

    vivant meta-train --preset small --data SHARDS -o RUN --content-net squeezenet=FILE --threads 1 --dry-run > c.toml
    python crates/training/examples/step_speed.py VIVANT c.toml [TURNS STEPS]

The PyTorch side has the reference networks of `networks/tests/golden`, torch.optim.Adam, bf16 by autocast where the
settings ask for it, and its pictures ready in memory; the program reads, decodes and augments its own. Both start
with the adversarial losses on. Needs torch, numpy, safetensors and Python 3.11.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

sys.path.insert(0, str(Path(__file__).parents[2] / "networks" / "tests" / "golden"))
import talking_head  # noqa: E402

TURNS, STEPS = 5, 8
SIZES = {
    "paper": (256, 64, 512, 512, 16),
    "small": (128, 32, 256, 256, 8),
    "tiny": (64, 32, 128, 128, 8),
}


class Squeeze(nn.Module):
    """SqueezeNet 1.1 with weights of nothing in particular: only its time counts."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 64, 3, stride=2)
        for position, (inputs, squeezed, branch) in talking_head.Squeeze.FIRES.items():
            layers = [nn.Conv2d(inputs, squeezed, 1), nn.Conv2d(squeezed, branch, 1)]
            layers.append(nn.Conv2d(squeezed, branch, 3, padding=1))
            self.add_module(f"fire{position}", nn.ModuleList(layers))
        self.requires_grad_(False)

    def forward(self, picture):
        x = F.relu(self.first((picture + 1) / 2 - 0.45))
        taps = [x]
        for position in talking_head.Squeeze.FIRES:
            if position in (3, 6, 9):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            squeeze, one, three = getattr(self, f"fire{position}")
            x = F.relu(squeeze(x))
            x = F.relu(torch.cat([one(x), three(x)], 1))
            if position not in (3, 6):
                taps.append(x)
        return taps


class Step:
    def __init__(self, config):
        names = ("SIDE", "STEM", "LARGEST", "EMBEDDING", "BOTTLENECK")
        for name, value in zip(names, SIZES[config["size"]]):
            setattr(talking_head, name, value)
        self.batch, self.shots = config["batch"], config["shots"]
        self.half = config["precision"] == "bf16"
        self.judge_steps = config["optimisation"]["discriminator_steps"]
        self.embedder, self.generator = talking_head.Embedder(), talking_head.Generator()
        self.discriminator, self.content = talking_head.Discriminator(), Squeeze()
        style = self.generator.style_len()
        self.projection = spectral_norm(nn.Linear(talking_head.EMBEDDING, style), eps=1e-4)
        makers = [self.embedder, self.generator, self.projection]
        self.weights = [p for m in makers for p in m.parameters()]
        self.average = [p.detach().clone() for p in self.weights]
        self.makers = torch.optim.Adam(self.weights, 1e-6, (0.0, 0.99))
        self.judges = torch.optim.Adam(self.discriminator.parameters(), 1e-6, (0.0, 0.99))
        side = talking_head.SIDE
        self.shown = torch.rand(2, self.batch * self.shots, 3, side, side)
        self.asked = torch.rand(2, self.batch, 3, side, side)
        self.videos = torch.zeros(self.batch, dtype=torch.long)

    def losses(self):
        landmarks, real = self.asked
        identity = self.embedder(*self.shown).view(self.batch, self.shots, -1).mean(dim=1)
        made = self.generator(landmarks, self.projection(identity))
        columns = self.discriminator.columns[self.videos]
        score, made_features = self.discriminator(made, landmarks, columns)
        with torch.no_grad():
            _, real_features = self.discriminator(real, landmarks, columns)
            real_taps = self.content(real)
        pairs = zip(made_features, real_features)
        matching = torch.stack([(m - r).abs().mean() for m, r in pairs]).mean()
        pairs = zip(self.content(made), real_taps)
        content = sum((m - r).abs().mean() for m, r in pairs)
        match = (identity - columns.detach()).abs().mean()
        return made, content - score.mean() + 10 * matching + 10 * match

    def run(self):
        landmarks, real = self.asked
        self.discriminator.requires_grad_(False)
        self.makers.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            made, loss = self.losses()
        loss.backward()
        self.makers.step()
        torch._foreach_lerp_(self.average, [p.detach() for p in self.weights], 0.001)
        self.discriminator.requires_grad_(True)
        for _ in range(self.judge_steps):
            self.judges.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
                columns = self.discriminator.columns[self.videos]
                real_score, _ = self.discriminator(real, landmarks, columns)
                made_score, _ = self.discriminator(made.detach(), landmarks, columns)
                hinge = F.relu(1 - real_score).mean() + F.relu(1 + made_score).mean()
            hinge.backward()
            self.judges.step()


def torch_seconds(step, steps):
    step.run()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step.run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def program_seconds(program, config, text):
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "config.toml"
        settings.write_text(text.replace(config["output"], f"{folder}/run"))
        subprocess.run([program, "meta-train", "-q", "--config", settings], check=True)
        lines = (Path(folder) / "run" / "metrics.jsonl").read_text().splitlines()
    rates = [json.loads(line).get("samples_per_second") for line in lines]
    rates = [rate for rate in rates if rate]
    return config["batch"] / statistics.median(rates[1:])  # the first step makes its kernels


def main():
    program, file, *counts = sys.argv[1:]
    turns, steps = map(int, counts or (TURNS, STEPS))
    lines = Path(file).read_text().splitlines()
    # what --dry-run says after the settings
    lines = lines[: next((i for i, line in enumerate(lines) if line.startswith("parameters:")), None)]
    changes = {"steps": steps + 1, "report_every": 1, "measured_episodes": 1}
    changes |= {"adversarial_from": 0, "measure_every": 1000, "checkpoint_every": 1000}
    keys = [line.split(" = ")[0] for line in lines]
    lines = [f"{k} = {changes[k]}" if k in changes else line for k, line in zip(keys, lines)]
    text = "\n".join(lines)
    config = tomllib.loads(text)
    torch.set_num_threads(config["threads"])
    step = Step(config)
    ratios = []
    for _ in range(turns):
        ours, theirs = program_seconds(program, config, text), torch_seconds(step, steps)
        ratios.append(ours / theirs)
        print(f"vivant {ours:.3f} s, PyTorch eager {theirs:.3f} s, ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
