// What came back from a form says first what is wrong with it: the summary, or the refusal, takes the focus.
export function focusErrors(root) {
  root.querySelector("[data-focus]")?.focus();
}

// An address that names a field of a form leads into it, so that one can type at once; also out of a closed disclosure.
export function focusTarget(root) {
  const target = document.getElementById(location.hash.slice(1));
  if (!target?.matches("input, select, textarea")) return;
  const closed = target.closest("details:not([open])");
  if (closed) closed.open = true;
  target.focus();
}
