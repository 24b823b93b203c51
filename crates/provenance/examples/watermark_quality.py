"""The table of how well watermarks are found: marks files with the example `watermark`, changes them with ffmpeg, looks again.

    cargo build --release -p provenance --example watermark
    python crates/provenance/examples/watermark_quality.py target/release/examples/watermark FOLDER FILE...

Needs Python 3 and ffmpeg with libx264. FOLDER takes what is made on the way and results.jsonl, a line a file; files
that stand there already are not measured again. Videos are cut to ten seconds.
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys

SECONDS = 10


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, words)], check=True)


def coded(crf):
    return ["-c:v", "libx264", "-crf", str(crf), "-pix_fmt", "yuv420p"]


EVEN = "crop=trunc(iw/2)*2:trunc(ih/2)*2"

# name -> filter, quality
CHANGES = {
    "crf23": (EVEN, 23),
    "crf30": (EVEN, 30),
    "crf36": (EVEN, 36),
    "scale50": ("scale=trunc(iw/4)*2:trunc(ih/4)*2", 23),
    "crop70": ("crop=trunc(iw*0.35)*2:trunc(ih*0.35)*2:{x}:{y}", 23),
    "brighter": ("lutrgb=r=clip(val*1.25\\,0\\,255):g=clip(val*1.25\\,0\\,255):b=clip(val*1.25\\,0\\,255)," + EVEN, 23),
    "darker": ("lutrgb=r=val*0.75:g=val*0.75:b=val*0.75," + EVEN, 23),
    "contrast+25": ("lutrgb=r=clip((val-128)*1.25+128\\,0\\,255):g=clip((val-128)*1.25+128\\,0\\,255):b=clip((val-128)*1.25+128\\,0\\,255)," + EVEN, 23),
    "contrast-25": ("lutrgb=r=(val-128)*0.75+128:g=(val-128)*0.75+128:b=(val-128)*0.75+128," + EVEN, 23),
    "15fps": (EVEN + ",fps=15", 23),
}


def jpeg(tool, source, target):
    subprocess.run([tool, "jpeg", source, target, "70"], check=True)


def measure(tool, folder, source, number):
    id = f"{random.Random(source.name).getrandbits(52):013x}"
    work = folder / f"work{number}"
    shutil.rmtree(work, ignore_errors=True)
    answer = subprocess.run([tool, "hide", id, source, work, str(SECONDS)], check=True, capture_output=True, text=True)
    row = {"file": source.name, "id": id, "hide": json.loads(answer.stdout)}
    rate = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=avg_frame_rate", "-of", "csv=p=0", source],
        check=True, capture_output=True, text=True).stdout.strip().strip(",")
    frames = ["-framerate", rate if rate != "0/0" else "25", "-i", work / "%05d.png"]
    count = row["hide"]["frames"]
    files = {}
    if count > 1:
        for name, (filter, crf) in CHANGES.items():
            place = random.Random(name + source.name)
            filter = filter.replace("{x}", f"trunc(iw*{0.3 * place.random():.3f})").replace("{y}", f"trunc(ih*{0.3 * place.random():.3f})")
            files[name] = work / f"{name}.mp4"
            ffmpeg(*frames, "-vf", filter, *coded(crf), files[name])
        files["twice"] = work / "twice.mp4"
        ffmpeg("-i", files["crf30"], *coded(26), files["twice"])
    picks = range(0, count, max(1, count // 4))
    for pick in list(picks)[:4]:
        files[f"frame{pick}"] = work / f"frame{pick}.jpg"
    if files:
        from_png = [pick for pick in files if pick.startswith("frame")]
        for name in from_png:
            jpeg(tool, work / f"{int(name[5:]):05d}.png", files[name])
            if count > 1:  # a frame grabbed from the coded video
                grabbed = work / f"grab{name}.png"
                ffmpeg("-i", files["crf23"], "-vf", f"select=eq(n\\,{name[5:]})", "-frames:v", 1, grabbed)
                files["grab" + name] = work / f"grab{name}.jpg"
                jpeg(tool, grabbed, files["grab" + name])
    answer = subprocess.run([tool, "find", *files.values()], check=True, capture_output=True, text=True)
    row["find"] = dict(zip(files, map(json.loads, answer.stdout.splitlines())))
    if "--keep" not in sys.argv:
        shutil.rmtree(work)
    return row


def table(rows):
    names = ["crf23", "crf30", "crf36", "scale50", "crop70", "brighter", "darker", "contrast+25", "contrast-25", "twice", "15fps", "frame", "grab"]
    for name in names:
        found = [(row["file"], key, answer["id"] == row["id"], answer.get("chance_power")) for row in rows
                 for key, answer in row["find"].items() if key == name or name in ("frame", "grab") and key.startswith(name)]
        if found:
            powers = sorted(power for *_, power in found if power is not None)
            middle = powers[len(powers) // 2] if powers else None
            missed = [f"{file}:{key}" for file, key, is_right, _ in found if not is_right]
            print(f"{name:12} {100 * sum(one[2] for one in found) / len(found):6.1f} % of {len(found):3}, median power {middle}, missed {missed[:8]}")
    wrong = [1 for row in rows for answer in row["find"].values() if answer["id"] not in (None, row["id"])]
    print("wrong ids:", len(wrong))
    for key in ["psnr_db", "worst_psnr_db", "change", "ms"]:
        values = [row["hide"][key] for row in rows]
        print(f"{key:14} mean {sum(values) / len(values):.3f}, min {min(values):.3f}, max {max(values):.3f}")


def main():
    words = [word for word in sys.argv[1:] if word != "--keep"]
    tool, folder, sources = words[0], pathlib.Path(words[1]), [pathlib.Path(word) for word in words[2:]]
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "results.jsonl"
    rows = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
    for number, source in enumerate(sources):
        if any(row["file"] == source.name for row in rows):
            continue
        rows.append(measure(tool, folder, source, number))
        with results.open("a") as log:
            log.write(json.dumps(rows[-1]) + "\n")
    table(rows)


main()
