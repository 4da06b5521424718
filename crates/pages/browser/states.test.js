// Every page and state in both languages: axe, no overflow at 320 px, light and dark, screenshots.

import { after, before, test } from "node:test";
import { launch, open, inspect } from "./chromium.js";
import { LANGUAGES, startPreview } from "./surfaces.js";

const BEFORE = 1_700_000_000_000;

/** Address after the surface, without lang; those that need a form are in flows.test.js. */
const STATES = {
  voter: {
    home: "/",
    "home-before": `/?now=${BEFORE}`,
    law: "/ballots/L2025-001",
    "law-blank": "/ballots/L2025-002",
    "not-open": `/ballots/L2025-001?now=${BEFORE}`,
    closed: "/ballots/L2024-009",
    "region-choice": "/ballots/E2025-QC",
    candidates: "/ballots/E2025-QC?region=1",
    ranking: "/ballots/E2025-RG?region=1",
    check: "/receipts",
    "not-found": "/nowhere",
  },
  results: Object.fromEntries([
    ["", "live"], ["closed", "closed"], ["hidden", "hidden"], ["sealed", "sealed"], ["empty", "empty"],
  ].flatMap(([state, name]) => [
    [`index-${name}`, `/?state=${state}`],
    [`law-${name}`, `/ballots/L2025-002?state=${state}`],
    [`election-${name}`, `/ballots/E2025-QC?state=${state}`],
    [`region-${name}`, `/ballots/E2025-QC/regions/1?state=${state}`],
    [`ranked-${name}`, `/ballots/E2025-RG/regions/2?state=${state}`],
  ]).concat([
    ["embed-law", "/embed/ballots/L2025-002"],
    ["embed-election", "/embed/ballots/E2025-QC"],
    ["embed-ranked", "/embed/ballots/E2025-RG/regions/2"],
  ])),
  province: {
    election: "/ballots/E2025-QC",
    gains: "/ballots/E2025-QC?state=closed&show=gains",
    law: "/ballots/L2025-001",
    against: "/ballots/L2025-001?show=against",
    region: "/ballots/E2025-QC/regions/7?state=certified",
  },
  monitor: { validator: "/monitor" },
};

const LOOKS = {
  fr: { viewport: { width: 1000, height: 800 }, colorScheme: "light" },
  en: { viewport: { width: 320, height: 640 }, colorScheme: "dark" },
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

for (const [surface, states] of Object.entries(STATES)) {
  for (const [name, path] of Object.entries(states)) {
    for (const lang of LANGUAGES) {
      test(`${surface} ${name} ${lang}`, async () => {
        const { page, close } = await open(browser, LOOKS[lang]);
        const joint = path.includes("?") ? "&" : "?";
        await page.goto(`${preview.urls[surface]}${path}${joint}lang=${lang}`);
        await inspect(page, `${surface}-${name}-${lang}`);
        await close();
      });
    }
  }
}

for (const [name, options] of Object.entries({
  "forced-colors": { forcedColors: "active" },
  "more-contrast": { contrast: "more" },
  "reduced-motion": { reducedMotion: "reduce" },
})) {
  test(`a ballot and a result with ${name}`, async () => {
    const { page, close } = await open(browser, options);
    await page.goto(`${preview.urls.voter}/ballots/E2025-RG?region=1&lang=fr`);
    await inspect(page, `${name}-ranking`);
    await page.goto(`${preview.urls.results}/ballots/E2025-RG/regions/2?lang=fr`);
    await inspect(page, `${name}-results`);
    await close();
  });
}
