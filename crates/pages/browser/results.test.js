// Results: kept up to date without a reload, embedded in a frame, watched by operators.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, inspect, launch, look, open } from "./chromium.js";
import { startPreview, words as wordsOf } from "./surfaces.js";

let preview, browser, say;
before(async () => {
  preview = await startPreview();
  browser = await launch();
  say = await wordsOf("en");
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

test("figures move, focus and search stay, a break is said", async () => {
  const { page, context, close, forgive } = await open(browser);
  await page.clock.install();
  await page.goto(`${preview.urls.province}/ballots/E2025-QC?lang=en`);
  await page.locator("#filter").fill("riding 04");
  const rows = page.locator("table.regions tbody tr:visible");
  assert.equal(await rows.count(), 10);
  const total = () => page.locator("caption").first().textContent();
  const before = await total();
  await rows.first().getByRole("link").focus();
  const href = await page.evaluate(() => document.activeElement.getAttribute("href"));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await page.clock.runFor(11_000);
  await page.waitForFunction((old) => document.querySelector("caption").textContent !== old, before);
  assert.equal(await rows.count(), 10, "the search still holds");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), href);
  assert.equal(await page.locator("#connection").textContent(), say["live-polling"].replace("%n%", "10"));
  await context.setOffline(true);
  await page.clock.runFor(11_000);
  await page.locator("#connection.off").waitFor();
  await inspect(page, "results-connection-lost");
  await context.setOffline(false);
  forgive(/ERR_INTERNET_DISCONNECTED/);
  await close();
});

test("a riding is found, filtered and pinned in the browser alone", async () => {
  const { page, close } = await open(browser);
  await page.goto(`${preview.urls.province}/ballots/E2025-QC?lang=en&state=partial`);
  const rows = page.locator("table.regions tbody tr:visible");
  assert.equal(await rows.count(), 125);
  await page.getByLabel(say["region-show"], { exact: true }).selectOption("unreleased");
  assert.equal(await rows.count(), 41);
  assert.equal(await page.locator(".map a:not(.left-out)").count(), 41);
  await page.getByLabel(say["region-show"], { exact: true }).selectOption("all");
  await page.locator("#filter").fill("nowhere at all");
  assert.equal(await rows.count(), 0);
  assert.ok(await page.getByText(say["nothing-found"]).isVisible());
  await page.locator("#filter").fill("");
  await page.getByLabel(say["my-region"]).selectOption("77");
  assert.equal(await rows.first().getAttribute("data-region"), "77");
  assert.match(await rows.first().textContent(), new RegExp(say["live-mine"]));
  await inspect(page, "results-pinned");
  await page.reload();
  assert.equal(await rows.first().getAttribute("data-region"), "77", "the browser remembers it");
  await page.getByLabel(say["my-region"]).selectOption("");
  assert.equal(await page.locator(".pinned").count(), 0);
  await close();
});

test("a riding opens in place, with its neighbours, and back closes it", async () => {
  const { page, close } = await open(browser, { viewport: { width: 320, height: 640 } });
  const url = `${preview.urls.province}/ballots/E2025-QC?lang=en`;
  await page.goto(url);
  const row = page.locator("table.regions tbody tr").nth(3).getByRole("link");
  const name = await row.textContent();
  const dialog = page.getByRole("dialog", { name });
  await row.focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  assert.equal(await dialog.locator(".figures tbody tr").count(), 5, "its candidates");
  assert.equal(await page.evaluate(() => document.activeElement.id), "opened-name");
  await inspect(page, "results-opened");
  // A neighbour takes its place; Escape leads back to the list, where it began.
  const beside = dialog.getByRole("navigation").getByRole("link").first();
  const other = await beside.textContent();
  await beside.click();
  await page.getByRole("dialog", { name: other }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#opened").waitFor({ state: "hidden" });
  // Firefox's driver is not told of addresses that change within a page.
  assert.equal(await page.evaluate(() => location.href), url);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), name);
  // Back closes, forward opens again, and so does a reload.
  await row.click();
  await dialog.waitFor();
  await page.evaluate(() => history.back());
  await dialog.waitFor({ state: "hidden" });
  await page.evaluate(() => history.forward());
  await dialog.waitFor();
  await page.reload();
  await dialog.waitFor();
  await page.getByRole("button", { name: say["opened-close"] }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.locator(".map a[data-region='7']").dispatchEvent("click");
  await page.locator("#opened[open]").waitFor();
  await close();
});

