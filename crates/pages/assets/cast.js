// Casting: sends the form, shows the server's own page in place, and tries the same vote again when
// the server is busy or the network fails.
//
// Sending again is safe: the form has a key of its own, under which a vote that did arrive gets its
// receipt again.

import { text, make } from "./texts.js";
import { enhanceCredentials } from "./credentials.js";
import { enhanceRanking } from "./ranking.js";
import { enhanceReceipt } from "./receipt.js";

const ANSWER_WITHIN_MS = 15_000;
const WAIT_S = [2, 4, 8, 15, 30];
const AGAIN = new Set([429, 502, 503, 504]);

/** One try: `{ response, html }`, or `null` where no answer came. */
async function send(form) {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return { response, html: await response.text() };
  } catch {
    return null;
  }
}

/** Puts the server's page in the place of this one. False: the answer is no page of ours. */
function replace({ html }) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const main = next.getElementById("main");
  if (!main) return false;
  document.title = next.title;
  document.getElementById("main").replaceWith(main);
  if (main.querySelector("[data-receipt]")) {
    // The address of the review would ask for the choice again where the page is loaded again.
    history.replaceState(null, "", `/receipts?lang=${document.documentElement.lang}`);
    enhanceReceipt(main);
  }
  document.querySelector(".masthead nav")?.replaceWith(next.querySelector(".masthead nav"));
  enhanceRanking(main);
  enhanceCredentials(main);
  enhanceCast(main);
  window.scrollTo(0, 0);
  (main.querySelector("[data-focus]") ?? main).focus();
  return true;
}

/** The panel that says how the sending goes. */
function panel(form) {
  const title = make("strong");
  const body = make("span");
  const now = make("button", { type: "button", class: "button" }, text("now"));
  const stop = make("button", { type: "button", class: "button quiet" }, text("stop"));
  const tools = make("div", { class: "go" }, now, stop);
  const box = make("div", { class: "state sending", role: "status" }, make("p", {}, title, body), tools);
  form.querySelector(".state").hidden = true;
  form.after(box);
  return {
    box, now, stop,
    say(id, values) {
      title.textContent = text(`${id}-title`);
      body.textContent = text(`${id}-body`, values);
      tools.hidden = id === "sending" || id === "stopped";
    },
  };
}

/** Waits; ends early when the voter asks for it or the connection is back. False: stopped. */
function pause(seconds, shown) {
  return new Promise((resolve) => {
    const ended = new AbortController();
    const end = (goOn) => () => {
      clearTimeout(timer);
      ended.abort();
      resolve(goOn);
    };
    const timer = setTimeout(end(true), seconds * 1000);
    const { signal } = ended;
    shown.now.addEventListener("click", end(true), { signal });
    shown.stop.addEventListener("click", end(false), { signal });
    window.addEventListener("online", end(true), { signal });
  });
}

/** Sends until there is an answer that waiting does not change, or the voter stops. */
async function cast(form, shown) {
  for (let tries = 0; ; tries += 1) {
    shown.say("sending");
    const answer = await send(form);
    if (answer && !AGAIN.has(answer.response.status)) return answer;
    const asked = Number(answer?.response.headers.get("retry-after"));
    // A long wait is the server's word against guessing: its page says so.
    if (asked > WAIT_S.at(-1)) return answer;
    const seconds = asked > 0 ? asked : WAIT_S[Math.min(tries, WAIT_S.length - 1)];
    shown.say(answer ? "busy" : "offline", { n: seconds });
    shown.now.focus();
    if (!(await pause(seconds, shown))) return null;
  }
}

function enhanceCast(root) {
  const form = root.querySelector("form[data-cast]");
  if (!form) return;
  let busy = false;
  let shown = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const button = form.querySelector("button.cast");
    button.setAttribute("aria-disabled", "true");
    shown?.box.remove();
    shown = panel(form);
    const answer = await cast(form, shown);
    busy = false;
    button.removeAttribute("aria-disabled");
    if (answer && replace(answer)) {
      form.reset();
    } else {
      shown.say("stopped");
      button.focus();
    }
  });
}

enhanceCast(document);
