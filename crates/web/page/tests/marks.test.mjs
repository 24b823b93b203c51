// What films and recordings say of themselves, asked on the page that any file can be dropped on.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { camera, portrait, textAsPicture } from "./media.mjs";
import { LONG, button, download, filesFor, noSeriousFaults, radio, shoot, skip, studioIn, upToFinish } from "./steps.mjs";

/** Drop a file on the page "Verify"; gives what is said of it. */
async function verify(tab, path) {
  await tab.getByRole("link", { name: "Verify" }).click();
  await tab.locator(".drop input[type=file]").setInputFiles(path);
  const finding = tab.locator(".finding");
  await finding.waitFor(LONG);
  return finding.innerText();
}

/** Grey levels of the lower right corner of a film's last frames, where the label stands. */
function corner(path) {
  const filter = "crop=iw/3:ih/8:iw*2/3:ih*7/8";
  return execFileSync("ffmpeg", ["-v", "error", "-i", path, "-vf", filter, "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-"]);
}

test("any file can be asked what it says about itself", { skip }, async (t) => {
  const { folder, tab, made } = await studioIn(t);
  await tab.getByRole("link", { name: "Verify" }).click();
  await tab.locator(".drop input[type=file]").setInputFiles(portrait);
  await tab.getByText("No mark was found.").waitFor();
  await noSeriousFaults(tab, "verify");
  await shoot(tab, "verify-plain");
  await tab.locator(".drop input[type=file]").setInputFiles(textAsPicture(folder));
  await tab.getByText("cannot be read").or(tab.getByText("No mark was found.")).first().waitFor();
  assert.deepEqual(made.complaints, []);
});

test("a finished film verifies as signed, and as damaged once it was changed", { skip }, async (t) => {
  const { tab, made } = await studioIn(t, { context: { acceptDownloads: true } });
  const files = filesFor(t);
  await upToFinish(tab, /^Blink/);
  await button(tab, "Make the film").click();
  await tab.locator(".downloads").waitFor(LONG);
  const film = await download(tab, tab.getByRole("link", { name: /^MP4/ }));
  const kept = join(files, "film.mp4");
  writeFileSync(kept, readFileSync(film));
  const said = await verify(tab, kept);
  assert.match(said, /It bears a mark that holds/);
  assert.match(said, /It says that it is synthetic/);
  assert.match(said, /Consent: Nobody real/);
  assert.match(said, /watermark: found/);
  await noSeriousFaults(tab, "verify, a signed film");
  await shoot(tab, "verify");
  await tab.getByText("Its manifest in full").click();
  await noSeriousFaults(tab, "verify, the manifest");
  const bytes = readFileSync(kept);
  bytes[bytes.length - 100] ^= 1;
  writeFileSync(kept, bytes);
  assert.match(await verify(tab, kept), /a mark that does not hold/);
  assert.deepEqual(made.complaints, []);
});

test("the camera drives the picture live, is measured, and its recording bears every mark", { skip }, async (t) => {
  const files = filesFor(t);
  const { tab, made } = await studioIn(t, { camera: camera(files), context: { acceptDownloads: true } });
  await tab.getByRole("link", { name: "Live" }).click();
  await button(tab, "Try the drawn portrait").click();
  await radio(tab, "Nobody real").check();
  await button(tab, "Start").click();
  await tab.getByText("The picture follows you.").waitFor(LONG);
  await tab.waitForTimeout(4000);
  const [rate, delay] = await Promise.all(["rate", "delay"].map((id) => tab.getByTestId(id).textContent()));
  t.diagnostic(`live, warp at 256 px: ${rate} frames a second, delay ${delay}`);
  assert.ok(Number.parseFloat(rate) > 0);
  await noSeriousFaults(tab, "live");
  await shoot(tab, "live");
  await button(tab, "Record").click();
  await tab.waitForTimeout(3000);
  await button(tab, "Stop recording").click();
  await tab.getByRole("link", { name: "The recording is in the gallery" }).click();
  const film = await download(tab, tab.getByRole("link", { name: /^MP4/ }));
  const kept = join(files, "recording.mp4");
  writeFileSync(kept, readFileSync(film));
  assert.ok(readFileSync(kept).includes("This video is synthetic"), "its words");
  const levels = corner(kept);
  assert.ok(levels.some((level) => level > 235) && levels.some((level) => level < 40), "the label is seen");
  const said = await verify(tab, kept);
  assert.match(said, /It bears a mark that holds/, "its manifest");
  assert.match(said, /It says that it is synthetic/);
  assert.match(said, /Consent: Nobody real/);
  assert.match(said, /watermark: found/);
  await shoot(tab, "verify-live");
  assert.deepEqual(made.complaints, []);
});

