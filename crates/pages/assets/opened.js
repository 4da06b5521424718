// A region opens in place: its result and its neighbours, out of its own page, over the list or the map.
//
// Without this module, and with a key that opens links elsewhere, the link leads to that page. An open region stands in
// the address behind `#`, so that back closes it and a reload shows it again.

const dialog = document.getElementById("opened");
const name = document.getElementById("opened-name");
const parts = document.getElementById("opened-parts");
const whole = document.getElementById("opened-page");
const LINK = "[data-region] a, a[data-region], .opened nav a";
const ASKED = /^#region-(\d+)$/;

let shown = null;
/** Whether back leads to the page without an open region. */
let isAhead = false;

/** Links in pictures hold their address in another way. */
const addressOf = (link) => new URL(link.href.baseVal ?? link.href, location.href);
const regionOf = (link) => addressOf(link).pathname.match(/\/regions\/(\d+)$/)?.[1];

/** The address of a region's page, from any link to it: the list has one for each. */
function pageOf(region) {
  const links = [...document.querySelectorAll(LINK)];
  const link = links.find((one) => regionOf(one) === region);
  return link && addressOf(link).href;
}

async function fill(region) {
  const page = pageOf(region);
  if (!page) return false;
  const response = await fetch(page, { credentials: "omit", signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  name.textContent = fresh.querySelector("h1").textContent;
  whole.href = page;
  parts.replaceChildren(...fresh.querySelectorAll("[data-part]"));
  // What is told aloud is the page's own headline alone.
  for (const said of parts.querySelectorAll("[data-says]")) said.removeAttribute("data-says");
  return true;
}

/** Shows what the address asks for. */
async function follow() {
  const region = location.hash.match(ASKED)?.[1] ?? null;
  if (region === shown && dialog.open === (region !== null)) return;
  shown = region;
  if (region === null) {
    dialog.close();
    return;
  }
  try {
    if (!await fill(region) || shown !== region) {
      if (!dialog.open) shown = null;
      return;
    }
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    name.focus();
  } catch {
    location.assign(pageOf(region));
  }
}

function leave() {
  if (shown === null) return;
  if (isAhead) {
    isAhead = false;
    history.back();
  } else {
    history.replaceState(null, "", location.pathname + location.search);
    follow();
  }
}

/** After the page was brought up to date, what is open is, too; focus stays where it is outside the parts. */
export function again() {
  if (!dialog?.open || shown === null || parts.contains(document.activeElement)) return;
  fill(shown).catch(() => {});
}

if (dialog) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(LINK);
    const region = link && regionOf(link);
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!region || !isPlain) return;
    event.preventDefault();
    const hash = `#region-${region}`;
    if (shown === null) {
      isAhead = true;
      history.pushState(null, "", hash);
    } else {
      history.replaceState(null, "", hash);
    }
    follow();
  });
  dialog.querySelector("[data-close]").addEventListener("click", leave);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  window.addEventListener("popstate", follow);
  follow();
}
