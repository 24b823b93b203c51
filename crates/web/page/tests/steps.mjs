// Steps that several browser tests take, and what each screen is asked.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "./axe.mjs";
import { browser, context, emptyFolder, open, program, serve } from "./studio.mjs";

export const skip = program ? false : "set VIVANT to the program";
export const LONG = { timeout: 300_000 };
const shots = process.env.VIVANT_SCREENSHOTS;

/** A picture for whoever wants to look at what the tests saw. */
export async function shoot(tab, name, options = {}) {
  if (shots) await tab.screenshot({ path: join(shots, `${name}.png`), ...options });
}

/** A studio of its own, and a page that shows it. */
export async function studioIn(t, options = {}) {
  const folder = emptyFolder(t);
  const studio = await serve(folder);
  t.after(() => studio.kill());
  const opened = await browser(t, options);
  const made = await context(opened, options.context);
  const tab = await made.newPage();
  await open(tab, studio);
  return { folder, studio, opened, made, tab };
}

/** A folder for the files of a test. */
export function filesFor(t) {
  const files = mkdtempSync(join(tmpdir(), "vivant-media-"));
  t.after(() => rmSync(files, { recursive: true, force: true }));
  return files;
}

/** What a screen reader would stumble over is nothing. */
export async function noSeriousFaults(tab, where) {
  const { violations } = await new AxeBuilder(tab).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const text = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(text, [], `axe on ${where}`);
}

export const button = (tab, name) => tab.getByRole("button", { name });
export const radio = (tab, name) => tab.getByRole("radio", { name });

/** From the start screen to the last step, by the quickest engine. */
export async function upToFinish(tab, motion) {
  await button(tab, "Try the drawn portrait").click();
  await button(tab, "Choose the motion").click();
  await radio(tab, motion).check();
  await button(tab, "Go on").click();
  await tab.getByText("More", { exact: true }).click();
  await radio(tab, "Warp").check();
  await radio(tab, "Nobody real").check();
}

/** Click something that downloads a file; gives where it lies. */
export async function download(tab, link) {
  const [begun] = await Promise.all([tab.waitForEvent("download"), link.click()]);
  return begun.path();
}
