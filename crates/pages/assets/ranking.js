// Ranking by buttons: add, up, down, remove, undo, each said aloud in a live region.
//
// The form's own selects stay the carriers of the ranking, hidden: what is sent, and what the
// server checks, is the same with and without this module.

import { text, ordinal, make } from "./texts.js";

const UNDO_MAX = 200;

function enhance(form) {
  const selects = [...form.querySelectorAll(".ranks select")];
  const paper = new Map();
  for (const item of form.querySelector("template").content.children) {
    paper.set(item.dataset.number, item);
  }
  const listed = selects.map((select) => select.value).filter((value) => value !== "");
  let ranking = [...new Set(listed)];
  const past = [];

  const ranked = make("ol", { class: "ranked" });
  const unranked = make("ul", {});
  const said = make("p", { class: "hidden", role: "status" });
  const full = make("p", { class: "hint" }, text("full"));
  const undo = make("button", { type: "button" }, text("undo"));
  const clear = make("button", { type: "button" }, text("clear"));
  const heading = make("h2", { tabindex: "-1", "data-focus": "" }, text("ranked"));
  form.querySelector(".ranks").hidden = true;
  form.querySelector(".ranks").after(
    make("div", { class: "ranker" }, heading, ranked, full,
      make("div", { class: "tools" }, undo, clear),
      make("h2", {}, text("unranked")), unranked, said),
  );

  const nameOf = (number) => paper.get(number).querySelector(".choice-name").textContent;
  const button = (number, act, label, shown) => {
    const made = make("button", { type: "button", "data-act": act, "data-number": number }, shown);
    made.setAttribute("aria-label", `${label} – ${nameOf(number)}`);
    return made;
  };
  const row = (number, badge, ...buttons) => {
    const item = paper.get(number).cloneNode(true);
    item.prepend(make("span", { class: "badge" }, badge));
    item.append(make("span", { class: "moves" }, ...buttons));
    return item;
  };

  function render() {
    selects.forEach((select, at) => { select.value = ranking[at] ?? ""; });
    const isFull = ranking.length >= selects.length;
    ranked.replaceChildren(...ranking.map((number, at) => {
      const up = button(number, "up", text("up"), "↑");
      const down = button(number, "down", text("down"), "↓");
      if (at === 0) up.setAttribute("aria-disabled", "true");
      if (at === ranking.length - 1) down.setAttribute("aria-disabled", "true");
      return row(number, ordinal(at + 1), up, down, button(number, "remove", text("remove"), "✕"));
    }));
    const rest = [...paper.keys()].filter((number) => !ranking.includes(number));
    const addText = text("add", { rank: ordinal(ranking.length + 1) });
    unranked.replaceChildren(...rest.map((number) =>
      row(number, "", ...(isFull ? [] : [button(number, "add", addText, addText)]))));
    const nobody = (id) => make("li", { class: "nobody" }, text(id));
    if (ranking.length === 0) ranked.append(nobody("ranked-none"));
    if (rest.length === 0) unranked.append(nobody("unranked-none"));
    full.hidden = !isFull || rest.length === 0;
    undo.setAttribute("aria-disabled", String(past.length === 0));
    clear.setAttribute("aria-disabled", String(ranking.length === 0));
  }

  /** Takes a new order, remembers the old one, says what happened. */
  function step(next, words) {
    past.push(ranking);
    if (past.length > UNDO_MAX) past.shift();
    ranking = next;
    render();
    said.textContent = words;
  }

  const placed = (number, order) => text("said-placed", {
    name: nameOf(number), rank: ordinal(order.indexOf(number) + 1), total: order.length,
  });

  /** Focus stays with the candidate, or goes on to the next one to rank. */
  function focus(number, act) {
    const wanted = ranked.querySelector(`[data-number="${number}"] [data-act="${act}"]`);
    const next = unranked.querySelector("[data-act=add]");
    (wanted ?? next ?? heading).focus();
  }

  function move(number, by) {
    const at = ranking.indexOf(number);
    const to = at + by;
    if (to < 0 || to >= ranking.length) {
      said.textContent = text(by < 0 ? "said-top" : "said-bottom", { name: nameOf(number) });
      return;
    }
    const next = [...ranking];
    [next[at], next[to]] = [next[to], next[at]];
    step(next, placed(number, next));
    focus(number, by < 0 ? "up" : "down");
  }

  const acts = {
    up: (number) => move(number, -1),
    down: (number) => move(number, 1),
    add(number) {
      const next = [...ranking, number];
      step(next, placed(number, next));
      focus(null, "add");
    },
    remove(number) {
      step(ranking.filter((other) => other !== number), text("said-removed", { name: nameOf(number) }));
      focus(null, "add");
    },
  };
  form.addEventListener("click", (event) => {
    const { act, number } = event.target.closest("[data-act]")?.dataset ?? {};
    if (act) acts[act](number);
  });
  undo.addEventListener("click", () => {
    if (past.length === 0) return;
    ranking = past.pop();
    render();
    said.textContent = text("said-undone", { total: ranking.length });
  });
  clear.addEventListener("click", () => {
    if (ranking.length > 0) step([], text("said-cleared"));
  });
  render();
}

/** Also used on the page that takes the place of the review, for a voter of another region. */
export function enhanceRanking(root) {
  for (const form of root.querySelectorAll("form[data-ranking]")) enhance(form);
  // The lists are hidden: their faults are found at the ranking as a whole.
  for (const link of root.querySelectorAll('.faults a[href^="#rank-"]')) link.href = "#choice";
}

enhanceRanking(document);
