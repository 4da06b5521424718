// Keeps a results page up to date, and searches its regions.
//
// The page is rendered by the server only. When the stream says that something changed, or the time
// for asking again has come, the page is fetched (with its ETag: an unchanged one costs a header)
// and its live parts are put in place. Search, focus and scrolling stay where they are.

import { text } from "./texts.js";

const POLL_S = 10;
const RETRY_S = [5, 10, 20, 40, 60];
/** However fast votes come, a page is fetched at most this often. */
const REFRESH_MS_MIN = 2000;

const connection = document.getElementById("connection");
const filter = document.getElementById("filter");
const settled = () => connection?.dataset.settled === "true";

function say(state, id, values) {
  const words = text(id, values);
  connection.className = `connection screen ${state}`;
  if (connection.textContent !== words) connection.textContent = words;
}

// --- search -----------------------------------------------------------------------------------

const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function search() {
  const wanted = fold(filter.value.trim());
  for (const list of document.querySelectorAll("[data-rows]")) {
    let found = 0;
    for (const row of list.querySelectorAll("[data-name]")) {
      row.hidden = !fold(row.dataset.name).includes(wanted);
      if (!row.hidden) found += 1;
    }
    const kind = found === 1 ? "one" : "other";
    document.getElementById("filter-count").textContent =
      wanted === "" ? "" : text(`found-${kind}`, { n: found });
  }
}

if (filter) {
  document.querySelector("[data-search]").hidden = false;
  filter.addEventListener("input", search);
}

// --- live ---------------------------------------------------------------------------------------

/** Replaces each live part that differs; focus on a link inside returns to the same link. */
function put(next) {
  const old = document.querySelectorAll("[data-live]");
  const fresh = next.querySelectorAll("[data-live]");
  if (old.length !== fresh.length) {
    location.reload();
    return;
  }
  const href = document.activeElement?.getAttribute("href");
  old.forEach((part, at) => {
    if (part.innerHTML === fresh[at].innerHTML) return;
    const focused = part.contains(document.activeElement);
    part.replaceChildren(...fresh[at].childNodes);
    if (focused && href) part.querySelector(`[href="${CSS.escape(href)}"]`)?.focus();
  });
  connection.dataset.settled = next.getElementById("connection").dataset.settled;
  if (filter) search();
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

