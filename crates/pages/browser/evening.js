// The invented evening of `make night`, which stands still and goes where a test says.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const NIGHT = process.env.SCRUTIN_NIGHT ?? "../../../target/debug/examples/night";
/** The tally shows results that are that much younger than its count. */
const FRESH_MS = 300;

/** Starts it: `url` is that of the results, `goTo` a percentage of the evening. */
export async function startNight() {
  const ports = ["--listen", "127.0.0.1:0", "--internal", "127.0.0.1:0"];
  const child = spawn(NIGHT, ["--moments", ...ports], { stdio: ["pipe", "pipe", "inherit"] });
  const failed = new Promise((_, reject) => child.once("error", reject));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error("the evening ended");
    return value;
  };
  const url = /http:\/\/[\d.:]+/.exec(await line())?.[0];
  await line();
  await line();
  return {
    url,
    async goTo(percent) {
      child.stdin.write(`${percent}\n`);
      const answer = await line();
      if (!answer.startsWith(`${percent} `)) throw new Error(answer);
      await new Promise((resolve) => setTimeout(resolve, FRESH_MS));
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
