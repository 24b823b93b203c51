// Every screen in both languages, light and dark, on a desk and on a phone: nothing that a screen reader stumbles over,
// nothing cut off.

import assert from "node:assert/strict";
import test from "node:test";
import { portrait } from "./media.mjs";
import { LONG, noSeriousFaults, shoot, skip } from "./steps.mjs";
import { browser, context, emptyFolder, open, serve } from "./studio.mjs";

const LOOKS = [
  { locale: "en-GB", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { locale: "en-GB", colorScheme: "dark", viewport: { width: 375, height: 740 }, hasTouch: true },
  { locale: "de-DE", colorScheme: "light", viewport: { width: 375, height: 740 }, hasTouch: true },
  { locale: "de-DE", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
];

/** Ask the server as a program would. */
function client(studio) {
  const { origin, searchParams } = new URL(studio.url);
  const authorization = `Bearer ${searchParams.get("token")}`;
  return async (method, path, body) => {
    const headers = { authorization, "content-type": "application/json" };
    const answer = await fetch(origin + path, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return answer.json();
  };
}

/** A finished film, an avatar, a failed job and a draft, for the screens to show. */
async function fill(studio) {
  const ask = client(studio);
  const { id } = await ask("POST", "/api/uploads/example");
  const film = { task: "animate", source: id, driving: { motion: "blink" }, engine: "warp", consent: "character" };
  const jobs = [
    { ...film, sound: "none", title: "A drawn lady" },
    { task: "fine-tune", photos: [id], shots: 1, consent: "character", title: "The lady" },
    { ...film, face: 7 }, // there is no seventh face
  ];
  const made = [];
  for (const job of jobs) made.push((await ask("POST", "/api/jobs", job)).id);
  const isDone = async (one) => ["completed", "failed"].includes((await ask("GET", `/api/jobs/${one}`)).state);
  for (const one of made) while (!(await isDone(one))) await new Promise((next) => setTimeout(next, 200));
  await ask("POST", "/api/jobs?draft=true", film);
  return made;
}

test("every screen, in each language and scheme, is free of serious faults and fits", { skip, timeout: 900_000 }, async (t) => {
  const studio = await serve(emptyFolder(t));
  t.after(() => studio.kill());
  const [film, avatar, failed] = await fill(studio);
  const opened = await browser(t);
  for (const look of LOOKS) {
    const made = await context(opened, look);
    const tab = await made.newPage();
    await open(tab, studio);
    const name = `${look.locale.slice(0, 2)}-${look.colorScheme}-${look.viewport.width}`;
    const judge = async (screen) => {
      await noSeriousFaults(tab, `${screen}, ${name}`);
      const isTooWide = await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(isTooWide, false, `${screen} fits, ${name}`);
      await shoot(tab, `${screen}-${name}`, { fullPage: true });
    };
    const steps = tab.locator(".steps button");
    await tab.locator(".finish").waitFor();
    await judge("controls");
    await steps.nth(1).click();
    await tab.locator(".motion").first().waitFor();
    await judge("motions");
    for (const [index, way] of ["video", "record", "voice"].entries()) {
      await tab.locator(".ways input").nth(index + 1).check();
      await judge(`motions-${way}`);
    }
    await steps.nth(0).click();
    await tab.locator(".face-picture").waitFor();
    await judge("picture");
    const go = async (place, shown) => {
      await tab.evaluate((hash) => (location.hash = hash), place);
      await tab.locator(shown).first().waitFor(LONG);
    };
    await go("#/gallery", ".card");
    await judge("gallery");
    await tab.locator(".card .plain").first().click();
    await tab.locator("dialog").waitFor();
    await judge("delete");
    await tab.keyboard.press("Escape");
    await go(`#/film/${film}`, ".downloads");
    await judge("film");
    await go(`#/film/${failed}`, ".problem");
    await judge("failed");
    await go(`#/film/${avatar}`, ".film-actions");
    await judge("avatar");
    await go("#/avatars", ".avatar-row");
    await tab.locator(".drop input[type=file]").setInputFiles(portrait);
    await tab.locator(".thumbs li").waitFor();
    await judge("avatars");
    await go("#/live", ".drop");
    await tab.locator(".drop button.quiet").first().click();
    await tab.locator(".control").first().waitFor();
    await judge("live-choice");
    await go("#/verify", ".drop");
    await judge("verify");
    await go("#/doctor", ".findings div");
    await judge("doctor");
    assert.deepEqual(made.complaints, [], name);
    await made.close();
  }
});
