// data-print on a link or button: prints this page as it stands; without scripts the link leads to a page made for paper.
export function offerPrinting(root) {
  for (const control of root.querySelectorAll("[data-print]")) {
    control.hidden = false;
    control.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return; // the reader wants a new tab
      event.preventDefault();
      window.print();
    });
  }
}