test("turnout by hour has a table, which stays open while figures move", async () => {
  const { page, close } = await open(browser, { forcedColors: "active", viewport: { width: 320, height: 640 } });
  await page.clock.install();
  await page.goto(`${preview.urls.province}/ballots/E2025-QC?lang=fr`);
  assert.match(await page.locator(".against").textContent(), /^À 17\sh, /);
  await page.locator("details:not(.newsroom) summary").click();
  const total = () => page.locator("caption").first().textContent();
  const before = await total();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await page.clock.runFor(11_000);
  await page.waitForFunction((old) => document.querySelector("caption").textContent !== old, before);
  assert.equal(await page.locator("details table").isVisible(), true);
  await inspect(page, "results-hours");
  await close();
});

test("without scripts, a form searches and links step through rounds", CHROMIUM_ONLY, async () => {
  const { page, close } = await open(browser, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
  await page.goto(`${preview.urls.province}/ballots/E2025-QC?lang=en`);
  await page.locator("#filter").fill("riding 04");
  await page.getByRole("button", { name: say["region-find"] }).click();
  const rows = page.locator("table.regions tbody tr:visible");
  assert.equal(await rows.count(), 10);
  assert.equal(await page.locator("#filter").inputValue(), "riding 04");
  await look(page, "results-searched-plain");
  await page.goto(`${preview.urls.results}/ballots/E2025-RG/regions/1?lang=en`);
  await page.getByRole("navigation", { name: say.rounds }).getByRole("link", { name: "2" }).click();
  assert.match(await page.locator(".round-said").textContent(), /^Round 2 of/);
  await page.getByRole("link", { name: say["round-after"] }).click();
  assert.match(await page.locator(".round-said").textContent(), /^Round 3 of/);
  await look(page, "results-round-plain");
  await close();
});

test("what changed is lit, nothing jumps, and the headline is told once a minute at most", async () => {
  const { page, close } = await open(browser);
  await page.clock.install();
  const url = `${preview.urls.province}/ballots/E2025-QC?lang=en`;
  let state = "empty";
  await page.route(url, async (route) => route.fulfill({ response: await route.fetch({ url: `${url}&state=${state}` }) }));
  await page.goto(url);
  const summary = page.locator("#summary");
  const top = () => page.evaluate(() => document.querySelector("#connection").getBoundingClientRect().top);
  const rows = () => page.locator("table.regions tbody tr").count();
  assert.equal(await rows(), 125);
  state = "closed";
  await page.clock.runFor(11_000);
  await page.waitForFunction(() => document.querySelector(".says").textContent.includes("is elected"));
  assert.ok(await page.locator(".changed").count() > 0, "what changed is lit");
  assert.equal(await summary.textContent(), "", "not within the first minute");
  await page.clock.runFor(60_000);
  assert.match(await summary.textContent(), /is elected in \d+ of 125 seats/);
  const before = await top();
  const row = await page.locator('tr[data-region="9"]').elementHandle();
  state = "certified";
  await page.clock.runFor(11_000);
  await page.locator(".headline .status-certified").waitFor();
  assert.equal(await top(), before, "nothing above moved");
  assert.ok(await row.evaluate((element) => element.isConnected), "the row is the same one");
  await close();
});

test("nothing shifts when numbers move, at any width", async () => {
  for (const width of [320, 1000, 1920]) {
    const { page, close } = await open(browser, { viewport: { width, height: 900 } });
    await page.clock.install();
    await page.goto(`${preview.urls.province}/ballots/E2025-QC?lang=fr`);
    await page.evaluate(() => {
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
          globalThis.shifts.push(`${value}: ${sources.map(({ node }) => node?.outerHTML ?? node?.data).join(" ")}`);
        }
      }).observe({ type: "layout-shift" });
    });
    const said = () => page.locator("[data-live]").allTextContents();
    for (let version = 0; version < 3; version += 1) {
      const before = await said();
      await new Promise((resolve) => setTimeout(resolve, 2500)); // the preview's numbers move with the real clock
      await page.clock.runFor(11_000);
      await page.waitForFunction((old) => [...document.querySelectorAll("[data-live]")]
        .some((part, at) => part.textContent !== old[at]), before);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve())));
    }
    assert.deepEqual(await page.evaluate(() => globalThis.shifts), [], `${width} px wide`);
    await close();
  }
});

