// Keeps a results page up to date.
//
// The page is rendered by the server only. When the stream says that something changed, or the time
// for asking again has come, the server is asked what differs from the version that is here
// (docs/pages.md), and that is changed in the live parts. Search, focus and scrolling stay where they are.

import { apply } from "./delta.js";
import { patch } from "./patch.js";
import { again } from "./opened.js";
import { arrange } from "./regions.js";
import { text } from "./texts.js";

const POLL_S = 10;
const RETRY_S = [5, 10, 20, 40, 60];
/** A page that the server made before a change may be served for so long after it. */
const AGED_MS = 2000;
/** Where the stream tells nothing, the page still says how long ago the ledger was checked. */
const QUIET_MS = 60_000;
/** However often the headline changes, it is read aloud at most this often. */
const SUMMARY_MS_MIN = 60_000;

const connection = document.getElementById("connection");
const summary = document.getElementById("summary");
const settled = () => connection?.dataset.settled === "true";

function say(state, id, values) {
  const words = text(id, values);
  connection.className = `connection screen ${state}`;
  if (connection.textContent !== words) connection.textContent = words;
}

// --- what is told ---------------------------------------------------------------------------------

/** The sentences at the top, each with the title of its ballot where the page has several. */
function sentences() {
  return [...document.querySelectorAll("[data-says]")].map((said) => {
    const title = said.closest(".card")?.querySelector("h2").textContent;
    return title ? `${title}: ${said.textContent}` : said.textContent;
  });
}

let told = sentences();
let toldAt = Date.now();
let due = null;

/** For screen readers: the sentences that have changed, at most once a minute. */
function summarise() {
  if (!summary || due !== null) return;
  const rest = toldAt + SUMMARY_MS_MIN - Date.now();
  if (rest > 0) {
    due = setTimeout(() => {
      due = null;
      summarise();
    }, rest);
    return;
  }
  const now = sentences();
  const changed = now.filter((sentence) => !told.includes(sentence));
  if (changed.length === 0) return;
  summary.textContent = changed.join(" ");
  told = now;
  toldAt = Date.now();
}

// --- live ---------------------------------------------------------------------------------------

/** Changes in each live part what differs. */
function put(next) {
  const old = document.querySelectorAll("[data-live]");
  const fresh = next.querySelectorAll("[data-live]");
  if (old.length !== fresh.length) {
    location.reload();
    return;
  }
  arrange(next);
  old.forEach((part, at) => patch(part, fresh[at]));
  connection.dataset.settled = next.getElementById("connection").dataset.settled;
  summarise();
  again();
}

/** The page without what was typed into its search: everybody's is the same. */
const address = new URL(location.href);
address.searchParams.delete("q");
address.hash = "";

/** The page as the server sent it last, and the name of that version; null where it has none. */
let base = null;
/** False once a delta did not lead to the page that was meant: something on the way changes pages. */
let takesDeltas = true;

async function ask(url, cache) {
  const response = await fetch(url, { cache, credentials: "omit", signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response;
}

async function keep(response) {
  const version = /[0-9a-f]{24}/.exec(response.headers.get("etag") ?? "")?.[0];
  base = { version, text: await response.text() };
}

/** Makes `base` the newest page; `change` is the number of the change that the stream told, if any. */
async function fetchNewest(change) {
  // The browser has mostly kept it since the page was opened.
  if (!base) await keep(await ask(address, "force-cache"));
  if (!takesDeltas || !base.version) return keep(await ask(address, "no-cache"));
  const url = new URL(address);
  url.searchParams.set("since", base.version);
  if (change) url.searchParams.set("change", change);
  const response = await ask(url, "default");
  if (response.status === 204) return undefined;
  if (!response.headers.get("content-type").startsWith("application/json")) return keep(response);
  const delta = await response.json();
  const text = apply(base.text, delta);
  if (text !== null) {
    base = { version: delta.to, text };
    return undefined;
  }
  takesDeltas = false;
  return keep(await ask(address, "no-cache"));
}

let turn = Promise.resolve();
let askedAt = Date.now();

/** One after the other: an older page never takes the place of a newer one. */
function refresh(change) {
  turn = turn.catch(() => {}).then(async () => {
    askedAt = Date.now();
    await fetchNewest(change);
    put(new DOMParser().parseFromString(base.text, "text/html"));
  });
  return turn;
}

const wait = (seconds) => new Promise((resolve) => {
  const timer = setTimeout(end, seconds * 1000);
  function end() {
    clearTimeout(timer);
    window.removeEventListener("online", end);
    resolve();
  }
  window.addEventListener("online", end);
});

const visible = () => new Promise((resolve) => {
  if (!document.hidden) resolve();
  else document.addEventListener("visibilitychange", () => resolve(), { once: true });
});

/** Asks again and again; ends when the results are final. */
async function poll(live) {
  let failures = 0;
  while (!settled()) {
    await wait(failures === 0 ? POLL_S : RETRY_S[Math.min(failures, RETRY_S.length) - 1]);
    await visible();
    if (live()) {
      if (Date.now() - askedAt > QUIET_MS * (1 + Math.random() / 2)) await refresh().catch(() => {});
      continue;
    }
    try {
      await refresh();
      failures = 0;
      say("on", "polling", { n: POLL_S });
    } catch {
      failures += 1;
      say("off", "off", { n: RETRY_S[Math.min(failures, RETRY_S.length) - 1] });
    }
  }
  say("on", "settled");
}

/** Listens to the stream where there is one: it says when something changed, and how many others want to know. */
function listen(path) {
  let open = false;
  let told = null;
  let isFollowing = false;
  let failures = 0;
  const follow = async () => {
    if (isFollowing) return;
    isFollowing = true;
    for (let asked = null; asked !== told.number;) {
      const { number, spread_ms: spread } = told;
      await new Promise((resolve) => setTimeout(resolve, AGED_MS + Math.random() * spread));
      await visible();
      await refresh(number).catch(() => {});
      asked = number;
    }
    isFollowing = false;
  };
  const connect = () => {
    const socket = new WebSocket(new URL(path, location.href).href.replace(/^http/, "ws"));
    socket.addEventListener("open", () => {
      open = true;
      failures = 0;
      say("on", "on");
    });
    socket.addEventListener("message", ({ data }) => {
      told = JSON.parse(data).updates[0].data;
      follow();
    });
    socket.addEventListener("close", async () => {
      open = false;
      failures += 1;
      // Not all at once, where a server has stopped.
      await wait(RETRY_S[Math.min(failures, RETRY_S.length) - 1] * (0.5 + Math.random()));
      if (!settled()) connect();
    });
  };
  connect();
  return () => open;
}

if (connection) {
  if (settled()) {
    say("on", "settled");
  } else {
    say("on", "polling", { n: POLL_S });
    const { stream } = connection.dataset;
    poll(stream ? listen(stream) : () => false);
  }
}

