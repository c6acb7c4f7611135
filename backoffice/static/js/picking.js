// Rows that are chosen from a list: one box for all of the page, and a button that counts (data-picked holds its words).
export function pickRows(root) {
  for (const button of root.querySelectorAll("[data-picked]")) {
    const form = button.form;
    const boxes = [...form.querySelectorAll("input[name='number']")];
    const whole = form.querySelector("[data-pick-all]");
    const all = whole.querySelector("input");
    whole.hidden = false;
    const words = button.querySelector("span");
    const plain = words.textContent;
    const count = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      words.textContent = chosen ? button.dataset.picked.replace("{}", chosen) : plain;
      button.disabled = chosen === 0;
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      count();
    });
    form.addEventListener("change", count);
    count();
  }
}
