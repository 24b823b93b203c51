// Several faces in one picture: each moves by its own motion, and the preview shows the second that is chosen.

import assert from "node:assert/strict";
import test from "node:test";
import { couple } from "./media.mjs";
import { LONG, button, filesFor, noSeriousFaults, radio, shoot, skip, studioIn } from "./steps.mjs";

test("each face of a picture gets a motion of its own, and the preview begins where it is told to", { skip }, async (t) => {
  const { tab, made } = await studioIn(t);
  await tab.locator(".drop input[type=file]").setInputFiles(couple(filesFor(t)));
  await radio(tab, "Face 2").waitFor();
  await noSeriousFaults(tab, "a choice of faces");
  await shoot(tab, "faces-choice");
  await button(tab, "Choose the motion").click();
  await radio(tab, /^Talk/).check();
  await radio(tab, /^Face 2/).check();
  await radio(tab, /^Nod/).check();
  await tab.locator(".faces").getByText("Talk").waitFor();
  await tab.locator(".faces").getByText("Nod").waitFor();
  await noSeriousFaults(tab, "a motion for each face");
  await shoot(tab, "faces-motions");
  await button(tab, "Go on").click();
  await tab.getByText("More", { exact: true }).click();
  await radio(tab, "Warp").check();
  await radio(tab, "Nobody real").check();
  const moment = tab.getByRole("slider", { name: "Preview from" });
  await moment.fill("1.5");
  const asked = tab.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/api/jobs"));
  await button(tab, "Preview one second").click();
  const { preview_from_s, face, others } = (await asked).postDataJSON();
  assert.deepEqual([preview_from_s, face, others], [1.5, 1, [{ face: 2, driving: { motion: "nod" } }]]);
  await tab.locator(".film[data-state=completed]").waitFor(LONG);
  await shoot(tab, "faces-preview");
  await tab.reload();
  await tab.getByRole("heading", { name: "Fine tuning" }).waitFor();
  await tab.locator(".steps button").nth(1).click();
  await tab.locator(".faces").getByText("Nod").waitFor();
  assert.deepEqual(made.complaints, []);
});
