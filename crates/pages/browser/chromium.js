// A browser, Debian's Chromium or Firefox, whose pages may not misbehave: any console error, policy violation,
// script error or request to another origin fails the test that saw it.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium, firefox } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where screenshots and measurements are kept. */
export const SHOTS = process.env.SCRUTIN_SCREENSHOTS ?? "../../../target/screenshots";
/** Which browser a run of the tests is in: `run.js` sets it. */
export const IN_FIREFOX = process.env.SCRUTIN_BROWSER === "firefox";
/** Why a test is skipped that asks Chromium's own debugger; for the options of `test`. */
export const CHROMIUM_ONLY = { skip: IN_FIREFOX && "only Chromium's debugger can do this" };
const CHROMIUM = process.env.SCRUTIN_CHROMIUM ?? "/usr/bin/chromium";
const FIREFOX = process.env.SCRUTIN_FIREFOX ?? "/usr/bin/firefox-esr";
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
/** Playwright puts the style `body {}` into a page for each screenshot: Firefox refuses it, as the policy says. */
const PLAYWRIGHTS = "sha256-YjaKGiklmzC6wjXA513HAMmzus8VE61XCOT+SmwNZWA=";
/** An answer with such a status is what many states are about; the browser notes it as an error. */
const EXPECTED = /^Failed to load resource: the server responded with a status of (4|5)\d\d/;

/** Firefox as Debian has it, by WebDriver BiDi: the name of the channel is what asks for that. */
export const launch = () => (IN_FIREFOX
  ? firefox.launch({ channel: "moz-firefox", executablePath: FIREFOX })
  : chromium.launch({ executablePath: CHROMIUM, args: QUIET }));

/** A page of its own context, watched; `options` are those of a context. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  const note = (text) => {
    if (!EXPECTED.test(text) && !text.includes(PLAYWRIGHTS)) faults.push(text);
  };
  page.on("console", (message) => message.type() === "error" && note(message.text()));
  page.on("pageerror", (error) => note(error.message));
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
