// Every state with text of twice the size in a narrow window, and in the colours that the voter's system forces.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, launch, look, open } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { cast, identify, markLaw } from "./voting.js";

const ADDRESSES = {
  "voter-front": ["voter", "/"],
  "voter-law": ["voter", "/ballots/L2025-002"],
  "voter-ranking": ["voter", "/ballots/E2025-RG?region=1"],
  "voter-check": ["voter", "/receipts"],
  "voter-closed": ["voter", "/ballots/L2024-009"],
  "results-front": ["results", "/"],
  "results-law": ["results", "/ballots/L2025-002?state=closed"],
  "results-election": ["results", "/ballots/E2025-QC"],
  "results-elected": ["results", "/ballots/E2025-QC?state=closed"],
  "results-certified": ["results", "/ballots/E2025-QC?state=certified"],
  "results-tied": ["results", "/ballots/E2025-QC?state=tied"],
  "results-hidden": ["results", "/ballots/E2025-QC?state=hidden"],
  "results-region": ["results", "/ballots/E2025-QC/regions/1?state=closed"],
  "results-rounds": ["results", "/ballots/E2025-RG/regions/1?state=closed&round=2"],
  "results-front-certified": ["results", "/?state=certified"],
  "results-region-rounds": ["results", "/ballots/E2025-RG/regions/1?state=certified"],
  "results-embed": ["results", "/embed/ballots/E2025-QC"],
  "province": ["province", "/ballots/E2025-QC?state=closed"],
  "province-law": ["province", "/ballots/L2025-001?state=closed"],
  "monitor": ["monitor", "/monitor"],
};

const WAYS = {
  large: { viewport: { width: 375, height: 700 } },
  forced: { forcedColors: "active", viewport: { width: 1000, height: 800 } },
  "forced-dark": { forcedColors: "active", colorScheme: "dark", viewport: { width: 320, height: 640 } },
};

let preview, browser;
before(async () => {
  preview = await startPreview();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

/** Tab reaches three controls, and each shows that it has the focus. */
async function focusShows(page, name) {
  for (let stop = 0; stop < 3; stop += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return { tag: element.tagName, shown: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
    assert.ok(at.shown || at.tag === "BODY", `${name}: focus does not show on ${at.tag}`);
  }
}

for (const [way, options] of Object.entries(WAYS)) {
  for (const lang of LANGUAGES) {
    const say = await wordsOf(lang);

    test(`${way} ${lang}: no sideways scrolling, and focus shows`, CHROMIUM_ONLY, async () => {
      const { page, close } = await open(browser, options);
      const check = async (name) => {
        if (way === "large") await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
        await focusShows(page, name);
        await look(page, `${way}-${name}-${lang}`);
      };
      for (const [name, [surface, path]] of Object.entries(ADDRESSES)) {
        await page.goto(`${preview.urls[surface]}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
        await check(name);
      }
      await markLaw(page, preview.urls.voter, say, lang);
      await check("voter-review");
      await identify(page, "046454282");
      await cast(page, say);
      await page.getByRole("heading", { level: 1, name: say["end-duplicate-title"] }).waitFor();
      await check("voter-duplicate");
      await close();
    });
  }
}

test("forced colours: leading, elected and certified differ", CHROMIUM_ONLY, async () => {
  const { page, close } = await open(browser, WAYS.forced);
  const marks = {};
  for (const state of ["open", "closed", "certified"]) {
    await page.goto(`${preview.urls.results}/ballots/E2025-QC?lang=en&state=${state}`);
    marks[state] = await page.locator("table.regions td .tag").first().evaluate((tag) => {
      if (tag.querySelector("svg.seal")?.getBoundingClientRect().width > 0) return "seal";
      const { backgroundColor, borderTopColor } = getComputedStyle(tag, "::before");
      return backgroundColor === borderTopColor ? "solid" : "hollow";
    });
  }
  assert.deepEqual(marks, { open: "hollow", closed: "solid", certified: "seal" });
  await close();
});
