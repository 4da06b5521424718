// The receipt's proof, checked by the page's own module: what holds, what does not, and what a browser cannot do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, inspect, launch, open } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { cast, fresh, identify, markLaw, receipt } from "./voting.js";

const RECEIPT = "0-1234-0123456789abcdefghjkmnpqrs";
const LOG = "scrutin.example/example/0";

let preview, browser, url;
before(async () => {
  preview = await startPreview();
  url = preview.urls.voter;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

/** The words of a message whose values are not known: a pattern. */
const like = (message, values = {}) => new RegExp(message
  .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  .replace(/%(\w+)%/g, (_, name) => values[name] ?? ".+"));

/** Looks the receipt up. `alter` changes the data that the server gives to the module. */
async function look(page, say, lang, alter = null, id = RECEIPT) {
  if (alter) {
    await page.route("**/receipts?*", async (route) => {
      const response = await route.fetch();
      const [, json] = /data-checked>(.*?)<\/script>/.exec(await response.text()) ?? [];
      const html = await response.text();
      if (!json) return route.fulfill({ response });
      const data = JSON.stringify(alter(JSON.parse(json)));
      return route.fulfill({ response, body: html.replace(json, () => data) });
    });
  }
  await page.goto(`${url}/receipts?lang=${lang}`);
  await page.locator("#id").fill(id);
  await page.getByRole("button", { name: say["check-button"] }).click();
  await receipt(page, say);
  const said = page.locator(".said");
  await page.locator(".said[data-said]").waitFor();
  return { said: (await said.textContent()).trim(), result: await said.getAttribute("data-said") };
}

/** One byte of the base 64 in a line changes, and the line stays base 64. */
const flip = (line) => line.replace(/([A-Za-z0-9+/])([A-Za-z0-9+/]{8}=*)$/, (_, one, rest) => (one === "A" ? "B" : "A") + rest);
const lines = (change) => (data) => {
  const all = data.proof.split("\n");
  change(all);
  return { ...data, proof: all.join("\n") };
};
/** Changes a byte of the receipt's part, which begins with the leaf. */
const extra = (at) => lines((all) => {
  const bytes = Buffer.from(all[1].slice(6), "base64");
  bytes[at] ^= 1;
  all[1] = `extra ${bytes.toString("base64")}`;
});
const from = (all, begin) => all.findIndex((line) => line.startsWith(begin));

/** What is changed, which words say so, and the name in them. */
const ALTERED = {
  "another tracker": [extra(79), "why-other"],
  "another partition": [extra(2), "why-other"],
  "another frame": [extra(10), "why-other"],
  "another place in the frame": [extra(98), "why-vote"],
  "a hash of the frame": [extra(110), "why-vote"],
  "the root of the frame": [extra(60), "why-vote"],
  "the link of the frame": [extra(20), "why-frame"],
  "a hash of the path": [lines((all) => { all[4] = flip(all[4]); }), "why-frame"],
  "a hash less": [lines((all) => all.splice(4, 1)), "why-frame"],
  "a hash more": [lines((all) => all.splice(4, 0, all[4])), "why-frame"],
  "the root": [lines((all) => { const at = from(all, LOG) + 2; all[at] = flip(all[at]); }), "why-frame"],
  "the size": [lines((all) => { all[from(all, LOG) + 1] = "1301"; }), "why-signature", LOG],
  "another index": [lines((all) => { all[2] = "index 1234"; }), "why-other"],
  "the log's signature": [lines((all) => { const at = from(all, `— ${LOG}`); all[at] = flip(all[at]); }), "why-signature", LOG],
  "no signature of the log": [lines((all) => all.splice(from(all, `— ${LOG}`), 1)), "why-log"],
  "a witness's signature": [lines((all) => { const at = from(all, "— witness"); all[at] = flip(all[at]); }), "why-signature", "witness.example/11"],
  "one witness less": [lines((all) => all.splice(from(all, "— witness"), 1)), "why-few"],
  "the log of others": [(data) => ({ ...data, log: data.log.replace("/example/0", "/example/1") }), "why-other"],
  "the key of others": [(data) => ({ ...data, log: data.log.replace(/\+[0-9a-f]{8}\+/, "+00000000+") }), "why-log"],
  "a line more": [lines((all) => all.push("more", "")), "why-form"],
  "bad base 64": [lines((all) => { all[4] = `*${all[4].slice(1)}`; }), "why-form"],
  "nothing": [(data) => ({ ...data, proof: "" }), "why-form"],
};

for (const lang of LANGUAGES) {
  const say = await wordsOf(lang);
  // Firefox's driver neither switches scripts off nor lets a test change the answer to a form.
  const check = (name, options, run, only = {}) => test(`${lang}: ${name}`, only, async () => {
    const watched = await open(browser, options);
    await run(watched.page, watched);
    await watched.close();
  });

  check("a good proof is verified", { viewport: { width: 320, height: 640 } }, async (page) => {
    const { said, result } = await look(page, say, lang);
    assert.equal(result, "held");
    assert.match(said, like(say["script-proof-checked"], { frame: "1234", frames: "1300", count: "2", all: "3", required: "2" }));
    assert.deepEqual((await page.locator(".said li").allTextContents()).map((line) => line.split(",")[0]), ["paper", "party"]);
    assert.equal(await page.locator(".said").getAttribute("role"), "status");
    const zone = lang === "fr" ? "heure de l’Est" : "Eastern Time";
    for (const line of await page.locator(".said li").allTextContents()) assert.ok(line.includes(zone), line);
    await inspect(page, `proof-held-${lang}`);
  });

  check("without scripts the server's words stand, and the file can be saved", { javaScriptEnabled: false }, async (page) => {
    await page.goto(`${url}/receipts?lang=${lang}`);
    await page.locator("#id").fill(RECEIPT);
    await page.getByRole("button", { name: say["check-button"] }).click();
    const words = say["proof-checked"].replace("{ $count }", "2").replace("{ $all }", "3");
    assert.ok(await page.getByText(words).isVisible());
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: say["proof-save"], exact: true }).click();
    assert.equal((await download).suggestedFilename(), "receipt.tlog-proof");
    assert.ok(!(await download).url().includes(RECEIPT), "no address holds the receipt");
  }, CHROMIUM_ONLY);

  check("a promise right after the vote, in place of the review", {}, async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
    await page.locator(".said[data-said=held]").waitFor();
    assert.match(await page.locator(".said").textContent(), like(say["script-promise-checked"], { frame: "1234" }));
    await inspect(page, `proof-promise-${lang}`);
    await page.getByRole("button", { name: say["proof-ask"] }).click();
    await page.getByText(like(say["script-proof-checked"])).waitFor();
  });

  for (const [name, [alter, why, signer]] of Object.entries(ALTERED)) {
    check(`refused: ${name}`, {}, async (page) => {
      const { said, result } = await look(page, say, lang, alter);
      assert.equal(result, "refused", said);
      const reason = say[`script-${why}`].replace("%name%", signer).replace("%count%", "1").replace("%required%", "2");
      assert.equal(said, say["script-proof-refused"].replace("%why%", reason));
      if (name === "another tracker") await inspect(page, `proof-refused-${lang}`);
    }, CHROMIUM_ONLY);
  }
}