test("a page is sent what changed, once it has a version, and the whole page where that does not fit", async () => {
  const { page, close } = await open(browser);
  await page.clock.install();
  const path = "/ballots/E2025-QC?lang=en";
  const asked = [];
  const versions = ["a".repeat(24), "b".repeat(24)];
  let text = "";
  let check = 0;
  await page.route((url) => url.pathname === "/ballots/E2025-QC", async (route) => {
    const url = new URL(route.request().url());
    asked.push(url.searchParams.get("since"));
    if (asked.at(-1) === versions[0]) {
      const newer = text.replaceAll("Riding 0", "Riding X");
      check = [...Array(newer.length).keys()]
        .reduce((sum, at) => Math.imul(sum ^ newer.charCodeAt(at), 16777619), 2166136261) >>> 0;
      await route.fulfill({ json: { to: versions[1], length: newer.length, check, steps: [0, 0, newer] } });
    } else if (asked.at(-1) === versions[1]) {
      await route.fulfill({ json: { to: "c".repeat(24), length: 1, check, steps: [0, 5, ""] } });
    } else {
      const response = await route.fetch();
      text = await response.text();
      await route.fulfill({ response, headers: { ...response.headers(), etag: `"${versions[0]}-br"` } });
    }
  });
  await page.goto(`${preview.urls.province}${path}&q=riding`);
  await page.clock.runFor(11_000);
  const row = page.locator('tr[data-region="9"]');
  await row.getByText("Riding X09").waitFor();
  await page.clock.runFor(11_000);
  await row.getByText("Riding 009").waitFor();
  await page.clock.runFor(11_000);
  assert.deepEqual(asked.slice(0, 5), [null, null, versions[0], versions[1], null]);
  assert.ok(asked.slice(5).every((since) => since === null), "deltas that do not fit are not asked for again");
  await page.unrouteAll({ behavior: "wait" });
  await close();
});

for (const [name, options] of Object.entries({
  dark: { colorScheme: "dark" },
  forced: { forcedColors: "active" },
  narrow: { viewport: { width: 320, height: 640 } },
  wide: { viewport: { width: 3840, height: 2160 } },
})) {
  test(`results in ${name}`, options.viewport ? {} : CHROMIUM_ONLY, async () => {
    const { page, close } = await open(browser, options);
    for (const [kind, path] of [
      ["election", "E2025-QC"], ["law", "L2025-002"], ["rounds", "E2025-RG/regions/1"],
    ]) {
      for (const [lang, state] of [["en", "open"], ["fr", "certified"], ["en", "tied"]]) {
        await page.goto(`${preview.urls.results}/ballots/${path}?lang=${lang}&state=${state}&round=2`);
        await inspect(page, `results-${kind}-${name}-${lang}-${state}`);
      }
    }
    await close();
  });
}

test("final results say so and ask no more", async () => {
  const { page, close } = await open(browser);
  let asked = 0;
  await page.clock.install();
  await page.goto(`${preview.urls.results}/ballots/L2025-001?lang=en&state=certified`);
  page.on("request", (request) => { if (request.url() === page.url()) asked += 1; });
  assert.equal(await page.locator("#connection").textContent(), say["live-settled"]);
  await page.clock.runFor(60_000);
  assert.equal(asked, 0);
  await close();
});

