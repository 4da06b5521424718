// What newsrooms take: a frame that is as high as its content, and a sheet of paper.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { inspect, launch, open } from "./chromium.js";
import { startPreview, words as wordsOf } from "./surfaces.js";

let preview, browser;
before(async () => {
  preview = await startPreview();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

/** A newsroom's page with these lines in it. */
async function newsroom(body) {
  const site = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><title>x</title><link rel="icon" href="data:,">${body}`);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${site.address().port}/`, close: () => site.close() };
}

const frameOf = (path) => `<iframe src="${preview.urls.results}${path}" width="100%" height="300"></iframe>`;
const script = () => `<script src="${preview.urls.results}/embed.js" async></script>`;

test("the copied lines give a frame the height of its content, and nobody else's number does", async () => {
  const stranger = await newsroom("<script>parent.postMessage(4321, '*')</script>");
  const site = await newsroom(`${frameOf("/embed/ballots/L2025-002?lang=fr")}${script()}
    <iframe src="${stranger.url}" width="100%" height="300"></iframe>`);
  const { page, close } = await open(browser);
  await page.goto(site.url);
  const heights = () => page.evaluate(() => [...document.querySelectorAll("iframe")].map((frame) => Number(frame.height)));
  await page.waitForFunction(() => Number(document.querySelector("iframe").height) > 400);
  const inside = await page.frames()[1].evaluate(() => document.documentElement.scrollHeight);
  const [height, other] = await heights();
  assert.ok(Math.abs(height - inside) <= 2, `${height} for ${inside}`);
  assert.equal(other, 300, "a frame of somebody else keeps its height");
  await close();
  site.close();
  stranger.close();
});

test("without the script, a frame keeps its height and scrolls", async () => {
  const site = await newsroom(frameOf("/embed/ballots/L2025-002?lang=en"));
  const { page, close } = await open(browser);
  await page.goto(site.url);
  await page.frames()[1].getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await page.locator("iframe").getAttribute("height"), "300");
  await close();
  site.close();
});

test("newsrooms find data and lines to copy", async () => {
  const say = await wordsOf("fr");
  const { page, close } = await open(browser, { viewport: { width: 320, height: 640 } });
  await page.goto(`${preview.urls.results}/ballots/E2025-QC?lang=fr`);
  await page.getByText(say.newsroom, { exact: true }).click();
  assert.match(await page.locator(".newsroom pre").textContent(), /^<iframe src="https:\/\/results\.example\/embed\/ballots\/E2025-QC\?lang=fr"/);
  await inspect(page, "results-newsroom");
  await close();
});

/** Sheets of paper that the page takes, with the margins that it asks for. */
async function sheets(page, format) {
  const margin = { top: "14mm", right: "14mm", bottom: "14mm", left: "14mm" };
  const pdf = await page.pdf({ format, margin });
  return pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
}

for (const lang of ["fr", "en"]) {
  test(`a printed sheet has what officials sign, and nothing of a screen (${lang})`, async () => {
    const say = await wordsOf(lang);
    const { page, close } = await open(browser, { colorScheme: "dark" });
    for (const path of ["E2025-RG/regions/2", "L2025-002", "E2025-QC"]) {
      await page.goto(`${preview.urls.results}/ballots/${path}?lang=${lang}&state=certified`);
      assert.equal(await page.locator(".sheet").isVisible(), false, "not on a screen");
      await page.emulateMedia({ media: "print" });
      assert.ok(await page.locator("h1").isVisible() && await page.locator(".brand-event").isVisible());
      assert.equal(await page.locator(".signing:visible").count(), 3);
      assert.match(await page.locator(".sheet").textContent(), /120417/);
      const title = await page.locator("h1").textContent();
      assert.ok((await page.locator(".sheet p").first().textContent()).includes(title), "what it is of");
      assert.ok(await page.getByText("ab".repeat(32)).isVisible(), "the statement's SHA-256");
      assert.ok(await page.locator(".signing").getByText(say["sheet-signature"]).first().isVisible());
      for (const screen of [".switch", ".newsroom", ".search", ".footer", ".connection", ".steps-of-rounds", ".flow", "nav", ".checked .screen"]) {
        assert.equal(await page.locator(`${screen}:visible`).count(), 0, `${screen} on paper`);
      }
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(0, 0, 0)");
      for (const format of path.includes("/regions/") ? ["Letter", "A4"] : []) {
        assert.equal(await sheets(page, format), 1, `${path} on ${format}`);
      }
      await page.emulateMedia({ media: "screen" });
    }
    await close();
  });
}
