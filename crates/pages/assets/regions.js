// The list of regions: searched and filtered while somebody types, and one's own region on top.
//
// Without this module the form asks the server for the same; only the own region needs it, because it
// is kept in this browser and told to nobody.

import { text } from "./texts.js";

const OWN = "scrutin-region";
const form = document.querySelector("[data-search]");
const filter = document.getElementById("filter");
const show = document.getElementById("show");
const mine = document.getElementById("mine");
const pin = document.querySelector("[data-pin]");

const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** A browser may refuse to keep anything; then nothing is pinned for longer than this page. */
let own = "";
try {
  own = localStorage.getItem(OWN) ?? "";
} catch { /* nothing is kept */ }

function keep(region) {
  own = region;
  try {
    if (region) localStorage.setItem(OWN, region);
    else localStorage.removeItem(OWN);
  } catch { /* nothing is kept */ }
}

const rowsOf = (root) => [...root.querySelectorAll("[data-rows] [data-region]")];

/** Puts the rows in the order of the server, and the own region before them. */
function order(rows) {
  rows.forEach((row, at) => { row.dataset.at ??= at; });
  const sorted = [...rows].sort((one, two) => one.dataset.at - two.dataset.at);
  const first = sorted.findIndex((row) => row.dataset.region === own);
  if (first > 0) sorted.unshift(...sorted.splice(first, 1));
  if (sorted.some((row, at) => row !== rows[at])) rows[0].parentElement.append(...sorted);
  for (const row of rows) {
    const label = row.querySelector(".mine");
    const isOwn = row.dataset.region === own;
    row.classList.toggle("pinned", isOwn);
    if (isOwn && !label) {
      const words = document.createElement("span");
      words.className = "mine";
      words.textContent = text("mine");
      row.querySelector("th").append(words);
    } else if (!isOwn) {
      label?.remove();
    }
  }
}

/** Searches, filters and pins in the page, or in a newer copy of it before that is shown. */
export function arrange(root) {
  const rows = rowsOf(root);
  if (!form || rows.length === 0) return;
  order(rows);
  const wanted = fold(filter.value.trim());
  const kind = show?.value ?? "all";
  const seen = new Set();
  let found = 0;
  for (const row of rows) {
    const fits = fold(row.dataset.name).includes(wanted)
      && (kind === "all" || row.dataset.show.split(" ").includes(kind));
    if (fits) found += 1;
    row.hidden = !fits && row.dataset.region !== own;
    if (!row.hidden) seen.add(row.dataset.region);
  }
  for (const tile of root.querySelectorAll(".tiles [data-region]")) {
    tile.hidden = !seen.has(tile.dataset.region);
    tile.classList.toggle("pinned", tile.dataset.region === own);
  }
  for (const area of root.querySelectorAll(".map [data-region]")) {
    area.classList.toggle("left-out", !seen.has(area.dataset.region));
    area.classList.toggle("pinned", area.dataset.region === own);
  }
  root.querySelector(".nothing-found").hidden = found > 0;
  const asked = wanted !== "" || kind !== "all";
  const words = asked ? text(`found-${found === 1 ? "one" : "other"}`, { n: found }) : "";
  const count = document.getElementById("filter-count");
  if (count.textContent !== words) count.textContent = words;
}

function offerRegions() {
  const names = rowsOf(document).map((row) => {
    const option = document.createElement("option");
    option.value = row.dataset.region;
    option.textContent = (row.querySelector("th a") ?? row.querySelector("th")).textContent;
    option.selected = option.value === own;
    return option;
  });
  const { lang } = document.documentElement;
  names.sort((one, two) => one.textContent.localeCompare(two.textContent, lang, { numeric: true }));
  mine.append(...names);
  mine.closest("[data-mine]").hidden = false;
  mine.addEventListener("change", () => {
    keep(mine.value);
    arrange(document);
  });
}

if (form) {
  form.hidden = false; // in a file, nothing but this module searches
  form.querySelector("[data-submit]").hidden = true;
  offerRegions();
  filter.addEventListener("input", () => arrange(document));
  show?.addEventListener("change", () => arrange(document));
  arrange(document);
}

if (pin) {
  const mark = () => pin.setAttribute("aria-pressed", String(own === pin.dataset.pin));
  pin.hidden = false;
  mark();
  pin.addEventListener("click", () => {
    keep(own === pin.dataset.pin ? "" : pin.dataset.pin);
    mark();
  });
}
