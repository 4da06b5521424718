// An evening of 125 regions on the real tally, at five moments: headline, seat bar, map, list and gauges say
// what the API counts, in both languages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inspect, launch, open } from "./chromium.js";
import { startNight } from "./evening.js";
import { LANGUAGES, words as wordsOf } from "./surfaces.js";

const REGIONS = 125;
/** Names of screenshots, and percentages of the evening. */
const MOMENTS = { opened: 0, first: 10, half: 50, nearly: 93, final: 100 };
const DESKTOP = { viewport: { width: 1280, height: 900 } };
const OTHERS = {
  phone: { viewport: { width: 390, height: 844 } },
  dark: { ...DESKTOP, colorScheme: "dark" },
};

let night, browser;
before(async () => {
  night = await startNight();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await night?.stop();
});

async function asked(path) {
  const answer = await fetch(`${night.url}/api/v1/${path}`);
  assert.equal(answer.status, 200, path);
  return answer.json();
}

/** Whole numbers of a text: "2 900 000 votes sur 4,200,000" has two. */
const numbers = (text) =>
  [...text.matchAll(/\d+(?:[\s,]\d{3})*(?!\d)/gu)].map(([number]) => Number(number.replace(/\D/g, "")));
const held = (party) => party.seats + (party.seats_leading ?? 0);
const winner = (region) => region.candidates.find((candidate) => candidate.leading || candidate.elected);

/** Above the fold: the sentence, the regions that report, the bar of seats. */
async function headlineFits(page, election) {
  const most = Math.max(...election.parties.map(held));
  const says = await page.locator(".says").textContent();
  assert.equal(numbers(says).includes(most), most > 0, `${most} seats: ${says}`);
  const reporting = election.regions.filter((region) => region.total_votes > 0).length;
  if (reporting > 0 && reporting < REGIONS) {
    assert.deepEqual(numbers(await page.locator(".reporting").textContent()), [reporting, REGIONS]);
  }
  const widths = await page.locator(".seat-bar rect:not(.ground):not(.over)").evaluateAll((bars) =>
    bars.map((bar) => [bar.getAttribute("fill"), parseFloat(bar.getAttribute("width"))]));
  for (const party of election.parties.filter((party) => party.party && held(party) > 0)) {
    const [, width] = widths.find(([fill]) => fill === party.party_color) ?? [];
    assert.ok(Math.abs(width - (100 * held(party)) / REGIONS) < 0.1, `${party.party}: ${width}%`);
  }
}

/** Each region on the map and in the list shows who has its seat so far, and by how much. */
async function regionsFit(page, election) {
  const drawn = await page.locator(".map").first().locator("a").evaluateAll((links) => links.map((link) => ({
    region: Number(link.dataset.region), marks: link.getAttribute("class"),
    fill: link.querySelector("path").getAttribute("fill"),
  })));
  const rows = await page.locator("table.regions tbody tr").evaluateAll((rows) => rows.map((row) => ({
    region: Number(row.dataset.region), text: row.textContent.replace(/\s+/gu, " "),
    margin: row.querySelector("td.n").textContent,
  })));
  assert.deepEqual([drawn.length, rows.length], [REGIONS, REGIONS]);
  for (const region of election.regions) {
    const of = (list) => list.find((entry) => entry.region === region.region_id);
    const [hexagon, row, first] = [of(drawn), of(rows), winner(region)];
    if (!first) {
      assert.doesNotMatch(hexagon.marks ?? "", /leader-(leading|elected)/, `riding ${region.region_id}`);
      continue;
    }
    assert.match(hexagon.marks, first.elected ? /leader-elected/ : /leader-leading/);
    if (first.party_color) assert.equal(hexagon.fill, first.party_color, `riding ${region.region_id}`);
    assert.ok(row.text.includes(first.name), `${first.name}: ${row.text}`);
    const [one, two] = region.candidates.map((candidate) => candidate.votes).sort((a, b) => b - a);
    assert.equal(numbers(row.margin)[0], one - two, row.text);
  }
}

/** The gauge has the share of the law's yes, and its words the line that it needs. */
async function gaugesFit(page, law) {
  const gauges = page.locator(".gauge");
  if (law.valid_votes === 0) return;
  const share = (100 * law.oui_count) / law.valid_votes;
  const width = await gauges.first().locator("rect:not(.ground)").first().getAttribute("width");
  assert.ok(Math.abs(parseFloat(width) - share) < 0.1, `${width} of ${share}%`);
  if (law.status === "counting") return;
  const { regions_carried: approving } = law.threshold;
  assert.ok(numbers(await gauges.nth(1).textContent()).includes(approving), `${approving} ridings`);
}

async function everythingFits(page, lang, moment) {
  const election = await asked("elections/1/results");
  await page.goto(`${night.url}/ballots/E2025-QC?lang=${lang}`);
  await headlineFits(page, election);
  await regionsFit(page, election);
  await inspect(page, `night-${moment}-${lang}`);
  const law = await asked("results/L2025-001");
  await page.goto(`${night.url}/ballots/L2025-001?lang=${lang}`);
  await gaugesFit(page, law);
  await inspect(page, `night-law-${moment}-${lang}`);
}

test("five moments of an evening say what is counted", async () => {
  for (const [moment, percent] of Object.entries(MOMENTS)) {
    await night.goTo(percent);
    for (const lang of LANGUAGES) {
      const { page, close } = await open(browser, DESKTOP);
      await everythingFits(page, lang, moment);
      await page.goto(`${night.url}/?lang=${lang}`);
      assert.match(await page.locator(".brand-event").textContent(), lang === "fr" ? /inventés/ : /invented/);
      await close();
    }
    for (const [name, options] of moment === "half" ? Object.entries(OTHERS) : []) {
      const { page, close } = await open(browser, options);
      await everythingFits(page, "fr", `${moment}-${name}`);
      await close();
    }
  }
});

test("a page that stays open follows the evening by the stream", async (t) => {
  const other = await startNight();
  t.after(() => other.stop());
  const say = await wordsOf("en");
  const { page, close } = await open(browser, DESKTOP);
  await page.goto(`${other.url}/ballots/E2025-QC?lang=en`);
  await page.locator("#connection.on").waitFor();
  await other.goTo(10);
  await page.locator(".says").filter({ hasText: /\bleads? in\b/ }).waitFor();
  const some = numbers(await page.locator(".reporting").textContent())[0];
  await other.goTo(100);
  await page.locator(".status").filter({ hasText: say["status-preliminary"] }).waitFor();
  assert.ok(some > 0 && some < REGIONS, `${some} ridings at first`);
  await close();
});
