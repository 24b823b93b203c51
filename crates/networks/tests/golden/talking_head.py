"""Independent reference of the talking-head networks and of their losses, in plain PyTorch.

Written from the layer list of Zakharov et al. 2019 with PyTorch's own spectral normalisation,
instance normalisation, pooling and upsampling. Weights and inputs come from `seeded`, a formula over
a tensor's name that the tests know too, so that only results are stored. All in float64.

    python talking_head.py talking_head.safetensors
"""

import math
import sys

import numpy
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn
from torch.nn.utils import spectral_norm

SIDE, STEM, LARGEST, EMBEDDING, BOTTLENECK = 64, 32, 128, 128, 8  # the preset `tiny`
VIDEOS, SHOTS, PEOPLE, WARM_UP = 3, 2, 2, 2


def seeded(name, shape):
    """Uniform numbers from -1 to 1: FNV-1a of the name, then a finaliser of every index."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with numpy.errstate(over="ignore"):
        x = numpy.arange(math.prod(shape), dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x += numpy.uint64(seed)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x = x ^ (x >> numpy.uint64(31))
    unit = (x >> numpy.uint64(11)).astype(numpy.float64) / 2.0**53
    return torch.from_numpy(2 * unit - 1).reshape(shape)


def conv(inputs, outputs, kernel, bias=True):
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)
    return spectral_norm(layer, eps=1e-4)


class Stem(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1, self.conv2 = conv(inputs, outputs, 3), conv(outputs, outputs, 3)
        self.skip = conv(inputs, outputs, 1)

    def forward(self, x):
        y = self.conv2(F.relu(self.conv1(x)))
        return F.avg_pool2d(y, 2) + F.avg_pool2d(self.skip(x), 2)


class Residual(nn.Module):
    """norm: None, "instance" or "adaptive"; size: "keep", "up" or "down"."""

    def __init__(self, inputs, outputs, norm, size):
        super().__init__()
        self.inputs, self.outputs, self.norm, self.size = inputs, outputs, norm, size
        if norm == "instance":
            self.norm1 = nn.InstanceNorm2d(inputs, eps=1e-4, affine=True)
            self.norm2 = nn.InstanceNorm2d(outputs, eps=1e-4, affine=True)
        self.conv1 = conv(inputs, outputs, 3, bias=norm is None)
        self.conv2 = conv(outputs, outputs, 3, bias=norm is None)
        if inputs != outputs or size != "keep":
            self.skip = conv(inputs, outputs, 1)

    def style_len(self):
        return 2 * (self.inputs + self.outputs) if self.norm == "adaptive" else 0

    def normalise(self, x, which, style):
        if self.norm is None:
            return x
        if self.norm == "instance":
            return getattr(self, which)(x)
        scale, shift = style[:, :, None, None].chunk(2, dim=1)
        return scale * F.instance_norm(x, eps=1e-4) + shift

    def forward(self, x, style=None):
        first = second = None
        if self.norm == "adaptive":
            first, second = style.split([2 * self.inputs, 2 * self.outputs], dim=1)
        y = F.relu(self.normalise(x, "norm1", first))
        if self.size == "up":
            y = F.interpolate(y, scale_factor=2, mode="nearest")
        y = F.relu(self.normalise(self.conv1(y), "norm2", second))
        y = self.conv2(y)
        if self.size == "down":
            y = F.avg_pool2d(y, 2)
        if not hasattr(self, "skip"):
            return y + x
        if self.size == "up":
            return y + self.skip(F.interpolate(x, scale_factor=2, mode="nearest"))
        skip = self.skip(x)
        return y + (F.avg_pool2d(skip, 2) if self.size == "down" else skip)


class Attention(nn.Module):
    def __init__(self, channels, has_value=True):
        super().__init__()
        self.query, self.key = conv(channels, channels // 8, 1), conv(channels, channels // 8, 1)
        if has_value:
            self.value = conv(channels, channels, 1)
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)
        value = (self.value(x) if hasattr(self, "value") else x).flatten(2)
        chances = torch.einsum("ncq,nck->nqk", query, key).softmax(dim=2)
        return x + self.gain * torch.einsum("nqk,nck->ncq", chances, value).view_as(x)


class Trunk(nn.Module):
    def __init__(self, inputs, channels, norm):
        super().__init__()
        self.stem = Stem(inputs, channels[0])
        for index in range(1, len(channels)):
            block = Residual(channels[index - 1], channels[index], norm, "down")
            self.add_module(f"down{index}", block)
        self.stages = len(channels)
        self.attended = (SIDE // 2 // (2 * BOTTLENECK)).bit_length() - 1
        self.attention = Attention(channels[self.attended])

    def features(self, x):
        stages = []
        for index in range(self.stages):
            x = self.stem(x) if index == 0 else getattr(self, f"down{index}")(x)
            if index == self.attended:
                x = self.attention(x)
            stages.append(x)
        return stages


def down_channels(last_px):
    count = (SIDE // 2 // last_px).bit_length()
    return [min(STEM * 2**index, LARGEST) for index in range(count)]


class Embedder(Trunk):
    def __init__(self):
        super().__init__(6, down_channels(4)[:-1] + [EMBEDDING], None)

    def forward(self, picture, landmarks):
        return F.relu(self.features(torch.cat([picture, landmarks], 1))[-1]).sum(dim=(2, 3))


class Discriminator(Trunk):
    def __init__(self):
        super().__init__(6, down_channels(4)[:-1] + [EMBEDDING], None)
        self.last = Residual(EMBEDDING, EMBEDDING, None, "keep")
        self.columns = nn.Parameter(torch.zeros(VIDEOS, EMBEDDING))
        self.base = spectral_norm(nn.Linear(EMBEDDING, 1), eps=1e-4)

    def forward(self, picture, landmarks, columns):
        features = self.features(torch.cat([picture, landmarks], 1))
        features.append(self.last(features[-1]))
        pooled = F.relu(features[-1]).sum(dim=(2, 3))
        return (pooled * columns).sum(dim=1) + self.base(pooled)[:, 0], features


class Generator(Trunk):
    def __init__(self):
        channels = down_channels(BOTTLENECK)
        super().__init__(3, channels, "instance")
        inputs, side, self.blocks, self.attended_up = channels[-1], BOTTLENECK, 4, 0
        for index in range(1, 5):
            self.add_module(f"adaptive{index}", Residual(inputs, inputs, "adaptive", "keep"))
        while side < SIDE:
            side, self.blocks = 2 * side, self.blocks + 1
            outputs = min(STEM * SIDE // side, LARGEST)
            self.add_module(f"adaptive{self.blocks}", Residual(inputs, outputs, "adaptive", "up"))
            inputs = outputs
            if side == 4 * BOTTLENECK:
                self.attended_up = self.blocks
                self.attention_up = Attention(outputs, has_value=False)
        self.last = conv(inputs, 3, 3)
        self.last_channels = inputs

    def style_len(self):
        blocks = [getattr(self, f"adaptive{index + 1}") for index in range(self.blocks)]
        return sum(block.style_len() for block in blocks) + 2 * self.last_channels

    def forward(self, landmarks, style):
        x = self.features(landmarks)[-1]
        for index in range(1, self.blocks + 1):
            block = getattr(self, f"adaptive{index}")
            part, style = style[:, : block.style_len()], style[:, block.style_len() :]
            x = block(x, part)
            if index == self.attended_up:
                x = self.attention_up(x)
        scale, shift = style[:, :, None, None].chunk(2, dim=1)
        return torch.tanh(self.last(F.relu(scale * F.instance_norm(x, eps=1e-4) + shift)))


class Squeeze(nn.Module):
    """torchvision's SqueezeNet 1.1, layer numbers as there; the input is normalised as there."""

    FIRES = {3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128)}
    FIRES |= {9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256)}

    def features(self, picture):
        mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64)[:, None, None]
        std = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64)[:, None, None]
        x = ((picture + 1) / 2 - mean) / std
        x = F.relu(self.layer("features.0", x, (64, 3, 3, 3), stride=2))
        taps = [x]
        for position, (inputs, squeezed, branch) in self.FIRES.items():
            if position in (3, 6, 9):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            name = f"features.{position}"
            x = F.relu(self.layer(f"{name}.squeeze", x, (squeezed, inputs, 1, 1)))
            one = self.layer(f"{name}.expand1x1", x, (branch, squeezed, 1, 1))
            three = self.layer(f"{name}.expand3x3", x, (branch, squeezed, 3, 3), padding=1)
            x = F.relu(torch.cat([one, three], 1))
            if position not in (3, 6):
                taps.append(x)
        return taps

    @staticmethod
    def layer(name, x, shape, stride=1, padding=0):
        # these weights are stored as float32 in files of weights, so they are rounded here too
        weight = seeded(f"squeezenet.{name}.weight", shape) * math.sqrt(6 / math.prod(shape[1:]))
        bias = 0.1 * seeded(f"squeezenet.{name}.bias", shape[:1])
        rounded = [tensor.float().double() for tensor in (weight, bias)]
        return F.conv2d(x, *rounded, stride=stride, padding=padding)


