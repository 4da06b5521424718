// A marked ballot does not come back by the back button: on a shared computer the next person would
// see the choice. The forms ask browsers not to keep it; a page that was kept whole is fetched anew, by its address
// alone: loading it again would send the form again that led to it, with the choice.

window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.replace(location.pathname + location.search);
});
