// A form that came back: the summary of what is wrong takes the focus, so that it is read first.
export function focusErrors(root) {
  root.querySelector(".error-summary[data-focus]")?.focus();
}
