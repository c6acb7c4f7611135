// Buttons that belong to the page's long form, so that without scripts what was typed is not lost, go back to the form they
// stand in: with scripts keep.js keeps what was typed, and other modules listen to the forms as they stand. Except for Sign out,
// with which the tab forgets everything: what was typed goes to the server, where it waits for its writer alone.
// data-joined: a field or button of another form that was joined to the long one for the same reason.
export function takeAsidesBack(root) {
  for (const button of root.querySelectorAll("form:not(.form, [data-sign-out]) button[form][formaction]")) {
    release(button);
  }
  for (const one of root.querySelectorAll("[data-joined]")) release(one);
}

function release(one) {
  for (const name of ["form", "formaction", "formenctype"]) one.removeAttribute(name);
}
