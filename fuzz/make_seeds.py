"""Writes the seeds of all targets: small files of ours, and ffmpeg's test card.

Run in the folder `fuzz`: python3 make_seeds.py
"""

import hashlib
import io
import json
import struct
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "crates/cli/tests/fixtures/mean_colour_model"
GENERATOR = (MODEL / "generator.onnx").read_bytes()
EVERY_OPERATOR = (ROOT / "crates/inference/tests/golden/every_operator.onnx").read_bytes()
POINTS = [[float(i), 100.0 - i] for i in range(70)]


def seed(target, name, content):
    folder = ROOT / "fuzz/seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def safetensors(words, tensors):
    """`tensors`: name, type, shape, bytes."""
    header, at = {"__metadata__": words}, 0
    for name, kind, shape, count in tensors:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + count]}
        at += count
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


def tracks():
    about = {"version": 1, "scheme": "ibug68+pupils", "width": 64, "height": 64}
    frames = [
        {"pts": 0, "confidence": 0.9, "points": POINTS},
        {"pts": 1001, "confidence": 0.0, "points": None},
        {"pts": 2002, "confidence": 1.0, "points": POINTS},
    ]
    rates = {"frame_rate": [30000, 1001], "time_base": [1, 30000]}
    track = {"format": "vivant-track"} | about | rates | {"frames": frames}
    seed("track_json", "three-frames", json.dumps(track).encode())
    words = {"motion": json.dumps(about | rates)}
    tensors = [
        ("points", "F32", [1, 70, 2], 560),
        ("confidence", "F32", [1], 4),
        ("pts", "I64", [1], 8),
    ]
    for target in ("track_motion", "motion"):
        seed(target, "one-frame", safetensors(words, tensors))
    tensors = [
        ("points", "F32", [1, 70, 3], 840),
        ("confidence", "F32", [1], 4),
        ("frame", "I32", [1], 4),
    ]
    seed("labels", "one-face", safetensors({"width": "64", "height": "48"}, tensors))
    tensors = [("a.weight", "F32", [2, 2], 16), ("b", "F16", [1], 2), ("step", "I64", [], 8)]
    seed("checkpoint", "three-tensors", safetensors({"config": "side_px = 128"}, tensors))


def models():
    seed("graph", "generator", GENERATOR)
    seed("graph", "every-operator", EVERY_OPERATOR)
    manifest = b"""format_version = 1
preset = "few-shot"
resolution_px = 16
landmark_scheme = "ibug68+pupils"
licence = "MIT"
training_data = "none"
[parts.generator]
file = "g.onnx"
sha256 = "0"
"""
    seed("bundle", "one-part", manifest + b"\0" + GENERATOR)


def avatar(card):
    for preset, side, parts in (
        ("few-shot", 64, {"generator.onnx": GENERATOR, "style.f32": bytes(12)}),
        ("portrait", 16, {"landmarks.f32": bytes(560), "shot-00.jpg": card("jpg")}),
    ):
        text = f"""format_version = 1
preset = "{preset}"
resolution_px = {side}
landmark_scheme = "ibug68+pupils"
model = "m"
kind = "fine-tuned"
steps = 1
photos = []
consent = "not stated"
rest = {POINTS}
"""
        for name, content in parts.items():
            digest = hashlib.sha256(content).hexdigest()
            text += f'[parts."{name}"]\nsha256 = "{digest}"\n'
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in ({"avatar.toml": text.encode()} | parts).items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        seed("avatar", preset, out.getvalue())


def shards(card):
    picture = card("jpg")
    facts = {"frame": 0, "time_s": 0.04, "points": [[1.0, 2.0]] * 70}
    facts = json.dumps(facts | {"pose_degrees": [0, 0, 0], "confidence": 1.0}).encode()
    tar = bytes(512) + picture
    places = {"time_s": 0.0, "picture": [512, len(picture)], "facts": [len(tar), len(facts)]}
    tar += facts
    clip = lambda person: {
        "identity": person, "video": f"{person}/1.mp4", "part": 0, "shard": 0, "frames": [places],
    }
    index = {
        "format": "vivant-shards", "version": 1, "side_px": 16, "landmark_scheme": "ibug68+pupils",
        "shards": [{"file": "shard-00000.tar", "bytes": len(tar), "sha256": "0"}],
        "clips": [clip("a"), clip("b")],
    }
    seed("shards", "two-people", json.dumps(index).encode() + b"\0" + tar)


def others():
    job = b"""source = "family.jpg"
output = "out.mp4"
crop = true

[[face]]
face = 1
driving = "talk"
region = ["lips", "eyes"]
strength = 0.5

[[face]]
face-box = "1,2,3,4"
driving = "c.mp4"
"""
    seed("job", "two-faces", job)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack("<ff", 1.5, -2)
    entry = b"PK\x03\x04\x14" + bytes(13) + struct.pack("<IIHH", len(array), len(array), 8, 0)
    seed("arrays", "two-numbers", entry + b"lin0.npy" + array)


def media(draw):
    for ending in ("jpg", "png", "bmp", "tiff"):
        seed("picture", ending, draw(ending, "-frames:v", "1"))
    for ending in ("gif", "webp", "apng"):
        seed("picture", f"moving-{ending}", draw(ending))
    film = draw("mp4", "-c:v", "libx264", "-movflags", "+faststart")
    seed("mp4_index", "five-frames", film)
    seed("verify", "unmarked-mp4", film)
    seed("verify", "unmarked-png", draw("png", "-frames:v", "1"))
    seed("frame_stream", "frames", draw("nut", "-c:v", "rawvideo", "-pix_fmt", "rgb24", "-write_index", "0"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "seed.mp4"
        file.write_bytes(film)
        command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", "seed.mp4"]
        answer = subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout
    seed("probe_answer", "mp4", answer + b"\0" + struct.pack("<qq", 1, 2**63 - 1))


def main():
    with tempfile.TemporaryDirectory() as folder:
        def draw(ending, *options):
            file = Path(folder) / f"card.{ending}"
            card = ["-f", "lavfi", "-i", "testsrc2=s=16x16:r=25:d=0.2"]
            command = ["ffmpeg", "-v", "error", "-y", *card, *options, str(file)]
            subprocess.run(command, check=True)
            return file.read_bytes()

        media(draw)
        card = lambda ending: draw(ending, "-frames:v", "1")
        avatar(card)
        shards(card)
    tracks()
    models()
    others()


main()
