// A key that comes before what it speaks of is on the screen does nothing: it would decide on what nobody has read. It
// says so, in words of the page (data-early on #toasts), so that nobody takes silence for a verdict or presses on unheard.
const KEPT = "early-key";
const FRESH = 10_000; // milliseconds: an older stroke is no news any more
const SHOWN_FOR = 8000;

export function tellEarly() {
  const toasts = document.getElementById("toasts");
  if (!toasts?.dataset.early) return;
  const toast = document.createElement("div");
  toast.className = "toast toast-warn";
  toast.dataset.earlyKey = "";
  const text = document.createElement("p");
  text.className = "toast-text";
  text.textContent = toasts.dataset.early;
  toast.append(text);
  forgetEarly();
  toasts.append(toast); // a live region: what comes into it is told, each time anew
  setTimeout(() => toast.remove(), SHOWN_FOR);
}

// A key did something again.
export function forgetEarly() {
  document.querySelector("[data-early-key]")?.remove();
}

// The page is about to go: the next one says it.
export function keepEarly() {
  sessionStorage.setItem(KEPT, Date.now());
}

export function tellKeptEarly() {
  const at = Number(sessionStorage.getItem(KEPT));
  sessionStorage.removeItem(KEPT);
  if (Date.now() - at < FRESH) tellEarly();
}
