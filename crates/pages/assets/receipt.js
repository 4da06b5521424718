// The receipt's two tools, which need scripts: print, and copy the number.

import { text } from "./texts.js";

for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
const copy = document.querySelector("[data-copy]");
if (!navigator.clipboard) copy?.remove();
copy?.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent.trim());
  document.getElementById("copied").textContent = text("copied");
});
