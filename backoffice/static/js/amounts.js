// data-fill="id" data-value="12.30": puts the whole amount into the field instead of loading the page that does.
export function fillAmounts(root) {
  for (const control of root.querySelectorAll("[data-fill]")) {
    control.hidden = false;
    control.addEventListener("click", (event) => {
      const field = document.getElementById(control.dataset.fill);
      if (!field) return;
      event.preventDefault();
      field.value = control.dataset.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }
}
