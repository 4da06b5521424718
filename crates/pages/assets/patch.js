// Makes a part of the page equal to a newer one by changing what differs, and nothing else: focus,
// selection and scrolling stay, and what changed is lit for a moment.

const keyOf = (node) => node.dataset?.region ?? node.dataset?.key;
const LIT = "td, .says, .turnout strong, .gauge strong";

function light(node) {
  const place = node?.closest?.(LIT);
  if (!place) return;
  place.classList.remove("changed");
  void place.offsetWidth; // otherwise the light would not go on anew
  place.classList.add("changed");
}

function patchAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    // What a reader has opened stays open.
    if (name === "open" && old.localName === "details") continue;
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/** Rows are found again by their keys, other nodes by their place. */
function patchChildren(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) {
    if (keyOf(child) !== undefined) keyed.set(keyOf(child), child);
  }
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const key = keyOf(child);
    const inPlace = at && keyOf(at) === undefined && at.nodeName === child.nodeName ? at : null;
    const match = key === undefined ? inPlace : keyed.get(key);
    if (!match) {
      old.insertBefore(child, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    patchNode(match, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function patchNode(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data === fresh.data) return;
    old.data = fresh.data;
    light(old.parentElement);
    return;
  }
  patchAttributes(old, fresh);
  patchChildren(old, fresh);
}

/** `old` becomes what `fresh` is; `fresh` is used up. */
export function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const focused = document.activeElement;
  patchNode(old, fresh);
  if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
}

document.addEventListener("animationend", ({ target }) => target.classList.remove("changed"));
