// Steps of voting as a person takes them, for the tests of flows.

/** Marks a law's answer and goes on to the review. */
export async function markLaw(page, url, words, lang, { answer = "answer-oui", ballot = "L2025-002" } = {}) {
  await page.goto(`${url}/ballots/${ballot}?lang=${lang}`);
  await page.getByText(words[answer], { exact: true }).click();
  await page.getByRole("button", { name: words["mark-continue"] }).click();
}

/** Types NAS and code; the last digit of the NAS tells the preview what to answer. */
export async function identify(page, nas, code = "abcd-ef12") {
  // Modules run before the load event: typing starts when the page is as the voter will have it.
  await page.waitForLoadState("load");
  await page.locator("#nas").pressSequentially(nas);
  await page.locator("#code").pressSequentially(code);
}

export const cast = (page, words) => page.getByRole("button", { name: words["review-cast"] }).click();

/** Returns when the receipt stands there; its address never names the choice. */
export async function receipt(page, words) {
  await page.getByRole("heading", { level: 1, name: words["receipt-title"] }).waitFor();
}

/** A NAS that votes once: nine digits that end in 0, 8 or 9, never the same twice. */
let count = 0;
export function fresh() {
  count += 1;
  return `${String(10_000_000 + count)}8`;
}
