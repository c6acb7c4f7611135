// Buttons that belong to the page's long form, so that without scripts what was typed is not lost, go back to the form they
// stand in: with scripts keep.js keeps what was typed, and other modules listen to the forms as they stand. Except for Sign out,
// with which the tab forgets everything: what was typed goes to the server, where it waits for its writer alone.
export function takeAsidesBack(root) {
  for (const button of root.querySelectorAll("form:not(.form, [data-sign-out]) button[form][formaction]")) {
    for (const name of ["form", "formaction", "formenctype"]) button.removeAttribute(name);
  }
}
