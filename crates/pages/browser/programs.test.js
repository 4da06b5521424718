// The same pages served by the real validator and tally: from the front page to the results.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, inspect } from "./chromium.js";
import { startPrograms } from "./programs.js";
import { words as wordsOf } from "./surfaces.js";
import { cast, identify, markLaw, receipt } from "./voting.js";

/** The ballot whose results show each vote by itself, for trying out. */
const LIVE = { ballot: "L2025-001" };

let programs, browser, say;
before(async () => {
  programs = await startPrograms();
  browser = await launch();
  say = await wordsOf("fr");
});
after(async () => {
  await browser?.close();
  await programs?.stop();
});

/** Skipped, and said, where the programs are not built. */
function real(name, run) {
  test(name, async (t) => {
    if (!programs) return t.skip("SCRUTIN_REHEARSAL is not set: make test-pages sets it");
    return run();
  });
}

real("a vote by the page is in the results, and its receipt is found", async () => {
  const { page, close } = await open(browser);
  const [voter] = programs.people;
  await page.goto(`${programs.urls.voter}/?lang=fr`);
  await inspect(page, "real-home");
  await markLaw(page, programs.urls.voter, say, "fr", LIVE);
  await identify(page, voter.nas, voter.code);
  assert.ok(!(await page.locator("#code-advice").isVisible()), "a minted code passes its check");
  await cast(page, say);
  await receipt(page, say);
  await inspect(page, "real-receipt");
  const id = await page.locator("#id").textContent();
  await page.goto(`${programs.urls.voter}/receipts?lang=fr`);
  await page.locator("#id").fill(id);
  await page.getByRole("button", { name: say["check-button"] }).click();
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), say["receipt-title"]);
  await page.goto(`${programs.urls.results}/ballots/${LIVE.ballot}?lang=fr`);
  const oui = page.locator("tbody tr").first().locator("td").first();
  for (let times = 0; (await oui.textContent()) !== "1" && times < 50; times += 1) {
    await page.waitForTimeout(200);
    await page.reload();
  }
  assert.equal(await oui.textContent(), "1");
  await inspect(page, "real-results-law");
  await close();
});

real("a duplicate, an unknown code and another region are told apart", async () => {
  const { page, close } = await open(browser);
  const [first, second] = programs.people;
  const title = () => page.getByRole("heading", { level: 1 });
  await markLaw(page, programs.urls.voter, say, "fr", LIVE);
  await identify(page, first.nas, first.code);
  await cast(page, say);
  await title().filter({ hasText: say["end-duplicate-title"] }).waitFor();
  await markLaw(page, programs.urls.voter, say, "fr", LIVE);
  await identify(page, second.nas, first.code);
  await cast(page, say);
  await page.getByRole("alert").getByText(say["fault-not-recognised"]).waitFor();
  const other = second.region === "1" ? "2" : "1";
  await page.goto(`${programs.urls.voter}/ballots/E2025-QC?region=${other}&lang=fr`);
  await page.locator("input[name=candidate]").first().check();
  await page.getByRole("button", { name: say["mark-continue"] }).click();
  await identify(page, second.nas, second.code);
  await cast(page, say);
  await page.getByRole("alert").getByText(say["fault-not-your-region"]).waitFor();
  assert.equal(await page.locator("input[name=region]").inputValue(), second.region);
  await close();
});

real("a ranking and a candidate, without scripts", async () => {
  const { page, close } = await open(browser, { javaScriptEnabled: false });
  const voter = programs.people[2];
  await page.goto(`${programs.urls.voter}/ballots/E2025-RG?region=${voter.region}&lang=fr`);
  await page.locator("#rank-1").selectOption({ index: 2 });
  await page.locator("#rank-2").selectOption({ index: 1 });
  await page.getByRole("button", { name: say["mark-continue"] }).click();
  await identify(page, voter.nas, voter.code);
  await cast(page, say);
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), say["receipt-title"]);
  await page.goto(`${programs.urls.voter}/ballots/E2025-QC?region=${voter.region}&lang=fr`);
  await page.locator("input[name=candidate]").first().check();
  await page.getByRole("button", { name: say["mark-continue"] }).click();
  await identify(page, voter.nas, voter.code);
  await cast(page, say);
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), say["receipt-title"]);
  await close();
});

real("a result follows the stream, sooner than the page would ask again", async () => {
  const { page, close } = await open(browser);
  const voter = programs.people[3];
  const sockets = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await page.goto(`${programs.urls.results}/ballots/L2025-001?lang=fr`);
  await page.locator("#connection.on").waitFor();
  const oui = page.locator("tbody tr").first().locator("td").first();
  const before = Number(await oui.textContent());
  const vote = { nas: voter.nas, code: voter.code, law_id: "L2025-001", vote: "oui" };
  const answer = await fetch(`${programs.urls.voter}/api/v1/vote`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(vote),
  });
  assert.equal(answer.status, 202);
  // The first vote brings parts that were not there: the page may load itself again.
  await page.waitForFunction(
    (count) => Number(document.querySelector("tbody tr td")?.textContent) === count,
    before + 1,
    { timeout: 6000 },
  );
  assert.match(sockets[0], /^ws:.*\/api\/v1\/stream/);
  await close();
});

real("results of elections and both monitors", async () => {
  const { page, close } = await open(browser);
  for (const [name, path] of [
    ["index", "/"], ["election", "/ballots/E2025-RG"], ["region", `/ballots/E2025-RG/regions/${programs.people[2].region}`],
  ]) {
    await page.goto(`${programs.urls.results}${path}?lang=fr`);
    await inspect(page, `real-results-${name}`);
  }
  await page.goto(`${programs.urls.internal}/monitor?lang=fr`);
  const votes = page.locator('[data-key="panel-votes"] .value strong');
  await page.waitForFunction((e) => Number(e.textContent) >= 3, await votes.elementHandle());
  await inspect(page, "real-monitor-validator");
  await page.goto(`${programs.urls.resultsInternal}/monitor?lang=fr`);
  const counted = page.locator('[data-key="panel-votes"] .value strong');
  await page.waitForFunction((e) => Number(e.textContent) >= 3, await counted.elementHandle());
  await inspect(page, "real-monitor-tally");
  await close();
});
