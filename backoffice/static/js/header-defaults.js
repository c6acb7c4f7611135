// data-defaults="id" on the select of headers: what the chosen header has as its own address, copies and remarks takes
// the place of the former one's, where nobody has typed anything else. The server does the same in the next step.
const NAMES = ["email", "copies", "remarks"];

export function followHeader(root) {
  for (const select of root.querySelectorAll("select[data-defaults]")) {
    const of = document.getElementById(select.dataset.defaults);
    const option = (value) => [...select.options].find((each) => each.value === value);
    select.addEventListener("change", () => {
      const [former, chosen] = [option(of.value), option(select.value)];
      if (!chosen?.value) return;
      for (const name of NAMES) {
        const field = select.form.elements[name];
        if (field.value.trim() === (former?.dataset[name] ?? "").trim()) field.value = chosen.dataset[name] ?? "";
      }
      of.value = select.value;
      select.form.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}
