// NAS and code as they are typed: grouped for reading, checked before they are sent, never kept.
//
// A bad check digit is advice, not a refusal: the roll decides. Values live in the two fields only;
// they are wiped when the page is hidden for good or kept for the back button.

import { text, make } from "./texts.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LOOK_ALIKES = { O: "0", I: "1", L: "1" };
const MINTED_LENGTH = 17;

/** Luhn's check (ISO/IEC 7812-1, annex B) over nine digits. */
function luhnValid(digits) {
  let sum = 0;
  for (const [at, digit] of [...digits].reverse().entries()) {
    const doubled = Number(digit) * (at % 2 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The check symbol of minted codes: one Reed-Solomon symbol over GF(32), see crate credentials. */
function mintedValid(symbols) {
  let syndrome = 0;
  for (const symbol of symbols) {
    const value = ALPHABET.indexOf(LOOK_ALIKES[symbol] ?? symbol);
    if (value < 0) return false;
    const doubled = syndrome << 1;
    syndrome = (doubled & 32 ? doubled ^ 0b100101 : doubled) ^ value;
  }
  return syndrome === 0;
}

const compact = (value) => value.replace(/[\s-]/g, "");
const NAS = {
  tidy: (value) => value.replace(/\D/g, "").slice(0, 9),
  group: (symbols) => symbols.replace(/(...)(?=.)/g, "$1 "),
  advice(value) {
    const digits = compact(value);
    if (digits.length !== 9) return text("nas-length", { n: digits.length });
    return luhnValid(digits) ? "" : text("nas-check");
  },
};
const CODE = {
  tidy: (value) => value.replace(/[^0-9a-z]/gi, "").toUpperCase().slice(0, 32),
  group: (symbols) => symbols.replace(/(....)(?=.)/g, "$1-"),
  advice(value) {
    const symbols = compact(value);
    if (symbols.length < 6) return text("code-short");
    return symbols.length !== MINTED_LENGTH || mintedValid(symbols) ? "" : text("code-check");
  },
};

/** Regroups the field and leaves the caret behind the same symbol. */
function regroup(field, kind) {
  const before = kind.tidy(field.value.slice(0, field.selectionStart)).length;
  field.value = kind.group(kind.tidy(field.value));
  let caret = 0;
  for (let seen = 0; seen < before && caret < field.value.length; caret += 1) {
    if (/[0-9A-Z]/.test(field.value[caret])) seen += 1;
  }
  field.setSelectionRange(caret, caret);
}

function show(field, advice, message) {
  if (advice.textContent === message) return;
  advice.textContent = message;
  advice.hidden = message === "";
}

function enhance(field, kind) {
  const id = `${field.id}-advice`;
  const advice = make("p", { class: "advice", id, role: "status" });
  advice.hidden = true;
  field.after(advice);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby")} ${id}`);
  field.addEventListener("input", (event) => {
    if (event.inputType?.startsWith("delete")) return;
    regroup(field, kind);
    if (!advice.hidden) show(field, advice, kind.advice(field.value));
  });
  field.addEventListener("change", () => {
    show(field, advice, field.value === "" ? "" : kind.advice(field.value));
  });
  field.form.addEventListener("reset", () => show(field, advice, ""));
}

/** Also used on the page that takes the place of this one after a fault. */
export function enhanceCredentials(root) {
  const form = root.querySelector("form[data-cast]");
  if (!form) return;
  enhance(form.elements.nas, NAS);
  enhance(form.elements.code, CODE);
}

function wipe() {
  document.querySelector("form[data-cast]")?.reset();
}

enhanceCredentials(document);
window.addEventListener("pagehide", wipe);
window.addEventListener("pageshow", (event) => event.persisted && wipe());