def fill(module, prefix):
    """Set every weight and buffer by its name."""
    names = {"weight_orig": "weight", "weight_u": "left", "weight_v": "right"}
    with torch.no_grad():
        for name, tensor in list(module.named_parameters()) + list(module.named_buffers()):
            owner, _, last = name.rpartition(".")
            is_norm = owner.endswith(("norm1", "norm2"))
            last = {"weight": "scale", "bias": "shift"}[last] if is_norm else names.get(last, last)
            full = ".".join(part for part in (prefix, owner, last) if part)
            values = seeded(full, tuple(tensor.shape))
            if last in ("left", "right"):
                values = values / values.norm()
            elif last == "gain":
                values = 0.5 + 0.1 * values
            elif last == "scale":
                values = 1 + 0.5 * values
            elif last in ("bias", "shift", "columns"):
                values = 0.1 * values
            else:
                values = values / math.sqrt(math.prod(tensor.shape[1:]))
            tensor.copy_(values)


def norm(parameters):
    squares = [p.grad.pow(2).sum() for p in parameters if p.grad is not None]
    return torch.stack(squares).sum().sqrt()


def pyramid(made, real):
    levels = []
    while made.shape[-1] >= 8:
        levels.append((made - real).abs().mean())
        made, real = F.avg_pool2d(made, 2), F.avg_pool2d(real, 2)
    return torch.stack(levels).mean()


