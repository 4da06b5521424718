// Keeps a results page up to date.
//
// The page is rendered by the server only. When the stream says that something changed, or the time
// for asking again has come, the page is fetched (with its ETag: an unchanged one costs a header)
// and in its live parts is changed what differs. Search, focus and scrolling stay where they are.

import { patch } from "./patch.js";
import { again } from "./opened.js";
import { arrange } from "./regions.js";
import { text } from "./texts.js";

const POLL_S = 10;
const RETRY_S = [5, 10, 20, 40, 60];
/** However fast votes come, a page is fetched at most this often. */
const REFRESH_MS_MIN = 2000;
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

async function refresh() {
  const response = await fetch(location.href, {
    cache: "no-cache",
    credentials: "omit",
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`status ${response.status}`);
  put(new DOMParser().parseFromString(await response.text(), "text/html"));
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
    if (live()) continue;
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

/** Listens to the stream where there is one; any message means that something changed. */
function listen(path) {
  let open = false;
  let due = null;
  let failures = 0;
  const changed = () => {
    due ??= setTimeout(() => {
      due = null;
      if (!document.hidden) refresh().catch(() => {});
    }, REFRESH_MS_MIN);
  };
  const connect = () => {
    const socket = new WebSocket(new URL(path, location.href).href.replace(/^http/, "ws"));
    socket.addEventListener("open", () => {
      open = true;
      failures = 0;
      say("on", "on");
      changed();
    });
    socket.addEventListener("message", changed);
    socket.addEventListener("close", async () => {
      open = false;
      failures += 1;
      await wait(RETRY_S[Math.min(failures, RETRY_S.length) - 1]);
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

