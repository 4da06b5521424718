// Figures: how soon a page shows its largest part, how much it moves, and what it weighs, on a slow line.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, SHOTS, launch, open } from "./chromium.js";
import { startPreview, words as wordsOf } from "./surfaces.js";
import { cast, fresh, identify, markLaw, receipt } from "./voting.js";

const LINE = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const LARGEST_MS_MAX = 1500;
const WALK_MAX = 45_000;
const FRONT_MAX = 60_000;

const PAGES = {
  "voter's front page": ["voter", "/"],
  "a ballot": ["voter", "/ballots/L2025-002"],
  "results, front page": ["province", "/"],
  "results, 125 ridings with their hexagons": ["province", "/ballots/E2025-QC"],
  "results, a riding": ["province", "/ballots/E2025-QC/regions/42"],
};

const told = [];
let preview, browser, say;
before(async () => {
  preview = await startPreview();
  browser = await launch();
  say = await wordsOf("fr");
});
after(async () => {
  await browser?.close();
  preview?.stop();
  if (told.length === 0) return;
  await mkdir(SHOTS, { recursive: true });
  await writeFile(`${SHOTS}/weights.txt`, `${told.join("\n")}\n`);
});

const tell = (what, value) => told.push(`${what.padEnd(62)} ${String(value).padStart(8)}`);

/** Notes what was painted and what moved, from before the page's own scripts. */
const watch = () => {
  globalThis.seen = { largest: 0, moved: 0 };
  const note = (type, add) => new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type, buffered: true });
  note("largest-contentful-paint", (entry) => { globalThis.seen.largest = entry.startTime; });
  note("layout-shift", (entry) => { globalThis.seen.moved += entry.value; });
};

/** A page of a cold cache, its debugger, and the bytes that arrived: heads and bodies, as compressed. */
async function cold(line = null) {
  const watched = await open(browser);
  await watched.page.addInitScript(watch);
  const session = await watched.context.newCDPSession(watched.page);
  await session.send("Network.enable");
  if (line) await session.send("Network.emulateNetworkConditions", line);
  const wire = { bytes: 0 };
  session.on("Network.loadingFinished", (event) => { wire.bytes += event.encodedDataLength; });
  return { ...watched, wire };
}

for (const [name, [surface, path]] of Object.entries(PAGES)) {
  test(`${name} is seen soon on a slow line, and does not move`, CHROMIUM_ONLY, async () => {
    const times = [];
    for (let run = 0; run < 3; run += 1) {
      const { page, close } = await cold(LINE);
      await page.goto(`${preview.urls[surface]}${path}?lang=fr`, { waitUntil: "networkidle" });
      const { largest, moved } = await page.evaluate(() => globalThis.seen);
      assert.equal(moved, 0, `${name} moves while it loads`);
      assert.ok(largest > 0, "something was painted");
      times.push(Math.round(largest));
      await close();
    }
    times.sort((a, b) => a - b);
    tell(`largest paint, ms: ${name}`, times[1]);
    assert.ok(times[1] <= LARGEST_MS_MAX, `${name}: ${times} ms`);
  });
}

test("the authority's logo is drawn in the room that was kept for it", async () => {
  for (const surface of ["voter", "results"]) {
    const { page, close } = await open(browser);
    await page.goto(`${preview.urls[surface]}/?lang=fr`, { waitUntil: "networkidle" });
    const logo = await page.locator(".brand img").evaluate((img) => [img.complete && img.naturalWidth > 0, img.width, img.height]);
    assert.deepEqual(logo, [true, 40, 40], surface);
    await close();
  }
});

test("nothing moves while figures grow", CHROMIUM_ONLY, async () => {
  for (const path of ["/ballots/E2025-QC", "/ballots/E2025-QC/regions/42"]) {
    const { page, close } = await cold();
    await page.clock.install();
    await page.goto(`${preview.urls.province}${path}?lang=fr`, { waitUntil: "networkidle" });
    const caption = await page.locator("caption").first().textContent();
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await page.clock.runFor(11_000);
    await page.waitForFunction((old) => document.querySelector("caption").textContent !== old, caption);
    await page.clock.runFor(4000);
    const moved = await page.evaluate(() => globalThis.seen.moved);
    tell(`moved while figures grow: ${path}`, moved.toFixed(4));
    assert.equal(moved, 0, `${path} moves`);
    await close();
  }
});

test("a voter's whole walk weighs at most 45 KB on the wire", CHROMIUM_ONLY, async () => {
  const { page, wire, close } = await cold();
  const idle = () => page.waitForLoadState("networkidle");
  let before = 0;
  const step = (name) => {
    tell(`bytes: ${name}`, wire.bytes - before);
    before = wire.bytes;
  };
  await page.goto(`${preview.urls.voter}/?lang=fr`);
  await idle();
  step("voter's front page, everything cold");
  await page.goto(`${preview.urls.voter}/ballots/E2025-RG?region=1&lang=fr`);
  await idle();
  step("a ranking");
  await markLaw(page, preview.urls.voter, say, "fr");
  await idle();
  step("a law and its review");
  const walk = wire.bytes;
  tell("bytes: a voter's walk", walk);
  await identify(page, fresh());
  await cast(page, say);
  await receipt(page, say);
  await idle();
  step("the receipt");
  assert.ok(walk <= WALK_MAX, `${walk} bytes`);
  await close();
});

test("results with 125 ridings and their hexagons weigh at most 60 KB on the wire", CHROMIUM_ONLY, async () => {
  for (const path of ["/", "/ballots/E2025-QC"]) {
    const { page, wire, close } = await cold();
    await page.goto(`${preview.urls.province}${path}?lang=fr`, { waitUntil: "networkidle" });
    tell(`bytes: results of the province, ${path}`, wire.bytes);
    assert.ok(wire.bytes <= FRONT_MAX, `${path}: ${wire.bytes} bytes`);
    await close();
  }
});