def main():
    torch.set_default_dtype(torch.float64)
    embedder, generator, discriminator = Embedder(), Generator(), Discriminator()
    projection = spectral_norm(nn.Linear(EMBEDDING, generator.style_len()), eps=1e-4)
    makers = {"embedder": embedder, "generator": generator}
    for name, module in makers.items():
        fill(module, name)
    holder = nn.Module()
    holder.projection = projection
    fill(holder, "")
    makers["projection"] = projection
    fill(discriminator, "discriminator")

    shots = seeded("input.shots", (PEOPLE * SHOTS, 3, SIDE, SIDE))
    shot_landmarks = seeded("input.shot_landmarks", (PEOPLE * SHOTS, 3, SIDE, SIDE))
    landmarks = seeded("input.landmarks", (PEOPLE, 3, SIDE, SIDE))
    real = seeded("input.real", (PEOPLE, 3, SIDE, SIDE))
    videos = torch.tensor([2, 0])

    def make():
        identity = embedder(shots, shot_landmarks).view(PEOPLE, SHOTS, -1).mean(dim=1)
        style = projection(identity)
        return identity, style, generator(landmarks, style)

    with torch.no_grad():  # the power iteration settles
        for _ in range(WARM_UP):
            made = make()[2]
            discriminator(made, landmarks, discriminator.columns[videos])

    out = {}
    identity, style, made = make()
    columns = discriminator.columns[videos]
    made_score, made_features = discriminator(made, landmarks, columns)
    _, real_features = discriminator(real, landmarks, columns)
    pairs = zip(made_features, real_features)
    matching = torch.stack([(m - r.detach()).abs().mean() for m, r in pairs]).mean()
    squeeze = Squeeze()
    pairs = zip(squeeze.features(made), squeeze.features(real))
    content = sum((m - r).abs().mean() for m, r in pairs)
    match = (identity - columns).abs().mean()
    smooth = pyramid(made, real)
    loss = 2 * content + 10 * smooth - made_score.mean() + 10 * matching + 10 * match
    loss.backward()
    out |= {"identity": identity, "style": style, "made": made, "made_score": made_score}
    for index, feature in enumerate(made_features):
        out[f"feature_mean.{index}"] = feature.abs().mean()
    out |= {"content": content, "pyramid": smooth, "matching": matching, "match": match}
    out["generator_loss"] = loss
    for name, module in makers.items():
        out[f"gradient.{name}"] = norm(module.parameters())
    for name in ("stem.conv1", "attention.key", "adaptive2.conv1", "adaptive6.skip", "last"):
        weight = generator.get_submodule(name).weight_orig
        out[f"gradient.generator.{name}.weight"] = weight.grad.norm()
    out["gradient.columns"] = discriminator.columns.grad.norm()

    discriminator.zero_grad()
    columns = discriminator.columns[videos]
    real_score, _ = discriminator(real, landmarks, columns)
    made_score, _ = discriminator(made.detach(), landmarks, columns)
    loss = F.relu(1 - real_score).mean() + F.relu(1 + made_score).mean()
    loss.backward()
    out |= {"discriminator_loss": loss, "real_score": real_score}
    out["gradient.discriminator"] = norm(discriminator.parameters())

    for module in (*makers.values(), discriminator):
        module.eval()
    with torch.no_grad():
        out["evaluated"] = make()[2].mean(dim=(2, 3))
    arrays = {}
    for name, tensor in out.items():
        kind = numpy.float32 if name in ("style", "made") else numpy.float64
        arrays[name] = tensor.detach().numpy().astype(kind)
    save_file(arrays, sys.argv[1])
    for name, array in arrays.items():
        print(name, array.shape, float(numpy.abs(array).mean()))


if __name__ == "__main__":
    main()
