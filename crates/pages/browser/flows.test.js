// Each way through a vote, in both languages, with scripts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHROMIUM_ONLY, launch, open, inspect } from "./chromium.js";
import { LANGUAGES, startPreview, words as wordsOf } from "./surfaces.js";
import { cast, fresh, identify, markLaw, receipt } from "./voting.js";

const RECEIPT = "0-1234-0123456789abcdefghjkmnpqrs";

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

for (const lang of LANGUAGES) {
  const say = await wordsOf(lang);
  const narrow = lang === "fr" ? { viewport: { width: 320, height: 640 } } : {};
  const flow = (name, run, options = {}) => test(`${lang}: ${name}`, options, async () => {
    const watched = await open(browser, narrow);
    await run(watched.page, watched);
    await watched.close();
  });
  const heading = (page) => page.getByRole("heading", { level: 1 }).textContent();

  flow("a law, from the front page to the receipt", async (page) => {
    await page.goto(`${url}/?lang=${lang}`);
    await page.getByRole("link", { name: say["home-vote"] }).first().click();
    await page.getByText(say["answer-non"], { exact: true }).click();
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    await inspect(page, `flow-review-${lang}`);
    assert.ok(await page.getByText(say["state-not-cast"], { exact: true }).isVisible());
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
    assert.equal(await heading(page), say["receipt-title"]);
    assert.ok(await page.getByText(say["state-recorded"], { exact: true }).isVisible());
    assert.ok(await page.getByRole("button", { name: say["receipt-print"] }).isVisible());
    await inspect(page, `flow-receipt-${lang}`);
  });

  flow("a receipt on paper", async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.locator("#id").isVisible() && await page.locator(".qr").isVisible());
    assert.ok(!(await page.locator(".go").first().isVisible()));
    await inspect(page, `flow-receipt-print-${lang}`);
  }, CHROMIUM_ONLY);

  flow("a candidate of one's region", async (page) => {
    await page.goto(`${url}/ballots/E2025-QC?lang=${lang}`);
    await page.locator("#region").selectOption("1");
    await page.getByRole("button", { name: say["mark-region-show"] }).click();
    await page.getByText("B. Candidat-02").click();
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    assert.match(await page.locator(".chosen").textContent(), /B\. Candidat-02/);
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
  });

  flow("a ranking: add, move, remove, undo, clear", async (page) => {
    await page.goto(`${url}/ballots/E2025-RG?region=1&lang=${lang}`);
    const order = () => page.locator(".ranked [data-number]:not(button)")
      .evaluateAll((items) => items.map((item) => item.dataset.number));
    const press = (act, number) => page.locator(`button[data-act=${act}][data-number="${number}"]`).click();
    await press("add", 2);
    await press("add", 4);
    await press("add", 1);
    assert.deepEqual(await order(), ["2", "4", "1"]);
    await press("up", 1);
    assert.deepEqual(await order(), ["2", "1", "4"]);
    assert.match(await page.locator(".ranker [role=status]").textContent(), /A\. Candidat-01.*2/);
    await press("remove", 2);
    assert.deepEqual(await order(), ["1", "4"]);
    await page.getByRole("button", { name: say["rank-undo"] }).click();
    assert.deepEqual(await order(), ["2", "1", "4"]);
    await inspect(page, `flow-ranking-${lang}`);
    await page.getByRole("button", { name: say["rank-clear"] }).click();
    assert.deepEqual(await order(), []);
    await page.getByRole("button", { name: say["rank-undo"] }).click();
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    const chosen = await page.locator(".chosen li strong").allTextContents();
    assert.deepEqual(chosen, ["B. Candidat-02", "A. Candidat-01", "D. Candidat-04"]);
    await inspect(page, `flow-review-ranking-${lang}`);
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
  });

  flow("nothing marked is said, and focus goes there", async (page) => {
    await page.goto(`${url}/ballots/E2025-RG?region=1&lang=${lang}`);
    await page.getByRole("button", { name: say["mark-continue"] }).click();
    const link = page.getByRole("alert").getByRole("link", { name: say["fault-nothing"] });
    assert.equal(await link.getAttribute("href"), "#choice");
    await inspect(page, `flow-nothing-marked-${lang}`);
  });

  for (const [name, nas, title] of [
    ["duplicate", "046454282", "end-duplicate-title"],
    ["unknown", "046454281", "review-retry-title"],
    ["too-many-tries", "046454284", "end-tries-title"],
    ["closed-meanwhile", "046454286", "end-closed-title"],
  ]) {
    flow(`the end "${name}"`, async (page) => {
      await markLaw(page, url, say, lang, { answer: "answer-blanc" });
      await identify(page, nas);
      await cast(page, say);
      await page.getByRole("heading", { level: 1, name: say[title] }).waitFor();
      assert.ok((await page.title()).includes(say[title]));
      const focused = await page.evaluate(() => document.activeElement.matches("[data-focus]"));
      assert.ok(focused, "focus goes to what happened");
      const fields = await page.locator("#nas, #code").evaluateAll((all) => all.map((f) => f.value));
      assert.ok(fields.every((value) => value === ""), "fields come back empty");
      await inspect(page, `end-${name}-${lang}`);
      if (await page.locator("#other-language").count() === 0) return;
      await page.locator(".switch").click();
      const read = await page.evaluate(() => [document.activeElement.id, document.activeElement.lang]);
      assert.deepEqual(read, ["other-language", lang === "fr" ? "en" : "fr"], "the same is read in the other language");
    });
  }

  flow("a busy server: the same vote is sent again by itself", async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, `${String(20_000_000 + (lang === "fr" ? 1 : 2))}5`);
    await cast(page, say);
    await page.getByText(say["script-busy-title"]).waitFor();
    await inspect(page, `flow-busy-${lang}`);
    await receipt(page, say);
    assert.equal(await heading(page), say["receipt-title"]);
  });

  flow("sending can be stopped, and says that nothing is sure", async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, "046454287");
    await cast(page, say);
    await page.getByRole("button", { name: say["script-stop"] }).click();
    await page.getByText(say["script-stopped-title"]).waitFor();
    await inspect(page, `flow-stopped-${lang}`);
  });

  flow("offline: waits, and goes on when the connection is back", async (page, { context, forgive }) => {
    await markLaw(page, url, say, lang);
    await identify(page, fresh());
    await context.setOffline(true);
    await cast(page, say);
    await page.getByText(say["script-offline-title"]).waitFor();
    await inspect(page, `flow-offline-${lang}`);
    await context.setOffline(false);
    await page.getByRole("button", { name: say["script-now"] }).click({ timeout: 2000 }).catch(() => {});
    await receipt(page, say);
    forgive(/ERR_INTERNET_DISCONNECTED/);
  });

  flow("an answer that got lost: the same form again has the receipt", async (page, { forgive }) => {
    await markLaw(page, url, say, lang);
    await identify(page, fresh());
    let lost = 0;
    await page.route("**/cast?*", async (route) => {
      if (lost > 0) return route.continue();
      lost += 1;
      // The vote arrives, its answer does not.
      await route.fetch();
      return route.abort("connectionreset");
    });
    await cast(page, say);
    await receipt(page, say);
    await inspect(page, `flow-answer-lost-${lang}`);
    forgive(/ERR_CONNECTION_RESET/);
  }, CHROMIUM_ONLY);

  flow("after the receipt, nothing of the vote comes back", async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, fresh());
    await cast(page, say);
    await receipt(page, say);
    assert.ok(await page.getByText(say["receipt-close"]).isVisible());
    assert.match(page.url(), /\/receipts\?lang=/);
    await page.reload();
    assert.equal(await heading(page), say["check-title"], "a reload sends nothing again");
    await page.goBack();
    await page.locator("input[type=radio]").first().waitFor();
    assert.equal(await page.locator("input[type=radio]:checked").count(), 0, "no choice is ticked");
  });

  flow("tries that are left are told", async (page) => {
    await markLaw(page, url, say, lang);
    await identify(page, "046454281");
    await cast(page, say);
    await page.locator("#tries").waitFor();
    assert.match(await page.locator("#tries").textContent(), /3/);
  });

  flow("help while typing: groups, Luhn and the code's check character", async (page) => {
    await markLaw(page, url, say, lang);
    await page.locator("#nas").pressSequentially("046454287");
    assert.equal(await page.locator("#nas").inputValue(), "046 454 287");
    // Minted code 0000-0000-0000-0000-1 with a wrong check character.
    await page.locator("#code").pressSequentially("00000000000000001");
    assert.equal(await page.locator("#code").inputValue(), "0000-0000-0000-0000-1");
    assert.equal(await page.locator("#nas-advice").textContent(), say["script-nas-check"]);
    await page.locator("#nas").focus();
    assert.equal(await page.locator("#code-advice").textContent(), say["script-code-check"]);
    await inspect(page, `flow-advice-${lang}`);
    await page.locator("#nas").fill("");
    await page.locator("#nas").pressSequentially("046454286");
    await page.locator("#code").fill("");
    await page.locator("#code").pressSequentially("ooooooooooooooooo");
    await page.locator("#nas").focus();
    assert.ok(!(await page.locator("#nas-advice").isVisible()));
    assert.ok(!(await page.locator("#code-advice").isVisible()), "look-alikes are folded");
  });

  flow("a receipt is checked, also in the other language, and is in no address", async (page) => {
    await page.goto(`${url}/receipts?lang=${lang}`);
    const asked = async (id) => {
      await page.locator("#id").fill(id);
      await page.getByRole("button", { name: say["check-button"] }).click();
    };
    for (const [id, message] of [["abc", "check-malformed"], ["0-9-x", "check-unknown"]]) {
      await asked(id);
      assert.equal(await page.locator("#id-fault").textContent(), say[message]);
      await inspect(page, `flow-${message}-${lang}`);
    }
    await asked(RECEIPT);
    assert.equal(await heading(page), say["receipt-title"]);
    await inspect(page, `flow-receipt-checked-${lang}`);
    await page.locator("button.switch").click();
    assert.notEqual(await page.locator("html").getAttribute("lang"), lang);
    assert.ok((await page.locator("main").textContent()).includes(RECEIPT));
    assert.ok(!page.url().includes(RECEIPT));
  });
}
