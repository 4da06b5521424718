// Whole flows by keyboard only: Tab, arrows, Space, Enter. No mouse, no focus set by the test.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { fresh } from "./voting.js";

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

/** Presses Tab until the focused element fits; every stop on the way must show its focus. */
async function tabTo(page, fits, what) {
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press("Tab");
    const state = await page.evaluate(() => {
      const at = document.activeElement;
      const outlined = (e) => e && getComputedStyle(e).outlineStyle !== "none";
      return {
        name: at.getAttribute("aria-label") ?? at.textContent.trim(), id: at.id, tag: at.tagName,
        value: at.value, act: at.dataset?.act, number: at.dataset?.number,
        shown: outlined(at) || outlined(at.closest("label")),
      };
    });
    assert.ok(state.shown, `focus is not visible on ${JSON.stringify(state)}`);
    if (fits(state)) return;
  }
  assert.fail(`Tab does not reach ${what}`);
}

for (const lang of LANGUAGES) {
  const say = await wordsOf(lang);

  test(`${lang}: the skip link comes first and works`, async () => {
    const { page, close } = await open(browser);
    await page.goto(`${url}/?lang=${lang}`);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await close();
  });

  test(`${lang}: a law`, async () => {
    const { page, close } = await open(browser);
    await page.goto(`${url}/?lang=${lang}`);
    await tabTo(page, (at) => at.name.startsWith(say["home-vote"]), "the ballot");
    await page.keyboard.press("Enter");
    await page.waitForURL(/ballots/);
    await tabTo(page, (at) => at.value === "oui", "the answers");
    await page.keyboard.press("ArrowDown");
    await tabTo(page, (at) => at.name === say["mark-continue"], "the button");
    await page.keyboard.press("Enter");
    await page.waitForURL(/review/);
    assert.match(await page.locator(".chosen").textContent(), new RegExp(say["answer-non"]));
    await tabTo(page, (at) => at.id === "nas", "the NAS");
    await page.keyboard.type(fresh());
    await tabTo(page, (at) => at.id === "code", "the code");
    await page.keyboard.type("abcdef12");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/receipts\?lang=/);
    await close();
  });

  test(`${lang}: a ranking`, async () => {
    const { page, close } = await open(browser);
    await page.goto(`${url}/ballots/E2025-RG?region=1&lang=${lang}`);
    await tabTo(page, (at) => at.act === "add", "the first candidate");
    for (let times = 0; times < 3; times += 1) await page.keyboard.press("Enter");
    const order = () => page.locator(".ranked [data-number]:not(button)")
      .evaluateAll((items) => items.map((item) => item.dataset.number));
    assert.deepEqual(await order(), ["1", "2", "3"], "focus goes on to the next candidate");
    await page.reload();
    await tabTo(page, (at) => at.act === "add", "the first candidate");
    await page.keyboard.press("Space");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+Tab");
    const focus = () => page.evaluate(() => ({ ...document.activeElement.dataset }));
    while ((await focus()).act !== "up" || (await focus()).number !== "2") await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    assert.deepEqual(await order(), ["2", "1"]);
    assert.deepEqual(await focus(), { act: "up", number: "2" }, "focus stays with the candidate");
    await page.keyboard.press("Enter");
    const said = await page.locator(".ranker [role=status]").textContent();
    assert.equal(said, say["rank-said-top"].replace("%name%", "B. Candidat-02"));
    await close();
  });

  test(`${lang}: results: search and open a region`, async () => {
    const { page, close } = await open(browser);
    await page.goto(`${preview.urls.province}/ballots/E2025-QC?lang=${lang}`);
    await tabTo(page, (at) => at.id === "filter", "the search");
    await page.keyboard.type("R042");
    const found = page.locator("table.regions tbody tr:visible");
    assert.equal(await found.count(), 1);
    assert.equal(await page.locator("#filter-count").textContent(), say["live-found-one"]);
    await tabTo(page, (at) => at.tag === "A" && at.name.includes("042"), "the region");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#region-42$/);
    await close();
  });
}
