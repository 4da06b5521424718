// The receipt's two tools, which need scripts: print, and copy the number.

import { text } from "./texts.js";
import { checkProof } from "./proof.js";

/** Also used on the page that takes the place of the review after the vote was cast. */
export function enhanceReceipt(root) {
  checkProof(root);
  for (const tools of root.querySelectorAll(".tools")) tools.hidden = false;
  root.querySelector("[data-print]")?.addEventListener("click", () => window.print());
  const copy = root.querySelector("[data-copy]");
  if (!navigator.clipboard) copy?.remove();
  copy?.addEventListener("click", async () => {
    await navigator.clipboard.writeText(root.querySelector(`#${copy.dataset.copy}`).textContent.trim());
    root.querySelector("#copied").textContent = text("copied");
  });
}

enhanceReceipt(document);
