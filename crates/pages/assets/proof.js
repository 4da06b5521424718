// Checks the receipt's proof (docs/transparency.md) in the browser. What cannot be read throws, and is refused.

import { make, text, told } from "./texts.js";

const SYMBOLS = "0123456789abcdefghjkmnpqrstvwxyz";

function check(holds, why, values) {
  if (!holds) throw Object.assign(new Error(why), { values });
}

const number = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

async function hash(...parts) {
  const joined = new Uint8Array(parts.flatMap((part) => [...part]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}

function bytes(base64) {
  const binary = atob(base64);
  check(btoa(binary) === base64);
  return Uint8Array.from(binary, (symbol) => symbol.charCodeAt(0));
}

/** RFC 9162, section 2.1.3.2. */
async function included(leaf, index, size, path, root) {
  let [at, last, made] = [index, size - 1n, await hash([0], leaf)];
  for (const sibling of path) {
    if (!last) return false;
    const right = at & 1n || at === last;
    made = await (right ? hash([1], sibling, made) : hash([1], made, sibling));
    if (right) for (; at && !(at & 1n); at >>= 1n) last >>= 1n;
    at >>= 1n;
    last >>= 1n;
  }
  return index < size && !last && hex(made) === hex(root);
}

function parseNote(note) {
  const [, body, lines] = /^([^]+\n)\n((?:.+\n)+)$/.exec(note);
  const signatures = lines.slice(0, -1).split("\n").map((line) => {
    const [, name, base64] = /^— ([^ ]+) ([^ ]+)$/.exec(line);
    const signed = bytes(base64);
    return { name, id: hex(signed.slice(0, 4)), time: signed.slice(4, -64), signature: signed.slice(-64) };
  });
  return { body, signatures };
}

/** The key's first signature, if there is one. All must fit. */
async function signatureOf(note, key, timeBytes) {
  const [name, id, ...base64] = key.split("+");
  const raw = bytes(base64.join("+")).slice(1);
  const known = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  const found = note.signatures.filter((line) => line.name === name && line.id === id);
  for (const line of found) {
    const prefix = timeBytes ? `cosignature/v1\ntime ${number(line.time)}\n` : "";
    const signed = new TextEncoder().encode(prefix + note.body);
    const fits = await crypto.subtle.verify("Ed25519", known, line.signature, signed);
    check(fits && line.time.length === timeBytes, "why-signature", { name });
  }
  return found[0];
}

async function cosigned(note, { witnesses, required, zone }) {
  const seen = [];
  for (const [name, key] of witnesses) {
    const line = await signatureOf(note, key, 8);
    if (!line) continue;
    const time = new Date(Number(number(line.time)) * 1000);
    seen.push({ name, time: told(time, zone) });
  }
  check(seen.length >= required, "why-few", { count: seen.length, required });
  return seen;
}

/** What the proof shows: a message, its values, the witnesses. */
async function proven(id, data) {
  const { proof, log, witnesses, required } = data;
  const [head, extra, indexed, hashes] =
    /^c2sp.org\/tlog-proof@v1\nextra (.+)\nindex (\d+)\n((?:.+\n)*)\n/.exec(proof);
  const note = parseNote(proof.slice(head.length));
  const [, origin, size, root] = /^(.+)\n(\d+)\n(.+)\n$/.exec(note.body);
  const all = bytes(extra);
  const [leaf, tracker, rest] = [all.slice(0, 79), all.slice(79, 95), all.slice(99)];
  const path = Array.from({ length: rest.length / 32 }, (_, at) => rest.slice(32 * at, 32 * at + 32));
  const [partition, frame, votes] = [[1, 3], [3, 11], [43, 47]].map(([from, to]) => number(leaf.slice(from, to)));
  const [index, frames] = [indexed, size].map(BigInt);
  const symbols = number(tracker).toString(32).padStart(26, "0").replace(/./g, (digit) => SYMBOLS[parseInt(digit, 32)]);
  check(leaf[0] === 1 && all.length === 99 + 32 * path.length);
  check(id === `${partition}-${frame}-${symbols}` && index + 1n === frame, "why-other");
  check(origin === log.split("+")[0] && origin.endsWith(`/${partition}`), "why-other");
  check(await included(tracker, number(all.slice(95, 99)), votes, path, leaf.slice(47)), "why-vote");
  const above = hashes.split("\n").slice(0, -1).map(bytes);
  check(await included(leaf, index, frames, above, bytes(root)), "why-frame");
  check(await signatureOf(note, log, 0), "why-log");
  const seen = await cosigned(note, data);
  return ["proof-checked", { frame, frames, count: seen.length, all: witnesses.length, required }, seen];
}

async function promised(id, { proof, log }) {
  const note = parseNote(proof);
  const [, origin, receipt] = /^scrutin-promise\/v1\n(.+)\n(.+)\n.+\n$/.exec(note.body);
  check(origin === log.split("+")[0] && receipt === id, "why-other");
  check(await signatureOf(note, log, 0), "why-log");
  return ["promise-checked", { frame: id.split("-")[1] }, []];
}

/** Says what it checked in place of the server. */
export async function checkProof(root) {
  const part = root.querySelector("[data-proof]");
  if (!part) return;
  const said = part.querySelector(".said");
  const line = (id, values) => make("p", {}, text(id, values));
  if (!globalThis.crypto?.subtle) return said.append(line("proof-none"));
  const data = JSON.parse(part.querySelector("[data-checked]").textContent);
  const id = root.querySelector("#id").textContent.trim();
  const tell = (result, ...words) => {
    said.dataset.said = result;
    said.replaceChildren(...words);
  };
  try {
    const isPromise = data.proof.startsWith("scrutin-promise/");
    const [words, values, seen] = await (isPromise ? promised : proven)(id, data);
    const names = seen.map((by) => make("li", {}, text("proof-seen", by)));
    tell("held", line(words, values), make("ul", {}, ...names));
  } catch ({ name, message, values }) {
    // Signatures come last: all else holds.
    if (name === "NotSupportedError") return tell("partly", line("proof-unsigned"));
    const why = text(message.startsWith("why-") ? message : "why-form", values);
    tell("refused", line("proof-refused", { why }));
  }
}
