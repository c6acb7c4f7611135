// data-print: a button for what the browser's own menu does; print.css leaves the controls away.
export function offerPrinting(root) {
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
