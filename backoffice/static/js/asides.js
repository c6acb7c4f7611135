// Buttons that belong to the page's long form, so that without scripts what was typed is not lost, go back to the form they
// stand in: with scripts keep.js keeps what was typed, and other modules listen to the forms as they stand. Except for Sign out,
// with which the tab forgets everything: what was typed goes to the server, where it waits for its writer alone.
// data-joined: a field or button of another form that was joined to the long one for the same reason. The field's text still
// goes along with the long one, as it does without scripts.
import { SENT, named, person } from "./kept.js";

export function takeAsidesBack(root) {
  for (const button of root.querySelectorAll("form:not(.form, [data-sign-out]) button[form][formaction]")) {
    release(button);
  }
  for (const one of root.querySelectorAll("[data-joined]")) {
    if (one.matches("textarea")) takeAlong(one, root.querySelector(`#${CSS.escape(one.getAttribute("form"))}`));
    release(one);
  }
}

// Once the long form is accepted the tab keeps this text no more: see keep.js.
function takeAlong(text, long) {
  long?.addEventListener("submit", () => {
    const field = long.elements[text.name] ?? document.createElement("input");
    Object.assign(field, { type: "hidden", name: text.name, value: text.value });
    long.append(field);
    const sent = new URL(long.getAttribute("action"), location.href).pathname;
    if (person && text.value.trim()) sessionStorage.setItem(named(SENT, text.closest("form").dataset.keep), sent);
  });
}

function release(one) {
  for (const name of ["form", "formaction", "formenctype"]) one.removeAttribute(name);
}
