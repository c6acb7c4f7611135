// Good news leaves by itself after a while, but never while it is pointed at or focused; everything else stays until
// it is dismissed (WCAG 2.2.1). data-toast-seconds: it offers something for so long, and says so at once.
import { announce } from "./announce.js";

const SHOWN_FOR = 8000;

export function dismissToasts(root) {
  for (const toast of root.querySelectorAll("[data-toast]")) {
    const close = toast.querySelector("[data-dismiss]");
    close.hidden = false;
    close.addEventListener("click", () => toast.remove());
    if (toast.classList.contains("toast-good")) leaveLater(toast, offered(toast) ?? SHOWN_FOR);
    // What stood there before the page was read is not told by itself.
    announce(toast.querySelector(".toast-text").textContent.trim());
  }
}

function offered(toast) {
  const seconds = Number(toast.dataset.toastSeconds);
  if (!seconds) return undefined;
  // What cannot be taken back any more is not offered.
  setTimeout(() => toast.querySelector("form")?.remove(), seconds * 1000);
  return seconds * 1000;
}

function leaveLater(toast, after) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast, SHOWN_FOR);
    else toast.remove();
  }, after);
}
