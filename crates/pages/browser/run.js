// Runs the tests: all of them in Chromium, the voter's and the results' flows also in Firefox. The end of what
// it prints says in which browsers, with the figures that were measured.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { SHOTS } from "./chromium.js";

const FIREFOX = process.env.SCRUTIN_FIREFOX ?? "/usr/bin/firefox-esr";
const CHROMIUM = process.env.SCRUTIN_CHROMIUM ?? "/usr/bin/chromium";
const IN_FIREFOX = ["flows.test.js", "plain.test.js", "proofs.test.js", "results.test.js"];

const version = (program) => spawnSync(program, ["--version"], { encoding: "utf8" }).stdout.trim();
const run = (browser, files) => spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], {
  stdio: "inherit", env: { ...process.env, SCRUTIN_BROWSER: browser },
}).status === 0;

const said = [];
function tested(browser, program, files) {
  const passed = run(browser, files);
  said.push(`${passed ? "passed" : "FAILED"} in ${version(program)}: ${files.length > 0 ? files.join(", ") : "every test"}`);
  return passed;
}

let passed = tested("chromium", CHROMIUM, []);
if (existsSync(FIREFOX)) passed = tested("firefox", FIREFOX, IN_FIREFOX) && passed;
else said.push(`NOT TESTED IN FIREFOX: ${FIREFOX} is missing. Remedy: apt-get install firefox-esr.`);

const figures = `${SHOTS}/weights.txt`;
if (existsSync(figures)) console.log(`\n${readFileSync(figures, "utf8").trimEnd()}`);
console.log(`\n${said.join("\n")}`);
process.exitCode = passed ? 0 : 1;
