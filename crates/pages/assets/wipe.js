// A marked ballot does not come back by the back button: on a shared computer the next person would
// see the choice. The forms ask browsers not to keep it; a page that was kept whole is fetched anew.

window.addEventListener("pageshow", (event) => event.persisted && location.reload());
