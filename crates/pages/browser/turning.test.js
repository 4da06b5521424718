// Turning back, the other language and another region's ballot keep what they can; what is wrong looks wrong;
// larger text and dark colours stay readable.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, launch, look, open } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { cast, fresh, identify, markLaw, receipt } from "./voting.js";

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

const other = (lang) => (lang === "fr" ? "en" : "fr");
const langOf = (page) => page.locator("html").getAttribute("lang");

for (const javaScriptEnabled of [true, false]) {
  for (const lang of LANGUAGES) {
    const say = await wordsOf(lang);
    const said = await wordsOf(other(lang));
    const flow = (name, run) => test(`${lang}, scripts ${javaScriptEnabled}: ${name}`, async () => {
      const { page, close } = await open(browser, { javaScriptEnabled });
      await run(page);
      await close();
    });
    const ticked = (page) => page.locator("input[type=radio]:checked").evaluateAll((all) => all.map((e) => e.value));

    flow("a choice stays through changes of mind and of language", async (page) => {
      await page.goto(`${url}/ballots/L2025-002?lang=${lang}`);
      await page.getByText(say["answer-blanc"], { exact: true }).click();
      await page.locator(".switch").click();
      assert.equal(await langOf(page), other(lang));
      assert.deepEqual(await ticked(page), ["blanc"]);
      // Enter presses the button that leads on, not the switch that stands before it.
      await page.locator("input[value=blanc]").press("Enter");
      await page.waitForURL(/review/);
      assert.equal(await langOf(page), other(lang));
      await page.locator(".switch").click();
      assert.equal(await langOf(page), lang);
      assert.match(await page.locator(".chosen").textContent(), new RegExp(say["answer-blanc"]));
      await page.getByRole("button", { name: say["review-change"] }).click();
      assert.deepEqual(await ticked(page), ["blanc"]);
      assert.doesNotMatch(page.url(), /blanc/);
    });

    flow("a ranking stays through the language and a change of mind", async (page) => {
      await page.goto(`${url}/ballots/E2025-RG?region=1&lang=${lang}`);
      if (javaScriptEnabled) {
        for (const number of [2, 4]) await page.locator(`button[data-act=add][data-number="${number}"]`).click();
      } else {
        await page.locator("#rank-1").selectOption("2");
        await page.locator("#rank-2").selectOption("4");
      }
      await page.locator(".switch").click();
      assert.equal(await langOf(page), other(lang));
      await page.getByRole("button", { name: said["mark-continue"] }).click();
      await page.getByRole("button", { name: said["review-change"] }).click();
      const lists = await page.locator(".ranks select").evaluateAll((all) => all.map((list) => list.value));
      assert.deepEqual(lists.filter((value) => value !== ""), ["2", "4"]);
    });

    flow("a fault keeps the choice, marks the fields and is in the title", async (page) => {
      await markLaw(page, url, say, lang);
      await identify(page, "046454281");
      await cast(page, say);
      await page.getByRole("heading", { level: 1, name: say["review-retry-title"] }).waitFor();
      assert.equal((await page.title()).startsWith(say["faults-page"].split("{")[0]), true);
      for (const field of ["#nas", "#code"]) {
        const colour = await page.locator(field).evaluate((e) => getComputedStyle(e).borderTopColor);
        const stop = await page.locator(`${field}-fault`).evaluate((e) => getComputedStyle(e).color);
        assert.equal(colour, stop, `${field} has a red border`);
      }
      await page.locator(".switch").click();
      assert.equal(await langOf(page), other(lang));
      assert.match(await page.locator(".chosen").textContent(), new RegExp(said["answer-oui"]));
    });

    flow("nothing marked and no region are said by the page, not by the browser", async (page) => {
      await page.goto(`${url}/ballots/L2025-001?lang=${lang}`);
      await page.getByRole("button", { name: say["mark-continue"] }).click();
      assert.ok(await page.getByRole("link", { name: say["fault-nothing"] }).isVisible());
      await page.goto(`${url}/ballots/E2025-QC?lang=${lang}`);
      await page.getByRole("button", { name: say["mark-region-show"] }).click();
      await page.getByRole("link", { name: say["fault-region"] }).click();
      assert.equal(await page.locator("#region").getAttribute("aria-invalid"), "true");
    });

    flow("whoever has another region's ballot gets their own, and can vote", async (page) => {
      await page.goto(`${url}/ballots/E2025-RG?region=1&lang=${lang}`);
      if (javaScriptEnabled) await page.locator("button[data-act=add]").first().click();
      else await page.locator("#rank-1").selectOption("2");
      await page.getByRole("button", { name: say["mark-continue"] }).click();
      await identify(page, "046454283");
      await cast(page, say);
      await page.getByRole("link", { name: say["fault-not-your-region"] }).waitFor();
      await (javaScriptEnabled ? inspect : look)(page, `turning-own-ballot-${javaScriptEnabled}-${lang}`);
      assert.equal(await page.locator("input[name=region]").inputValue(), "2");
      if (javaScriptEnabled) await page.locator("button[data-act=add]").first().click();
      else await page.locator("#rank-1").selectOption({ index: 1 });
      await page.getByRole("button", { name: say["mark-continue"] }).click();
      await identify(page, fresh());
      await cast(page, say);
      await receipt(page, say);
    });
  }
}

