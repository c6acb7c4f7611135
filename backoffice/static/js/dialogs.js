// data-dialog="id" on a link: opens the dialog with the same form instead of going to its page.
// data-dialog-close on a link inside: closes it and gives the focus back.
export function openDialogs(root) {
  for (const trigger of root.querySelectorAll("[data-dialog]")) {
    const dialog = document.getElementById(trigger.dataset.dialog);
    if (!dialog?.showModal) continue;
    trigger.setAttribute("aria-haspopup", "dialog");
    trigger.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return; // the reader wants a new tab
      event.preventDefault();
      dialog.showModal();
    });
    // The browser gives the focus back to where it was; only where that is gone, the opener or its menu's button gets it.
    dialog.addEventListener("close", () => {
      if (document.activeElement !== document.body) return;
      const menu = trigger.closest("[popover]")?.id;
      (trigger.checkVisibility() || !menu ? trigger : document.querySelector(`[popovertarget="${menu}"]`))?.focus();
    });
  }
  for (const closer of root.querySelectorAll("dialog [data-dialog-close]")) {
    closer.addEventListener("click", (event) => {
      event.preventDefault();
      closer.closest("dialog").close();
    });
  }
  // A form that came back with errors reopens the dialog it was sent from.
  root.querySelector("dialog:has([aria-invalid='true'])")?.showModal();
}
