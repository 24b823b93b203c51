// What people do in the studio, in a real browser.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import test from "node:test";
import { camera, driver, portrait, textAsPicture } from "./media.mjs";
import { LONG, button, download, filesFor, noSeriousFaults, radio, shoot, skip, studioIn, upToFinish } from "./steps.mjs";
import { open, serve } from "./studio.mjs";

test("a picture and a clip become a marked film with sound that can be downloaded", { skip }, async (t) => {
  const { folder, tab, made } = await studioIn(t, { context: { acceptDownloads: true } });
  const files = filesFor(t);
  await noSeriousFaults(tab, "the start");
  await shoot(tab, "start");
  await tab.locator(".drop input[type=file]").setInputFiles(portrait);
  await tab.getByText("Good picture").waitFor();
  assert.equal(await tab.locator(".points .chosen circle").count(), 2, "both pupils are drawn");
  await noSeriousFaults(tab, "the verdict");
  await shoot(tab, "verdict");
  await button(tab, "Choose the motion").click();
  await noSeriousFaults(tab, "the motions");
  await shoot(tab, "motions");
  await radio(tab, "A video").check();
  await tab.locator(".drop input[type=file]").setInputFiles(driver(files));
  await tab.getByText("A face was found").waitFor();
  assert.ok(await radio(tab, "From the driver").isChecked());
  await button(tab, "Go on").click();
  await tab.getByText("More", { exact: true }).click();
  await radio(tab, "Warp").check();
  await radio(tab, "Nobody real").check();
  await tab.getByRole("textbox", { name: /Name in the gallery/ }).fill("A drawn lady");
  await noSeriousFaults(tab, "the controls");
  await button(tab, "Preview one second").click();
  await tab.locator(".film[data-state=completed]").waitFor(LONG);
  await button(tab, "Make the film").click();
  await tab.locator(".downloads").waitFor(LONG);
  await shoot(tab, "finish");
  await tab.getByRole("link", { name: "Gallery" }).click();
  await tab.getByRole("heading", { name: "Gallery" }).waitFor();
  await noSeriousFaults(tab, "the gallery");
  await shoot(tab, "gallery");
  const cards = tab.locator(".card");
  assert.equal(await cards.count(), 2);
  await cards.filter({ hasText: "MP4" }).getByRole("link").click();
  const film = tab.getByLabel("Film", { exact: true });
  await film.evaluate((video) => new Promise((done) => (video.readyState > 0 ? done() : (video.onloadedmetadata = done))));
  await noSeriousFaults(tab, "the film");
  await shoot(tab, "film");
  const bytes = readFileSync(await download(tab, tab.getByRole("link", { name: /^MP4/ })));
  assert.ok(bytes.includes("This video is synthetic"), "it says that it is synthetic");
  assert.ok(bytes.includes("mp4a"), "it has sound");
  await button(tab, "Make GIF").click();
  await tab.getByRole("link", { name: /^GIF/ }).waitFor(LONG);
  await button(tab, "Delete").click();
  await tab.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await tab.getByText("is not here any more").or(tab.getByRole("heading", { name: "Gallery" })).first().waitFor();
  assert.deepEqual(made.complaints, []);
  assert.ok(statSync(folder).isDirectory());
});

test("a job can be stopped, and a file that is no picture is refused in words", { skip }, async (t) => {
  const { folder, tab } = await studioIn(t);
  await tab.locator(".drop input[type=file]").setInputFiles(textAsPicture(folder));
  await tab.getByRole("alert").getByText("cannot be used").waitFor();
  await shoot(tab, "bad-file");
  await upToFinish(tab, /^Talk/);
  await button(tab, "Make the film").click();
  await tab.locator(".film[data-state=running]").waitFor();
  await shoot(tab, "progress");
  await button(tab, "Stop").click();
  await tab.getByText("Stopped. Nothing was kept.").waitFor();
});

test("a killed studio says what was cut, and the page goes on from there by itself", { skip }, async (t) => {
  const { folder, studio, tab } = await studioIn(t);
  await upToFinish(tab, /^Talk/);
  await button(tab, "Make the film").click();
  await tab.locator(".film[data-state=running]").waitFor();
  await studio.kill("SIGKILL");
  await tab.getByText("The studio does not answer").waitFor();
  const again = await serve(folder);
  t.after(() => again.kill());
  await open(tab, again);
  await tab.goto(new URL("/#/gallery", again.url).href);
  await tab.locator(".card a").first().click();
  await button(tab, "Go on from there").click();
  await tab.locator(".film[data-state=completed]").waitFor(LONG);
});

test("what is made in one tab is seen in the other, and a reload keeps the draft", { skip }, async (t) => {
  const { studio, made, tab } = await studioIn(t);
  const other = await made.newPage();
  await open(other, studio);
  await other.getByRole("link", { name: "Gallery" }).click();
  await upToFinish(tab, /^Blink/);
  await tab.waitForTimeout(1500);
  await tab.reload();
  await tab.getByRole("heading", { name: "Fine tuning" }).waitFor();
  await button(tab, "Preview one second").click();
  await other.locator(".card").waitFor();
  await other.locator(".card video").waitFor(LONG);
});

test("everything can be reached by keyboard alone", { skip }, async (t) => {
  const { tab } = await studioIn(t);
  const focused = () => tab.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  await tab.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await tab.keyboard.press("Enter");
  for (let presses = 0; (await focused()) !== "Try the drawn portrait" && presses < 20; presses++) {
    await tab.keyboard.press("Tab");
  }
  await tab.keyboard.press("Enter");
  await tab.getByText("Good picture").waitFor();
  for (let presses = 0; (await focused()) !== "Choose the motion" && presses < 30; presses++) {
    await tab.keyboard.press("Tab");
  }
  await tab.keyboard.press("Enter");
  await tab.locator(".motion").first().waitFor();
  await tab.waitForFunction(() => document.activeElement?.textContent === "How shall it move?");
});

test("on a phone, in the dark and in German nothing is cut off", { skip }, async (t) => {
  const { tab } = await studioIn(t, {
    context: { locale: "de-DE", colorScheme: "dark", viewport: { width: 375, height: 740 }, hasTouch: true },
  });
  for (const name of ["Erstellen", "Galerie", "Avatare", "Live", "Prüfen", "Dieser Rechner"]) {
    await tab.getByRole("link", { name, exact: true }).click();
    await tab.getByRole("heading", { level: 1 }).waitFor();
    const isTooWide = await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(isTooWide, false, name);
    await noSeriousFaults(tab, name);
    await shoot(tab, `phone-${name}`);
  }
});

test("a recording of the camera drives a film", { skip }, async (t) => {
  const files = filesFor(t);
  const { tab } = await studioIn(t, { camera: camera(files) });
  await button(tab, "Try the drawn portrait").click();
  await button(tab, "Choose the motion").click();
  await radio(tab, "Record yourself").check();
  await button(tab, "Start the camera").click();
  await button(tab, "Record").click();
  await button(tab, /^Stop/).waitFor();
  await shoot(tab, "recording");
  await tab.waitForTimeout(1500);
  await button(tab, /^Stop/).click();
  await tab.getByText("A face was found").waitFor();
  await button(tab, "Go on").click();
  await tab.getByText("More", { exact: true }).click();
  await radio(tab, "Warp").check();
  await radio(tab, "Nobody real").check();
  await button(tab, "Preview one second").click();
  await tab.locator(".film[data-state=completed]").waitFor(LONG);
});
