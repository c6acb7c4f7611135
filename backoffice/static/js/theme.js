// The theme, and what opens after a verdict, are switched without a page load: shown at once, and sent in the background so
// that the server knows it too.
export function switchThemes(root) {
  for (const form of root.querySelectorAll("form:is([data-preference='theme'], [data-preference='after_verdict'])")) {
    form.addEventListener("submit", async (event) => {
      const button = event.submitter;
      if (!button) return;
      event.preventDefault();
      if (button.name === "theme") document.documentElement.dataset.theme = button.value;
      for (const each of form.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
      const data = new FormData(form);
      data.set(button.name, button.value);
      // Should it fail, the theme holds for this page only; the next click tries again.
      await fetch(form.action, { method: "POST", body: new URLSearchParams(data), redirect: "manual" });
    });
  }
}
