// The monitor: fetches its own page anew every two seconds and changes what differs; the history is the server's.

import { patch } from "./patch.js";
import { text } from "./texts.js";

const EVERY_MS = 2000;

const watched = document.getElementById("watched");
const connection = document.getElementById("connection");
const told = document.getElementById("told");
let last = Date.now();

/** Which alarms there are, whatever their numbers. */
const alarms = (root) => [...root.querySelectorAll(".alarm")].map((alarm) => `${alarm.dataset.key} ${alarm.className}`).join();

async function fetchAgain() {
  const response = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("watched");
  const others = alarms(fresh) !== alarms(watched);
  patch(watched, fresh);
  // Screen readers hear of alarms that come, go or get worse, not of every number.
  if (others) {
    const said = [...watched.querySelectorAll(".alarm")].map((alarm) => alarm.textContent);
    told.textContent = said.join(" ") || watched.querySelector(".calm").textContent;
  }
}

async function round() {
  try {
    await fetchAgain();
    last = Date.now();
    connection.hidden = true;
  } catch {
    connection.hidden = false;
    connection.className = "connection off";
    connection.textContent = text("off", { n: Math.round((Date.now() - last) / 1000) });
  }
  setTimeout(round, EVERY_MS);
}

round();
