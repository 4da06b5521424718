// The page's own texts for its modules, and how they are filled in.

const element = document.getElementById("texts");
const texts = element ? JSON.parse(element.textContent) : {};

/** The text of that id, with %name% replaced from `values`. */
export function text(id, values = {}) {
  return (texts[id] ?? id).replace(/%(\w+)%/g, (whole, name) => values[name] ?? whole);
}

const ordinals = new Intl.PluralRules(document.documentElement.lang, { type: "ordinal" });

/** 1st, 2nd, … in the page's language. */
export function ordinal(n) {
  return text(`ordinal-${ordinals.select(n)}`, { n });
}

/** An element with attributes and children; text children are text, never HTML. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A time in the event's zone, which is named; as the browser likes it where it does not know the zone. */
export function told(time, zone) {
  const lang = `${document.documentElement.lang}-CA`;
  const day = { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" };
  try {
    return time.toLocaleString(lang, { ...day, timeZone: zone, timeZoneName: "longGeneric" });
  } catch {
    return time.toLocaleString(lang, { dateStyle: "long", timeStyle: "long" });
  }
}
