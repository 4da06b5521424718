// In a newsroom's frame: tells the page around it how high the content is, and tells it again when that changes.
//
// Any page may hear it, and it is a number and nothing else: whoever frames the view knows already which one it is,
// and its figures are everybody's.

const tell = () => {
  const { bottom } = document.body.getBoundingClientRect();
  window.parent.postMessage(Math.ceil(bottom + window.scrollY), "*");
};

if (window.parent !== window) {
  new ResizeObserver(tell).observe(document.body);
  window.addEventListener("message", ({ source, data }) => {
    if (source === window.parent && data === "height") tell();
  });
}