const say = await wordsOf("en");
/** A browser of before: it knows SHA-256 and no Ed25519. */
const withoutEd25519 = () => {
  const known = SubtleCrypto.prototype.importKey;
  SubtleCrypto.prototype.importKey = function importKey(format, key, algorithm, ...rest) {
    if (algorithm === "Ed25519") return Promise.reject(new DOMException("Unrecognized name.", "NotSupportedError"));
    return known.call(this, format, key, algorithm, ...rest);
  };
};

for (const [name, alter, result, words] of [
  ["what it can check", null, "partly", "script-proof-unsigned"],
  ["and still refuses a changed hash", extra(20), "refused", "script-proof-refused"],
]) {
  test(`a browser without Ed25519 says ${name}`, CHROMIUM_ONLY, async () => {
    const { page, close } = await open(browser);
    await page.addInitScript(withoutEd25519);
    const looked = await look(page, say, "en", alter);
    assert.equal(looked.result, result);
    assert.match(looked.said, like(say[words]));
    await inspect(page, `proof-${result}-without-ed25519`);
    await close();
  });
}

for (const frame of ["1", "1024", "1299", "1300"]) {
  test(`the proof of frame ${frame} of 1300 is verified`, async () => {
    const { page, close } = await open(browser);
    const id = RECEIPT.replace("1234", frame);
    const { said, result } = await look(page, say, "en", null, id);
    assert.equal(result, "held", said);
    assert.match(said, like(say["script-proof-checked"], { frame, frames: "1300", count: "2", all: "3", required: "2" }));
    await close();
  });
}

test("a promise that names another receipt, log or minute is refused", CHROMIUM_ONLY, async () => {
  for (const [alter, why, name] of [
    [(text) => text.replace("0-1234-", "0-1235-"), "why-other"],
    [(text) => text.replace("/example/0\n", "/example/1\n"), "why-other"],
    [(text) => text.replace(/:\d\dZ/, ":59Z"), "why-signature", LOG],
    [(text) => text.replace("/v1", "/v2"), "why-form"],
  ]) {
    const { page, close } = await open(browser);
    await page.route("**/cast?*", async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      const [, json] = /data-checked>(.*?)<\/script>/.exec(html);
      const data = JSON.parse(json);
      await route.fulfill({ response, body: html.replace(json, () => JSON.stringify({ ...data, proof: alter(data.proof) })) });
    });
    await markLaw(page, url, say, "en");
    await identify(page, fresh());
    await cast(page, say);
    await page.locator(".said[data-said]").waitFor();
    const said = await page.locator(".said").textContent();
    assert.equal(said, say["script-proof-refused"].replace("%why%", say[`script-${why}`].replace("%name%", name)));
    await close();
  }
});