test("an embed view works in another site's frame, a page does not", async (t) => {
  const site = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<title>x</title><iframe name="embed" src="${preview.urls.results}/embed/ballots/L2025-002?lang=en"></iframe>
      <iframe name="page" src="${preview.urls.results}/ballots/L2025-002?lang=en"></iframe>`);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  // A server that stays open would keep the run from ending.
  t.after(() => site.close());
  const { page, close, forgive } = await open(browser);
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.frameLocator("[name=embed]").getByRole("heading", { level: 1 }).waitFor();
  const framed = await page.frameLocator("[name=page]").locator(".masthead").count().catch(() => 0);
  assert.equal(framed, 0);
  forgive(/frame-ancestors|favicon/);
  await close();
});

test("figures are the same in table and CSV", async () => {
  const { page, close } = await open(browser);
  const at = `${preview.urls.results}/ballots/L2025-002`;
  await page.goto(`${at}?lang=en&state=closed`);
  const shown = await page.locator("tbody tr").first().locator("td").first().textContent();
  const csv = await (await fetch(`${at}/results.csv?state=closed`)).text();
  const oui = csv.split("\r\n").filter((line) => line.includes(",oui,"));
  const sum = oui.reduce((all, line) => all + Number(line.split(",").at(-6)), 0);
  assert.equal(Number(shown.replaceAll(",", "")), sum);
  await close();
});

test("the monitor reads rates, percentiles and health", async () => {
  const { page, close } = await open(browser);
  const at = `${preview.urls.monitor}/monitor?lang=en`;
  await page.goto(at);
  const value = (panel) => page.locator(`[data-key="${panel}"] .value strong`).textContent();
  assert.ok(Number((await value("panel-votes")).replaceAll(",", "")) > 500);
  assert.match(await value("panel-fsync"), /^250\sms$/);
  assert.match(await page.locator('[data-health="live"]').textContent(), new RegExp(say["monitor-up"]));
  assert.match(await page.locator('[data-health="ready"]').textContent(), new RegExp(say["monitor-down"]));
  const points = await page.locator(".spark polyline").first().getAttribute("points");
  assert.ok(points.split(" ").length > 100, "an hour is there at once");
  assert.match(await page.locator(".alarm").first().textContent(), /250\sms; more than 100\sms is slow. What to do:/);
  assert.match(await page.locator("#watched > p").textContent(), /As of .* Eastern time/);
  await inspect(page, "monitor-running");
  const { page: plain, close: closePlain } = await open(browser, { javaScriptEnabled: false });
  await plain.goto(at);
  assert.equal(await plain.locator(".alarm").count(), 1, "alarms stand without scripts");
  await closePlain();
  await close();
});

test("a monitor tells alarms that come, and that nothing answers", async () => {
  const { page, close, forgive } = await open(browser);
  let calm = true;
  await page.route("**/monitor?lang=en*", async (route) => {
    const answer = await route.fetch();
    const html = await answer.text();
    const without = html.replace(/<ul class="alarms">.*<\/ul>\n<\/section>/s, '<p class="calm">calm</p><ul class="alarms"></ul></section>');
    await route.fulfill({ response: answer, body: calm ? without : html });
  });
  await page.goto(`${preview.urls.monitor}/monitor?lang=en`);
  assert.equal(await page.locator(".alarm").count(), 0);
  calm = false;
  await page.waitForFunction(() => document.getElementById("told").textContent.includes("slow"));
  assert.equal(await page.locator("#told").getAttribute("role"), "status");
  await page.unroute("**/monitor?lang=en*");
  await page.route("**/monitor?lang=en*", (route) => route.abort());
  await page.getByText(/^No answer for \d+ s$/).waitFor();
  forgive(/Failed to load resource/);
  await close();
});
