// For a newsroom's own page, at an address that stays: gives each frame of results the height of its content.
// Without this script, frames keep the height that they are written with.

(() => {
  const { origin } = new URL(document.currentScript.src);
  const HEIGHT_MAX = 20_000;
  const frames = () => document.querySelectorAll("iframe");

  // From our own site, from a frame of this page, and a number: nothing else that a message may say is heeded.
  window.addEventListener("message", (message) => {
    const height = message.data;
    if (message.origin !== origin || !Number.isInteger(height) || height < 1) return;
    for (const frame of frames()) {
      if (frame.contentWindow === message.source) frame.height = Math.min(height, HEIGHT_MAX);
    }
  });

  // Frames that were there first have told their height already: they tell it again.
  for (const frame of frames()) {
    if (frame.src.startsWith(`${origin}/`)) frame.contentWindow?.postMessage("height", "*");
  }
})();
