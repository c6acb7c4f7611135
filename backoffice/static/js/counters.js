// data-counter on a textarea with maxlength: shows how much room is left once it gets scarce. Screen readers hear it
// only near the end, so that typing is not talked over.
const SCARCE = 0.8;

export function countCharacters(root) {
  for (const area of root.querySelectorAll("textarea[data-counter][maxlength]")) {
    const counter = document.createElement("span");
    counter.className = "counter";
    counter.setAttribute("aria-live", "polite");
    area.after(counter);
    const show = () => {
      const used = [...area.value].length;
      const scarce = used >= area.maxLength * SCARCE;
      counter.textContent = scarce ? `${used} / ${area.maxLength}` : "";
      counter.classList.toggle("is-over", used >= area.maxLength);
    };
    area.addEventListener("input", show);
    show();
  }
}
