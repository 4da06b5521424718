// A browser whose pages may not misbehave: any console error, policy violation, script error or
// request to another origin fails the test that saw it.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env.SCRUTIN_SCREENSHOTS ?? "../../../target/screenshots";
const EXECUTABLE = process.env.SCRUTIN_CHROMIUM ?? "/usr/bin/chromium";
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
/** An answer with such a status is what many states are about; the browser notes it as an error. */
const EXPECTED = /^Failed to load resource: the server responded with a status of (4|5)\d\d/;

export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: QUIET });

/** A page of its own context, watched; `options` are those of a context. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED.test(message.text())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") faults.push(`request to ${request.url()}`);
  });
  return {
    page, context,
    /** Offline tests cause network errors on purpose. */
    forgive: (pattern) => faults.splice(0, faults.length, ...faults.filter((f) => !pattern.test(f))),
    async close() {
      await context.close();
      assert.deepEqual(faults, [], "the browser complained");
    },
  };
}

/** Zero axe violations, nothing wider than the window, a screenshot kept. */
export async function inspect(page, name) {
  await look(page, name);
  // Evaluated by the debugger, which the content security policy does not bind.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const told = violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
  assert.deepEqual(told, [], `axe on ${name}`);
}

/** What needs no timer in the page, so that it works where scripts are off. */
export async function look(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name} is ${wide} px wider than the window`);
}
