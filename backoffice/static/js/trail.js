// Which list a request was opened from: its address, its numbers and its neighbouring pages stay in this tab. On the
// request's page the links before and after ([data-trail]), the way back and the list after a verdict follow it; without it,
// or where the address names another list, the server's own hold. Where the list, or its page, ends, the page says so and leads on: what is next by the promised day
// would be a request of another list.
import { onKey } from "./shortcuts.js";

const KEY = "trail";

const known = () => JSON.parse(sessionStorage.getItem(KEY) ?? "{}");

export function remember(numbers) {
  const page = (rel) => document.querySelector(`.pager a[rel="${rel}"]`)?.href;
  sessionStorage.setItem(KEY, JSON.stringify({ list: location.pathname + location.search, numbers, next: page("next"), prev: page("prev") }));
}

// Where a request which has left the list since would stand among those that are there now. One that nobody knows stands on
// another page: what comes next is behind this one's last. Without any, in front.
export function placeOf(number, rows) {
  const numbers = known().numbers ?? [];
  if (!numbers.includes(number)) return number ? rows.length : 0;
  const behind = numbers.slice(numbers.indexOf(number) + 1).find((one) => rows.includes(one));
  return behind === undefined ? rows.length : rows.indexOf(behind);
}

export function followTrail(root) {
  const nav = root.querySelector("[data-trail]");
  if (!nav || root !== document) return;
  const { list, numbers, next, prev } = known();
  if (isAnother(list)) return;
  const at = numbers?.indexOf(nav.dataset.trail) ?? -1;
  if (at < 0) return;
  const base = nav.dataset.base;
  for (const [key, number, page] of [["k", numbers[at - 1], prev], ["j", numbers[at + 1], next]]) {
    const links = root.querySelectorAll(`a[data-key="${key}"]`);
    for (const link of links) {
      if (number) link.href = `${base}/${number}`;
      link.hidden = !number;
    }
    if (!number) endOf(nav.querySelector(`[data-end="${key}"]`), key, page, list);
  }
  const back = root.querySelector(".back-link");
  if (back) back.href = `${list}#${nav.dataset.trail}`;
  comeFrom(root, list);
}

// Whether the address names another list than the tab has shown last: the address counts.
function isAnother(list) {
  const named = new URLSearchParams(location.search).get("list");
  return named !== null && list !== undefined && asRead(named) !== asRead(list);
}

// However its signs are escaped.
function asRead(address) {
  const { pathname, searchParams } = new URL(address, location.href);
  return `${pathname}?${searchParams}`;
}

// Says that the list ends here; the key leads to the link to its next page, or back to it.
function endOf(end, key, page, list) {
  const link = end.querySelector("a");
  const words = page ? end.dataset.page : end.dataset.list;
  link.href = page ?? list;
  link.textContent = page ? link.dataset.page : link.dataset.list;
  end.querySelector("span").textContent = words;
  end.hidden = false;
  onKey(key, () => {
    link.focus();
    return true;
  });
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
