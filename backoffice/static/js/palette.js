// The palette: one field for what this page can do, the places of the navigation, and a search.
// The field keeps the focus; arrow keys move through the options (combobox with a listbox, aria-activedescendant).
import { onKey } from "./shortcuts.js";

const NUMBER = /^IR-\d{8}-\d{6}$/i;
let options = [];
let chosen = 0;

export function openPalette(root) {
  const dialog = root.querySelector("#palette");
  if (!dialog?.showModal) return;
  const field = dialog.querySelector("input");
  const button = root.querySelector("[data-palette-open]");
  const open = () => {
    field.value = "";
    dialog.commands = [...actions(dialog.dataset.actions), ...places(dialog.dataset.places)];
    show(dialog, field);
    dialog.showModal();
    return true;
  };
  button.hidden = false;
  button.addEventListener("click", open);
  onKey("Control+k", open);
  field.addEventListener("input", () => show(dialog, field));
  field.addEventListener("keydown", (event) => steer(event, dialog, field));
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest("[role='option']");
    if (option) run(dialog, options[Number(option.dataset.at)]);
    else if (event.target === dialog) dialog.close();
  });
}

const words = (one) => (one.getAttribute("aria-label") ?? [...one.childNodes]
  .filter((part) => !(part instanceof Element && part.matches("kbd, .count"))).map((part) => part.textContent).join(" "))
  .replace(/\s+/g, " ").trim();
const caps = (one) => [...one.querySelectorAll("kbd")].map((key) => key.textContent).join(" ");

// What the bar of the selected requests does is told apart from what is done to one.
const whole = (one) => [words(one), one.closest("[data-picks]")?.getAttribute("aria-label")].filter(Boolean).join(" · ");

// What has a key, stands beside the title, opens a dialog, or is a whole form of one button.
const ACTIONS = "[data-key]:not([data-key-anywhere]), .topbar-actions .button, [data-dialog], .inline-form .button";
// What sends a text that is typed, what is done to one row of a list, and the palette's own button are none of them.
const NO_ACTIONS = "[data-palette-open], input, [data-key='Control+Enter'], table :not([data-key]), dialog *";

function actions(group) {
  return [...document.querySelectorAll(ACTIONS)]
    .filter((one) => one.checkVisibility() && !one.disabled && !one.closest("[inert]") && !one.matches(NO_ACTIONS))
    .map((one) => ({ group, text: whole(one), keys: caps(one), act: () => one.click() }));
}

function places(group) {
  const keys = new Map([...document.querySelectorAll("[data-place]")].map((one) => [one.href, one]));
  const links = [...document.querySelectorAll(".side-link, .tab, .menu-foot a[href], [data-place]")];
  return [...new Map(links.map((one) => [one.href, one])).values()].map((one) => {
    const first = links.find((each) => each.href === one.href);
    return { group, text: words(first), keys: keys.get(one.href)?.title.match(/\((.+)\)$/)?.[1] ?? "", act: () => location.assign(one.href) };
  });
}

function found(dialog, typed) {
  const { search, searchWords, found: group } = dialog.dataset;
  if (!typed || !search) return [];
  const act = () => location.assign(search + encodeURIComponent(typed));
  const exact = NUMBER.test(typed)
    ? [{ group, text: typed.toUpperCase(), keys: "", act: () => location.assign(`${new URL(search, location.href).pathname}/${typed.toUpperCase()}`) }]
    : [];
  return [...exact, { group, text: searchWords.replace("{}", typed), keys: "", act }];
}

function show(dialog, field) {
  const typed = field.value.trim();
  const parts = typed.toLowerCase().split(/\s+/);
  const fits = ({ text }) => parts.every((part) => text.toLowerCase().includes(part));
  options = [...dialog.commands.filter(fits), ...found(dialog, typed)];
  const list = dialog.querySelector("[role='listbox']");
  list.replaceChildren(...groups());
  dialog.querySelector("[role='status']").textContent = dialog.dataset.hits.replace("{}", options.length);
  choose(dialog, field, 0);
}

function groups() {
  return [...new Set(options.map((one) => one.group))].map((name, at) => {
    const group = element("div", { role: "group", "aria-labelledby": `palette-group-${at}`, class: "palette-group" });
    const head = element("p", { id: `palette-group-${at}`, class: "palette-head", role: "presentation" }, name);
    const inside = options.map((one, index) => ({ one, index })).filter(({ one }) => one.group === name);
    group.append(head, ...inside.map(({ one, index }) => optionOf(one, index)));
    return group;
  });
}

function optionOf(one, index) {
  const option = element("div", { role: "option", id: `palette-option-${index}`, class: "palette-option", "data-at": index, "aria-selected": "false" });
  option.append(element("span", {}, one.text));
  for (const key of one.keys ? one.keys.split(" ") : []) option.append(element("kbd", { class: "kbd", "aria-hidden": "true" }, key));
  return option;
}

function element(name, attributes, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function choose(dialog, field, at) {
  dialog.querySelector("[aria-selected='true']")?.setAttribute("aria-selected", "false");
  chosen = at;
  const option = dialog.querySelector(`#palette-option-${at}`);
  if (!option) {
    field.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function steer(event, dialog, field) {
  if (event.isComposing || event.keyCode === 229) return;
  const count = options.length;
  const to = { ArrowDown: (chosen + 1) % count, ArrowUp: (chosen - 1 + count) % count, PageDown: Math.min(chosen + 8, count - 1), PageUp: Math.max(chosen - 8, 0) }[event.key];
  if (to !== undefined && count) choose(dialog, field, to);
  else if (event.key === "Enter") run(dialog, options[chosen]);
  else return;
  event.preventDefault();
}

function run(dialog, option) {
  if (!option) return;
  dialog.close();
  option.act();
}
