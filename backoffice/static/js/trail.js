// Which list a request was opened from: its address and its numbers stay in this tab. On the request's page the links
// before and after ([data-trail]), the way back and the list after a verdict follow it; without it the server's own hold.
const KEY = "trail";

export function remember(numbers) {
  sessionStorage.setItem(KEY, JSON.stringify({ list: location.pathname + location.search, numbers }));
}

export function followTrail(root) {
  const nav = root.querySelector("[data-trail]");
  if (!nav || root !== document) return;
  const { list, numbers } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  const at = numbers?.indexOf(nav.dataset.trail) ?? -1;
  if (at < 0) return;
  const base = nav.dataset.base;
  for (const [key, number] of [["k", numbers[at - 1]], ["j", numbers[at + 1]]]) {
    for (const link of number ? root.querySelectorAll(`a[data-key="${key}"]`) : []) {
      link.href = `${base}/${number}`;
      link.hidden = false;
    }
  }
  const back = root.querySelector(".back-link");
  if (back) back.href = `${list}#${nav.dataset.trail}`;
  comeFrom(root, list);
}

// Every form that decides says which list it belongs to; beside the list every form does, and leads back to it.
export function comeFrom(root, list, isBeside = false) {
  for (const form of root.querySelectorAll(isBeside ? "form[method='post']" : "form[data-onward]")) {
    for (const [name, value] of [["list", list], ...(isBeside ? [["beside", "1"]] : [])]) {
      const field = form.elements[name] ?? document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    }
  }
}
