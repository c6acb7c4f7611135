// Says something to screen readers through the page's live region.
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  // A fresh task, so that the same sentence twice is announced twice.
  setTimeout(() => { region.textContent = text; }, 50);
}
