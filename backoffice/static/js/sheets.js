// data-source="address" on a dialog: its content, what that page marks with data-part, is fetched when it is first opened.
export function fillSheets(root, upgrade) {
  for (const trigger of root.querySelectorAll("[data-dialog]")) {
    const dialog = document.getElementById(trigger.dataset.dialog);
    if (dialog?.dataset.source) trigger.addEventListener("click", () => fill(dialog, upgrade));
  }
}

async function fill(dialog, upgrade) {
  const place = dialog.querySelector("[data-source-here]");
  if (place.childElementCount) return;
  const answer = await fetch(dialog.dataset.source, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.querySelector("[data-part]");
  if (!part) {
    location.assign(dialog.dataset.source);
    return;
  }
  // A choice made in the dialog leads back to this page, not to the sheet's own.
  for (const field of part.querySelectorAll("input[name='next']")) field.value = location.pathname + location.search;
  place.replaceChildren(part);
  upgrade(place);
}
