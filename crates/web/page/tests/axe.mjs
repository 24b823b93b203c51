// axe-core in a page, past the page's own policy: the tests look at what a screen reader would be given.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export class AxeBuilder {
  constructor(tab) {
    this.tab = tab;
  }

  async analyze() {
    await this.tab.evaluate(source);
    // colours are judged once they have faded in
    await this.tab.waitForTimeout(400);
    return this.tab.evaluate(() => globalThis.axe.run(document));
  }
}