const WALK = ["/", "/ballots/L2025-001", "/ballots/E2025-QC", "/ballots/E2025-RG?region=1", "/receipts", "/nowhere"];

/** Text of twice the size, as browsers enlarge it for those who ask for it. */
async function enlarge(page) {
  await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
}

/** Words whose letters stand on more than one line; after a hyphen a word may go on below. */
async function brokenWords(page) {
  return page.evaluate(() => {
    const broken = [];
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
      for (const { index, 0: word } of texts.currentNode.data.matchAll(/\p{L}{2,}/gu)) {
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        const lines = new Set([...range.getClientRects()].filter((box) => box.width > 1).map((box) => Math.round(box.top)));
        if (lines.size > 1) broken.push(word);
      }
    }
    return broken;
  });
}

for (const lang of LANGUAGES) {
  const say = await wordsOf(lang);

  test(`${lang}: text of 200 % at 375 px needs no sideways scrolling`, async () => {
    const { page, close } = await open(browser, { viewport: { width: 375, height: 700 } });
    for (const [at, path] of WALK.entries()) {
      await page.goto(`${url}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
      await enlarge(page);
      await look(page, `large-${at}-${lang}`);
      assert.deepEqual(await brokenWords(page), [], path);
    }
    await markLaw(page, url, say, lang);
    await enlarge(page);
    await look(page, `large-review-${lang}`);
    assert.deepEqual(await brokenWords(page), [], "review");
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
    await enlarge(page);
    await look(page, `large-receipt-${lang}`);
    await close();
  });

  test(`${lang}: no word of the steps is broken at 320 px`, async () => {
    const { page, close } = await open(browser, { viewport: { width: 320, height: 640 } });
    await page.goto(`${url}/ballots/L2025-001?lang=${lang}`);
    const lines = await page.locator(".steps li").evaluateAll((all) => all.map((step) => {
      const range = document.createRange();
      range.selectNodeContents(step.lastChild);
      return range.getClientRects().length;
    }));
    assert.deepEqual(lines, [1, 1, 1, 1]);
    await close();
  });
}

test("the address in a receipt's code fills the field, and keeps the number in no address", async () => {
  const { page, close } = await open(browser);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const number = "0-1234-0123456789abcdefghjkmnpqrs";
  await page.goto(`${url}/receipts#${number}`);
  await page.waitForFunction(() => location.hash === "");
  assert.equal(await page.locator("#id").inputValue(), number);
  await page.locator("#id").press("Enter");
  await page.locator(".receipt").waitFor();
  assert.ok(!page.url().includes(number));
  await page.goto(`${url}/receipts#<b>`);
  assert.equal(await page.locator("#id").inputValue(), "");
  assert.ok(asked.every((address) => new URL(address).hash !== "" || !address.includes(number)), asked.join());
  await close();
});

test("a dark page's button stands out from its ground", async () => {
  const { page, close } = await open(browser, { colorScheme: "dark" });
  await page.goto(`${url}/ballots/L2025-001?lang=fr`);
  const [button, ground] = await page.evaluate(() => {
    const channels = (element) => getComputedStyle(element).backgroundColor.match(/\d+/g).map(Number);
    const light = (rgb) => rgb
      .map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    return [document.querySelector("main .button"), document.body].map((e) => light(channels(e)));
  });
  const contrast = (Math.max(button, ground) + 0.05) / (Math.min(button, ground) + 0.05);
  assert.ok(contrast >= 3, `contrast ${contrast.toFixed(2)}`);
  await close();
});
