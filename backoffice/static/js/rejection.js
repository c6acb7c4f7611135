// data-rejection on the form of a rejection, of one request or of many (without fields, and of one reason): a reason brings its first ready text and the fields
// it speaks of and takes them away again unless they were changed, and the mail is shown in place.
import { announce } from "./announce.js";

export function followRejections(root) {
  for (const form of root.querySelectorAll("form[data-rejection]")) follow(form);
}

function follow(form) {
  const remarks = form.elements.remarks;
  const reasons = [...form.querySelectorAll("[name='reason']")];
  const offers = [...form.querySelectorAll("[data-offer]")];
  const parts = { form, remarks, reasons, offers, fields: [...form.querySelectorAll("[name='fields']")], pointed: form.elements.pointed ?? {} };
  for (const box of reasons) box.addEventListener("change", () => { follows(box, parts); narrow(parts); });
  for (const field of parts.fields) field.addEventListener("change", () => { parts.pointed.value = "mine"; });
  remarks.addEventListener("input", () => { form.querySelector("[data-no-room]").hidden = true; });
  for (const offer of offers) {
    offer.querySelector("button").addEventListener("click", (event) => {
      event.preventDefault();
      put(remarks, offer.dataset.text);
      remarks.focus();
    });
  }
  // Not the sending of the form: whoever only previews goes on typing, and what was typed stays kept.
  for (const button of form.querySelectorAll("[name='preview']")) {
    button.addEventListener("click", (event) => { event.preventDefault(); preview(form, button); });
  }
  // A form that was left and came back has its boxes, but not what stands in none.
  if (parts.fields.some((field) => field.checked)) parts.pointed.value = "mine";
  else if (reasons.some((box) => box.checked) && !parts.pointed.value) point(parts);
  narrow(parts);
}

function follows(box, parts) {
  const texts = textsFor(box, parts);
  if (box.type === "radio") for (const other of parts.reasons) if (!other.checked) for (const text of textsFor(other, parts)) takeOut(parts.remarks, text);
  if (box.checked && texts.length && !texts.some((text) => parts.remarks.value.includes(text))) for (const text of textsFor(box, parts, "[data-first]")) put(parts.remarks, text);
  if (!box.checked) for (const text of texts) takeOut(parts.remarks, text);
  if (parts.pointed.value !== "mine") point(parts);
}

// The ready texts of a reason: one in each language that the customers read.
const textsFor = (box, parts, which = "*") => parts.offers.filter((offer) => offer.dataset.offer === box.value && offer.matches(which)).map((offer) => offer.dataset.text);

// What the chosen reasons speak of.
function point(parts) {
  if (parts.fields.length === 0) return;
  const spoken = new Set(parts.reasons.filter((box) => box.checked).flatMap((box) => box.dataset.fields.split(" ")));
  for (const field of parts.fields) field.checked = spoken.has(field.value);
  parts.pointed.value = "reasons";
}

function narrow(parts) {
  const chosen = new Set(parts.reasons.filter((box) => box.checked).map((box) => box.value));
  for (const offer of parts.offers) offer.hidden = !chosen.has(offer.dataset.offer);
  parts.form.querySelector("[data-offers]").hidden = parts.offers.every((offer) => offer.hidden);
}

// A text that does not fit is not begun: that it is left out is said, and what was typed stays as it is.
function put(remarks, text) {
  const typed = remarks.value;
  const whole = typed === "" || typed.endsWith("\n") ? typed + text : `${typed}\n${text}`;
  const fits = [...whole].length <= remarks.maxLength;
  if (fits) say(remarks, whole);
  const told = remarks.form.querySelector("[data-no-room]");
  told.hidden = fits;
  if (!fits) announce(told.textContent.trim());
}

function takeOut(remarks, text) {
  const [before, ...after] = remarks.value.split(text);
  if (!after.length) return;
  // With the line break that came with it, and no other: the rest is the reviewer's own.
  const rest = after.join(text);
  say(remarks, before ? before.replace(/\n$/, "") + rest : rest.replace(/^\n/, ""));
}

function say(remarks, text) {
  remarks.value = text;
  remarks.dispatchEvent(new Event("input", { bubbles: true }));
}

// What cannot be shown in place is shown on its page, with its errors beside the fields.
async function preview(form, button) {
  const plain = () => form.requestSubmit(button);
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(button.formAction, { method: "POST", body, redirect: "error" });
    if (!answer.ok) return plain();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = (form.closest("dialog") || document).querySelector("[data-letter]");
    const fresh = document.adoptNode(page.querySelector("[data-letter]"));
    old.replaceWith(fresh);
    fresh.focus();
    announce(fresh.getAttribute("aria-label"));
  } catch {
    plain();
  }
}
