// The newer version of a page from the one that is here and what the server says has changed.

/** FNV-1a over a text's UTF-16 code units, as the server computes it. */
function checkOf(text) {
  let sum = 2166136261;
  for (let at = 0; at < text.length; at += 1) sum = Math.imul(sum ^ text.charCodeAt(at), 16777619);
  return sum >>> 0;
}

/** The newer text; null where it is not the one that the server meant. */
export function apply(old, { length, check, steps }) {
  const parts = [];
  let at = 0;
  for (let step = 0; step < steps.length; step += 3) {
    const from = at + steps[step];
    at = from + steps[step + 1];
    parts.push(old.slice(from, at), steps[step + 2]);
  }
  const text = parts.join("");
  return text.length === length && checkOf(text) === check ? text : null;
}
