// The monitor: reads this program's own metrics every two seconds, keeps five minutes, draws.

import { text } from "./texts.js";

const EVERY_MS = 2000;
const KEPT = 150;
/** Samples over which rates and percentiles are taken: half a minute and ten seconds. */
const PERCENTILE_SAMPLES = 15;
const RATE_SAMPLES = 5;

const lang = document.documentElement.lang;
const short = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat(lang, { maximumFractionDigits: 3 });
const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium" });
const show = (n) => (n === null ? "–" : (Math.abs(n) < 10 ? precise : short).format(n));

/** OpenMetrics text as a list of { name, labels, value }. */
function parse(body) {
  const found = [];
  for (const line of body.split("\n")) {
    const match = /^([a-z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)/i.exec(line);
    if (match) found.push({ name: match[1], labels: match[2] ?? "", value: Number(match[3]) });
  }
  return found;
}

/** The sum of the series of a metric, or null where there is none. */
function total(sample, metric) {
  const [, name, label = ""] = /^([^{]*)(?:\{(.*)\})?$/.exec(metric);
  const series = sample.series.filter((s) => s.name === name && s.labels.includes(label));
  return series.length === 0 ? null : series.reduce((sum, s) => sum + s.value, 0);
}

function rate(samples, metric) {
  const now = samples.at(-1);
  const before = samples.at(-1 - RATE_SAMPLES) ?? samples[0];
  const [to, from] = [total(now, metric), total(before, metric)];
  // A counter that falls belongs to a process that has started anew.
  if (to === null || from === null || now === before || to < from) return to === null ? null : 0;
  return (to - from) / ((now.at - before.at) / 1000);
}

/** Upper bound, in milliseconds, of the bucket that holds the 99th percentile. */
function p99(samples, metric) {
  const buckets = (sample) => {
    const sums = new Map();
    for (const s of sample?.series ?? []) {
      const bound = s.name === `${metric}_bucket` && /le="([^"]+)"/.exec(s.labels)?.[1];
      if (bound) sums.set(bound, (sums.get(bound) ?? 0) + s.value);
    }
    return sums;
  };
  const now = buckets(samples.at(-1));
  if (now.size === 0) return null;
  const before = buckets(samples.at(-1 - PERCENTILE_SAMPLES) ?? samples[0]);
  const grown = [...now].map(([bound, n]) => [Number(bound.replace("+Inf", "Infinity")), n - (before.get(bound) ?? 0)]);
  grown.sort((a, b) => a[0] - b[0]);
  const all = grown.at(-1)[1];
  if (all <= 0) return 0;
  const reached = grown.find(([, n]) => n >= all * 0.99)[0];
  // Beyond the last bound nothing is known but that.
  const bound = reached < 1e9 ? reached : grown.filter(([b]) => b < 1e9).at(-1)?.[0] ?? 0;
  return bound * 1000;
}

const kinds = {
  rate: (samples, panel) => rate(samples, panel.metric),
  value: (samples, panel) => total(samples.at(-1), panel.metric),
  p99: (samples, panel) => p99(samples, panel.metric),
  difference(samples, panel) {
    const [left, right] = [total(samples.at(-1), panel.metric), total(samples.at(-1), panel.less)];
    return left === null || right === null ? null : left - right;
  },
};

function draw(element, history) {
  const known = history.filter((value) => value !== null);
  const high = Math.max(...known, 0);
  const low = Math.min(...known);
  const x = (at) => ((at + KEPT - history.length) / (KEPT - 1)) * 300;
  const y = (value) => 57 - ((value ?? 0) / (high || 1)) * 54;
  const points = history.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  element.querySelector("polyline").setAttribute("points", points);
  element.querySelector("polygon").setAttribute("points",
    `${x(0).toFixed(1)},60 ${points} ${x(history.length - 1).toFixed(1)},60`);
  element.querySelector(".range").textContent = known.length === 0
    ? text("none") : text("range", { low: show(low), high: show(high) });
}

const panels = [...document.querySelectorAll(".panel")].map((element) => ({
  element, history: [], ...element.dataset,
}));
const samples = [];
const connection = document.getElementById("connection");
let last = Date.now();

async function health() {
  for (const item of document.querySelectorAll("[data-health]")) {
    const up = await fetch(item.dataset.health, { cache: "no-store" }).then((r) => r.ok, () => false);
    item.className = up ? "up" : "down";
    item.querySelector("strong").textContent = text(up ? "up" : "down");
  }
}

async function sample() {
  const response = await fetch("/metrics", { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  samples.push({ at: Date.now(), series: parse(await response.text()) });
  if (samples.length > KEPT) samples.shift();
  for (const panel of panels) {
    const value = kinds[panel.kind](samples, panel);
    panel.history.push(value);
    if (panel.history.length > KEPT) panel.history.shift();
    panel.element.querySelector(".value strong").textContent = show(value);
    draw(panel.element, panel.history);
  }
}

/** Fills the tables of the picture anew: validators, partitions, what happened. */
async function picture() {
  const tables = document.querySelectorAll("[data-picture]");
  if (tables.length === 0) return;
  const response = await fetch(`/cluster?lang=${lang.slice(0, 2)}`, { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
  if (!response.ok) return;
  const told = new Map((await response.json()).map((table) => [table.id, table.rows]));
  for (const table of tables) {
    const rows = (told.get(table.dataset.picture) ?? []).map((cells) => {
      const row = document.createElement("tr");
      row.append(...cells.map((cell) => Object.assign(document.createElement("td"), { textContent: cell })));
      return row;
    });
    table.tBodies[0].replaceChildren(...rows);
  }
}

async function round() {
  try {
    await sample();
    last = Date.now();
    connection.className = "connection on";
    connection.removeAttribute("role");
    connection.textContent = text("on", { time: clock.format(last) });
  } catch {
    connection.className = "connection off";
    connection.textContent = text("off", { n: Math.round((Date.now() - last) / 1000) });
  }
  await picture().catch(() => {}); // the line above says that nothing answers
  await health();
  setTimeout(round, EVERY_MS);
}

round();
