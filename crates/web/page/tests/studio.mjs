// What the browser tests share: a studio of their own in an empty folder, and a browser.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const page = join(here, "..");

/** The program under test. */
export const program = process.env.VIVANT;

/** Debian's Chromium, or the browser that VIVANT_BROWSER names. */
const browserPath =
  process.env.VIVANT_BROWSER ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** Start `vivant serve` in `folder` and wait for its address. */
export async function serve(folder, port = 0) {
  const child = spawn(program, ["serve", "--port", String(port), "--folder", folder], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (piece) => {
      text += piece;
      const found = /http:\S+token=\w+/.exec(text);
      if (found) resolve(found[0]);
    });
    child.on("exit", (code) => reject(new Error(`vivant serve ended with ${code}`)));
  });
  const ended = new Promise((done) => child.on("exit", done));
  return {
    url,
    port: Number(new URL(url).port),
    kill: async (signal = "SIGKILL") => {
      child.kill(signal);
      await ended;
    },
  };
}

/** An empty folder that is removed at the end of the test. */
export function emptyFolder(test) {
  const folder = mkdtempSync(join(tmpdir(), "vivant-studio-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A browser whose camera and microphone are fakes, showing the video that is given. */
export async function browser(test, { camera } = {}) {
  const flags = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
  if (camera) flags.push(`--use-file-for-fake-video-capture=${camera}`);
  const opened = await chromium.launch({ executablePath: browserPath, args: flags });
  test.after(() => opened.close());
  return opened;
}

/** A context in which every complaint of the page fails the test. */
export async function context(opened, options = {}) {
  const made = await opened.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, ...options });
  made.setDefaultTimeout(60_000);
  made.complaints = [];
  made.on("page", (tab) => {
    tab.on("pageerror", (error) => made.complaints.push(String(error)));
    tab.on("console", (message) => {
      const isOurs = message.type() === "error" && !/Failed to load resource/.test(message.text());
      if (isOurs) made.complaints.push(message.text());
    });
  });
  if (process.env.VIVANT_FRESH_PAGE) await usePageOnDisk(made);
  return made;
}

/** While the page is worked on: show what lies in dist instead of what the program holds. */
async function usePageOnDisk(made) {
  const types = { js: "text/javascript", css: "text/css", html: "text/html", svg: "image/svg+xml", mp4: "video/mp4" };
  for (const file of ["studio.js", "studio.css", "icon.svg"]) {
    await made.route(`**/${file}`, (route) =>
      route.fulfill({ body: readFileSync(join(page, "dist", file)), contentType: types[file.split(".").pop()] }),
    );
  }
  await made.route(/\/motions\/[\w-]+\.mp4$/, (route) => {
    const file = new URL(route.request().url()).pathname;
    void route.fulfill({ body: readFileSync(join(page, "dist", file)), contentType: "video/mp4" });
  });
  await made.route(/:\d+\/$/, (route) =>
    route.fulfill({ body: readFileSync(join(page, "dist", "index.html")), contentType: "text/html" }),
  );
}

/** Open the studio by the address that the terminal shows. */
export async function open(tab, studio) {
  await tab.goto(studio.url);
  if (process.env.VIVANT_FRESH_PAGE) await tab.goto(new URL("/", studio.url).href);
  await tab.getByRole("heading", { level: 1 }).waitFor();
}
