// data-largest="bytes" data-too-large="sentence" data-take-out="label" on a file field: says at once what the server would
// say after minutes. The form waits until that file is taken out or another takes its place: sent without it, the
// request would go out as if none had been chosen.
export function weighFiles(root) {
  for (const field of root.querySelectorAll("input[type='file'][data-largest]")) weigh(field);
}

function weigh(field) {
  const told = document.createElement("p");
  told.className = "field-error";
  told.id = `${field.id}-weight`;
  told.setAttribute("role", "alert");
  const out = document.createElement("button");
  out.className = "button button-small";
  out.type = "button";
  out.textContent = field.dataset.takeOut;
  field.after(told, out);

  const before = Object.fromEntries(["aria-invalid", "aria-describedby"].map((name) => [name, field.getAttribute(name)]));
  const mark = (name, value) => (value === null ? field.removeAttribute(name) : field.setAttribute(name, value));
  const isTooLarge = () => [...field.files].some((file) => file.size > Number(field.dataset.largest));
  const say = () => {
    const heavy = isTooLarge();
    told.textContent = heavy ? field.dataset.tooLarge : "";
    out.hidden = !heavy;
    mark("aria-invalid", heavy ? "true" : before["aria-invalid"]);
    mark("aria-describedby", heavy ? [before["aria-describedby"], told.id].filter(Boolean).join(" ") : before["aria-describedby"]);
    return heavy;
  };
  field.addEventListener("change", say);
  out.addEventListener("click", () => {
    field.value = "";
    say();
    field.focus();
  });
  // An upload that cannot succeed is not begun.
  field.form.addEventListener("submit", (event) => {
    if (event.submitter?.formEnctype === "application/x-www-form-urlencoded" || !say()) return; // that sends no file
    event.preventDefault();
    field.focus();
  });
  say(); // a browser that goes back may bring the file along
}
