// Good news leaves by itself after a while, but never while it is pointed at or focused; everything else stays until
// it is dismissed (WCAG 2.2.1).
const SHOWN_FOR = 8000;

export function dismissToasts(root) {
  for (const toast of root.querySelectorAll("[data-toast]")) {
    const close = toast.querySelector("[data-dismiss]");
    close.hidden = false;
    close.addEventListener("click", () => toast.remove());
    if (toast.classList.contains("toast-good")) leaveLater(toast);
  }
}

function leaveLater(toast) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast);
    else toast.remove();
  }, SHOWN_FOR);
}
