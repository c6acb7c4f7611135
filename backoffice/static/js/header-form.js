// The form of an invoice header: fields that the chosen type and kind of VAT invoice do not use step aside. They stay in
// the form with what was typed or chosen, and come back with the choice; without this module all of them stand there, explained.
// What a choice needs is marked as the choice changes.
// What was said about a tax ID goes once another one is typed or filled in.
import { announce } from "./announce.js";

const form = document.querySelector("form[data-header-form]");
if (form) {
  follow(form);
  forgetFaults(form, form.querySelector("[name='tax_id']"));
}

function follow(fields) {
  const chosenBefore = new Map();
  const show = () => {
    const chosen = (name) => fields.querySelector(`[name="${name}"]:checked`)?.value;
    for (const part of fields.querySelectorAll("[data-only-kinds]")) {
      const unused = Boolean(chosen("kind")) && !part.dataset.onlyKinds.split(" ").includes(chosen("kind"));
      stepAside(part, unused && part.querySelector(".is-invalid") === null, chosenBefore);
    }
    for (const part of fields.querySelectorAll("[data-only-special]")) {
      const open = chosen("vat_kind") === "special" && chosen("kind") !== "personal";
      part.open = open || hasText(part) || part.querySelector("[aria-invalid]") !== null;
    }
    markNeeded(fields, chosen("kind"), chosen("vat_kind"));
  };
  fields.addEventListener("change", show);
  show();
}

// A person gets no VAT special: what was chosen for a company waits until it is one again.
function stepAside(part, away, chosenBefore) {
  if (away && !chosenBefore.has(part)) {
    chosenBefore.set(part, part.querySelector("input:checked"));
    choose(part.querySelector("input[value='ordinary']"));
  } else if (!away && chosenBefore.has(part)) {
    choose(chosenBefore.get(part));
    chosenBefore.delete(part);
  }
  part.hidden = away;
}

// Whoever keeps what is typed hears of it as of a choice by hand.
function choose(radio) {
  if (!radio || radio.checked) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
}

// The same rule as `required_fields` of the server, which has the last word.
function markNeeded(fields, kind, vatKind) {
  for (const hint of fields.querySelectorAll("[data-needed-for]")) {
    const choices = hint.dataset.neededFor.split(" ");
    const special = vatKind === "special" && kind !== "personal";
    const needed = choices.includes(kind) || (special && choices.includes("special"));
    const field = hint.closest(".field");
    hint.hidden = needed;
    field.querySelector(".control").required = needed;
    field.querySelector(".field-label").classList.toggle("is-required", needed);
  }
}

function hasText(part) {
  return [...part.querySelectorAll("input, textarea")].some((field) => field.value !== "");
}

function forgetFaults(fields, taxId) {
  taxId?.addEventListener("input", () => {
    for (const said of fields.querySelectorAll("[data-tax-id-help], #tax_id-error")) said.hidden = true;
    taxId.removeAttribute("aria-invalid");
    // Of several things the summary still counts all: it tells what the last Save found.
    const others = fields.querySelectorAll(".error-summary li a:not([href='#tax_id'])").length;
    if (others === 0) fields.querySelector(".error-summary")?.setAttribute("hidden", "");
  });
  for (const control of fields.querySelectorAll("[data-fill]")) {
    // Another module fills the field; an offer that was taken has nothing more to say.
    control.addEventListener("click", () => {
      const offer = control.closest(".offer");
      if (offer) offer.hidden = true;
      if (control.dataset.said) announce(control.dataset.said);
    });
  }
}
