// The real programs: rehearsal serve, which prepares an event and runs validator and tally.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Null where the programs are not built: SCRUTIN_REHEARSAL names `rehearsal` beside them. */
export async function startPrograms(voters = 200) {
  const program = process.env.SCRUTIN_REHEARSAL;
  if (!program) return null;
  const dir = await mkdtemp(join(tmpdir(), "scrutin-pages-"));
  const place = ["serve", "--voters", String(voters), "--dir", join(dir, "event")];
  const child = spawn(program, place, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const urls = {};
  let roll = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const address = (name) => new RegExp(`${name}\\s+(http://[\\d.:]+)`).exec(line)?.[1];
    urls.voter ??= address("validator");
    urls.internal ??= address("validator .*metrics");
    urls.resultsInternal ??= address("tally .*metrics");
    urls.results ??= address("tally");
    roll ??= /--roll (\S+)/.exec(line)?.[1];
    if (line.startsWith("Ctrl-C")) break;
  }
  if (!urls.voter || !roll) throw new Error("rehearsal serve did not say where it serves");
  return {
    urls,
    people: await readRoll(roll),
    async stop() {
      child.kill("SIGINT");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Synthetic voters: { nas, code, region }. */
async function readRoll(path) {
  const [head, ...rows] = (await readFile(path, "utf8")).trim().split(/\r?\n/);
  const names = head.toLowerCase().split(",");
  return rows.map((row) => {
    const values = row.split(",");
    return Object.fromEntries(names.map((name, at) => [name, values[at]]));
  });
}
