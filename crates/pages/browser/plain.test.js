// Every way through a vote with JavaScript off: plain forms, the same outcomes. Then again with the
// page's modules blocked instead, because axe itself is a script.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, inspect, launch, look, open } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { cast, fresh, identify, markLaw } from "./voting.js";

let preview, browser, url;
before(async () => {
  preview = await startPreview();
  url = preview.urls.voter;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

for (const [lang, off] of LANGUAGES.flatMap((lang) => [[lang, true], [lang, false]])) {
  const say = await wordsOf(lang);
  const plain = { javaScriptEnabled: !off, viewport: { width: 320, height: 640 } };
  const flow = (name, run) => test(`${lang}, scripts ${off ? "off" : "blocked"}: ${name}`, off ? CHROMIUM_ONLY : {}, async () => {
    const watched = await open(browser, plain);
    if (!off) await watched.page.route("**/*.js", (route) => route.abort());
    await run(watched.page, off ? look : inspect);
    watched.forgive(/ERR_FAILED/);
    await watched.close();
  });
  const heading = (page) => page.getByRole("heading", { level: 1 }).textContent();

  flow("a law", async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, fresh());
    await cast(page, say);
    assert.equal(await heading(page), say["receipt-title"]);
    assert.ok(!(await page.locator(".tools").isVisible()), "tools that need scripts are not there");
  });

  flow("a candidate", async (page) => {
    await page.goto(`${url}/ballots/E2025-QC?lang=${lang}`);
    await page.locator("#region").selectOption("1");
    await page.getByRole("button", { name: say["mark-region-show"] }).click();
    await page.getByText("A. Candidat-01").click();
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    await identify(page, fresh());
    await cast(page, say);
    assert.equal(await heading(page), say["receipt-title"]);
  });

  flow("a ranking by lists", async (page, inspect) => {
    await page.goto(`${url}/ballots/E2025-RG?region=1&lang=${lang}`);
    await page.locator("#rank-1").selectOption("3");
    await page.locator("#rank-2").selectOption("3");
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    assert.ok(await page.getByRole("link", { name: say["fault-repeated"] }).isVisible());
    await inspect(page, `plain-ranking-fault-${lang}`);
    const kept = await page.locator(".ranks select").evaluateAll((all) => all.slice(0, 3).map((list) => list.value));
    assert.deepEqual(kept, ["3", "3", ""], "every list is as it was");
    await page.locator("#rank-2").selectOption("");
    await page.locator("#rank-3").selectOption("1");
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    const chosen = await page.locator(".chosen li strong").allTextContents();
    assert.deepEqual(chosen, ["C. Candidat-03", "A. Candidat-01"]);
    await identify(page, fresh());
    await cast(page, say);
    assert.equal(await heading(page), say["receipt-title"]);
  });

  flow("already voted, unknown, busy", async (page, inspect) => {
    for (const [nas, title] of [
      ["046454282", "end-duplicate-title"], ["046454281", "review-retry-title"], ["046454287", "end-busy-title"],
    ]) {
      await markLaw(page, url, say, lang);
      await identify(page, nas);
      await cast(page, say);
      assert.equal(await heading(page), say[title]);
      await inspect(page, `plain-${title}-${lang}`);
    }
  });

  flow("results", async (page, inspect) => {
    await page.goto(`${preview.urls.results}/?lang=${lang}`);
    await page.getByRole("link").filter({ hasText: /\S/ }).nth(2).waitFor();
    await page.goto(`${preview.urls.results}/ballots/E2025-QC?lang=${lang}`);
    assert.ok(await page.locator("table").first().isVisible());
    await page.locator("#filter").fill("MONTREAL");
    await page.getByRole("button", { name: say["region-find"] }).click();
    assert.equal(await page.locator("table.regions tbody tr:visible").count(), 1);
    assert.equal(await page.locator("html").getAttribute("lang"), lang);
    assert.ok(!(await page.locator("[data-mine]").isVisible()), "what needs scripts is not there");
    await inspect(page, `plain-results-${lang}`);
  });
}
