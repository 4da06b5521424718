// What a screen reader is given: the accessibility tree of each key state, kept as text in trees/.
//
// BLESS=1 node --test trees.test.js writes the trees anew: read them as somebody who sees nothing would.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, launch, open } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { cast, identify, markLaw, receipt } from "./voting.js";

/** Within the windows of the example's ballots, so that no time in a tree moves. */
const DURING = 1_760_000_000_000;

/** Surface and address of the states that an address alone opens. */
const ADDRESSES = {
  "voter-front": ["voter", `/?now=${DURING}`],
  "voter-law": ["voter", `/ballots/L2025-002?now=${DURING}`],
  "voter-ranking": ["voter", `/ballots/E2025-RG?region=1&now=${DURING}`],
  "results-front": ["results", "/?state=closed"],
  "results-law": ["results", "/ballots/L2025-002?state=closed"],
  "results-election": ["results", "/ballots/E2025-QC?state=certified"],
  "results-open": ["results", `/ballots/E2025-QC?now=${DURING}`],
  "results-region": ["results", "/ballots/E2025-QC/regions/1?state=closed"],
  "results-rounds": ["results", "/ballots/E2025-RG/regions/1?state=closed&round=2"],
};

/** Ports and receipts differ in every run; their places do not. */
const settle = (tree) => `${tree
  .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
  .replace(/[?&]now=\d+/g, "")
  .replace(/\/assets\/[^ "]+/g, "/assets/…")}\n`;

async function compare(page, name) {
  const tree = settle(await page.locator("body").ariaSnapshot());
  const file = new URL(`trees/${name}.yml`, import.meta.url);
  if (process.env.BLESS === "1") {
    await mkdir(new URL("trees/", import.meta.url), { recursive: true });
    await writeFile(file, tree);
  }
  const kept = await readFile(file, "utf8").catch(() => "");
  assert.equal(tree, kept, `trees/${name}.yml differs; BLESS=1 writes it anew`);
}

let preview, browser;
before(async () => {
  preview = await startPreview();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

for (const lang of LANGUAGES) {
  const say = await wordsOf(lang);
  const state = (name, run) => test(`${lang}: the tree of ${name}`, CHROMIUM_ONLY, async () => {
    const { page, close } = await open(browser);
    await run(page);
    await page.waitForLoadState("load");
    await compare(page, `${name}-${lang}`);
    await close();
  });

  for (const [name, [surface, path]] of Object.entries(ADDRESSES)) {
    state(name, (page) => page.goto(`${preview.urls[surface]}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`));
  }

  state("voter-review", (page) => markLaw(page, preview.urls.voter, say, lang));

  state("voter-refusal", async (page) => {
    await markLaw(page, preview.urls.voter, say, lang);
    await identify(page, lang === "fr" ? "046454281" : "056454281");
    await cast(page, say);
    await page.getByRole("heading", { level: 1, name: say["review-retry-title"] }).waitFor();
  });

  state("voter-receipt", async (page) => {
    await page.goto(`${preview.urls.voter}/receipts?lang=${lang}`);
    await page.locator("#id").fill("0-1234-0123456789abcdefghjkmnpqrs");
    await page.getByRole("button", { name: say["check-button"] }).click();
    await receipt(page, say);
    await page.locator(".said[data-said]").waitFor();
  });
}
