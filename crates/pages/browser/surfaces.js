// Where the pages are served: the preview, started here with its own free ports.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const PREVIEW = process.env.SCRUTIN_PREVIEW ?? "../../../target/debug/examples/preview";

/** Starts the preview; `urls` are { voter, results, province, monitor }. */
export async function startPreview() {
  const preview = spawn(PREVIEW, ["0"], { stdio: ["ignore", "pipe", "inherit"] });
  const failed = new Promise((_, reject) => preview.once("error", reject));
  const lines = createInterface({ input: preview.stdout })[Symbol.asyncIterator]();
  const { value } = await Promise.race([lines.next(), failed]);
  return { urls: JSON.parse(value), stop: () => preview.kill() };
}

export const LANGUAGES = ["fr", "en"];

/** The words by which tests find their way, from the message files themselves. */
export async function words(lang) {
  const { readFile } = await import("node:fs/promises");
  const found = {};
  for (const file of ["page", "voter", "results", "monitor"]) {
    const text = await readFile(new URL(`../messages/${lang}/${file}.ftl`, import.meta.url), "utf8");
    for (const line of text.split("\n")) {
      const match = /^([a-z][a-z0-9-]*) = (.+)$/.exec(line);
      if (match) found[match[1]] = match[2];
    }
  }
  return found;
}
