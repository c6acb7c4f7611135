// data-copy="text": shows a copy button where the clipboard may be written, and says that it was.
import { announce } from "./announce.js";

export function offerCopying(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.classList.add("is-done");
      announce(button.dataset.copied);
      setTimeout(() => button.classList.remove("is-done"), 1500);
    });
  }
}
