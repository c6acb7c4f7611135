// A key that does nothing says why, so that nobody takes silence for a verdict or presses on unheard: it came before what it
// speaks of is on the screen (data-early on #toasts) and would decide on what nobody has read, or there is nothing to press.
const KEPT = "early-key";
const FRESH = 10_000; // milliseconds: an older stroke is no news any more
const SHOWN_FOR = 8000;

// In words of the page, in the live region: what comes into it is told, each time anew. Returns where they stand.
export function tellKey(words) {
  const toasts = document.getElementById("toasts");
  if (!toasts || !words) return null;
  const toast = document.createElement("div");
  toast.className = "toast toast-warn";
  toast.dataset.earlyKey = "";
  const text = document.createElement("p");
  text.className = "toast-text";
  text.textContent = words;
  toast.append(text);
  forgetEarly();
  toasts.append(toast);
  setTimeout(() => toast.remove(), SHOWN_FOR);
  return text;
}

export function tellEarly() {
  tellKey(document.getElementById("toasts")?.dataset.early);
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
