// NAS, code and choice rest nowhere in the browser, and headers say so.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./chromium.js";
import { startPreview, words as wordsOf } from "./surfaces.js";
import { cast, fresh, identify, markLaw, receipt } from "./voting.js";

const CODE = "QRSTUVWX";

let preview, browser, url, say;
before(async () => {
  preview = await startPreview();
  url = preview.urls.voter;
  browser = await launch();
  say = await wordsOf("fr");
});
after(async () => {
  await browser?.close();
  preview?.stop();
});

for (const javaScriptEnabled of [true, false]) {
  test(`NAS and code stand in one request body only (scripts ${javaScriptEnabled})`, async () => {
    const { page, context, close } = await open(browser, { javaScriptEnabled });
    const nas = fresh();
    const spaced = nas.replace(/(...)(?=.)/g, "$1 ");
    const holds = (text) => [nas, spaced, CODE].some((secret) => decodeURIComponent(text).includes(secret));
    const bodies = [];
    const leaks = [];
    page.on("request", (request) => {
      if (holds(request.url())) leaks.push(`URL ${request.url()}`);
      const body = request.postData() ?? "";
      if (holds(body.replaceAll("+", " ").replaceAll("-", ""))) bodies.push(new URL(request.url()).pathname);
      if (/vote=|candidate=/.test(request.url())) leaks.push(`choice in ${request.url()}`);
    });
    page.on("response", async (response) => {
      const text = await response.text().catch(() => "");
      if (text.includes(nas) || text.includes(spaced) || text.includes(CODE)) leaks.push(`answer of ${response.url()}`);
    });
    await markLaw(page, url, say, "fr");
    await identify(page, nas, CODE);
    await cast(page, say);
    await receipt(page, say);
    assert.deepEqual(bodies, ["/ballots/L2025-002/cast"]);
    assert.deepEqual(leaks, []);
    assert.deepEqual(await context.cookies(), []);
    if (javaScriptEnabled) {
      const kept = await page.evaluate(async () => [
        localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length,
      ]);
      assert.deepEqual(kept, [0, 0, 0, 0]);
    }
    await close();
  });

  test(`the back button brings no NAS or code back (scripts ${javaScriptEnabled})`, async () => {
    const { page, close } = await open(browser, { javaScriptEnabled });
    await markLaw(page, url, say, "fr");
    await identify(page, "046454282", CODE);
    await page.getByRole("button", { name: say["review-change"] }).click();
    await page.waitForURL(/ballots\/L2025-002\?/);
    await page.goBack().catch(() => {});
    const field = page.locator("#nas");
    if (await field.count() > 0) assert.equal(await field.inputValue(), "");
    await close();
  });
}

test("headers forbid storing, framing, inline code and other origins", async () => {
  const answer = await fetch(`${url}/ballots/L2025-001?lang=fr`);
  const policy = answer.headers.get("content-security-policy");
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("referrer-policy"), "same-origin");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal(answer.headers.get("set-cookie"), null);
  const embed = await fetch(`${preview.urls.results}/embed/ballots/L2025-002`);
  assert.match(embed.headers.get("content-security-policy"), /frame-ancestors \*/);
});

test("an inline script would be refused: the policy is in force", async () => {
  const { page, close, forgive } = await open(browser);
  await page.goto(`${url}/?lang=fr`);
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = true";
    document.body.append(script);
    return globalThis.ran === true;
  });
  assert.equal(ran, false);
  forgive(/Content Security Policy/);
  await close();
});
