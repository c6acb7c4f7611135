// data-drop on a file field: its whole form takes a dropped file, as the field itself does. A file that misses the form
// is not opened by the browser in place of the page.
export function takeDroppedFiles(root) {
  for (const field of root.querySelectorAll("input[type='file'][data-drop]")) takeInto(field);
}

function takeInto(field) {
  const zone = field.form;
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (over) => zone.classList.toggle("is-dropping", over);
  document.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    mark(zone.contains(event.target));
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) mark(false);
  });
  document.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    mark(false);
    if (!zone.contains(event.target) || event.dataTransfer.files.length === 0) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    field.files = one.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });
}
