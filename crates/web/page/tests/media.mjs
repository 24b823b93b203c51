// Pictures and clips of the drawn portrait that the tests use; nobody real is shown.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { page } from "./studio.mjs";

export const portrait = join(page, "../../../assets/portrait.png");
const moving = join(page, "public/motions/look-around.mp4");

function ffmpeg(...words) {
  execFileSync("ffmpeg", ["-loglevel", "error", "-y", ...words]);
}

/** A short clip of the drawn person looking around, with a tone. */
export function driver(folder) {
  const path = join(folder, "driver.mp4");
  ffmpeg("-t", "1.2", "-i", moving, "-f", "lavfi", "-t", "1.2", "-i", "sine=440", "-c:v", "copy", "-c:a", "aac", path);
  return path;
}

/** The same person as a camera gives it. */
export function camera(folder) {
  const path = join(folder, "camera.mjpeg");
  ffmpeg("-i", moving, "-vf", "scale=480:480,pad=640:480:80:0:gray", "-r", "25", "-q:v", "3", path);
  return path;
}

/** The drawn person twice in one picture, once smaller. */
export function couple(folder) {
  const path = join(folder, "couple.png");
  const filter = "[0]scale=512:512[a];[1]scale=360:360,pad=512:512:76:152:gray[b];[a][b]hstack";
  ffmpeg("-i", portrait, "-i", portrait, "-filter_complex", filter, path);
  return path;
}

/** A file that is no picture, whatever it is called. */
export function textAsPicture(folder) {
  const path = join(folder, "holiday.jpg");
  writeFileSync(path, "this is no picture");
  return path;
}
