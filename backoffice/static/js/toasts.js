// Good news leaves by itself after a while, but never while it is pointed at or focused; everything else stays until
// it is dismissed (WCAG 2.2.1). data-toast-seconds: it offers something for so long, and says so at once; data-offer names
// what, so that it is said once and not on every page. data-tell: a result in the page itself, said like a message.
// data-no-undo: what the key of the offer says where there is none, or none of what was done last.
import { announce } from "./announce.js";
import { tellKey } from "./early.js";
import { onKey, pressable } from "./shortcuts.js";

const SHOWN_FOR = 8000;
const TOLD = "told-offers";

export function dismissToasts(root) {
  const news = [...root.querySelectorAll("[data-tell]")].map((one) => one.textContent);
  for (const toast of root.querySelectorAll("[data-toast]")) {
    const close = toast.querySelector("[data-dismiss]");
    close.hidden = false;
    close.addEventListener("click", () => dismiss(toast));
    if (toast.classList.contains("toast-good")) leaveLater(toast, offered(toast) ?? SHOWN_FOR);
    if (!wasTold(toast.dataset.offer)) news.push(toast.querySelector(".toast-text").textContent);
  }
  // What stood there before the page was read is not told by itself.
  if (news.length) announce(news.map((text) => text.trim().replace(/\s+/g, " ")).join(" "));
  const refusal = root.querySelector("[data-no-undo]");
  if (refusal) onKey("z", () => !pressable("z") && tellKey(refusal.dataset.noUndo) !== null);
}

function wasTold(offer) {
  if (!offer) return false;
  const told = JSON.parse(sessionStorage.getItem(TOLD) ?? "[]");
  sessionStorage.setItem(TOLD, JSON.stringify([...told.filter((one) => one !== offer), offer].slice(-9)));
  return told.includes(offer);
}

// Whoever does not want to see an offer can still take it: its key works as long as its time.
function dismiss(toast) {
  const button = toast.querySelector("form [data-key]");
  if (!button) {
    toast.remove();
    return;
  }
  toast.hidden = true;
  button.dataset.keyAnywhere = "";
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
