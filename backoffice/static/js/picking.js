// Rows that are chosen from a list. One box stands for all of the page; a click with Shift chooses everything between
// it and the last one; a button that counts holds its words in data-picked.
// data-picks on a bar: its words for count and sum, the boxes then hold their cents in data-pick. Its buttons
// (data-pick-act) rest while nothing is chosen. data-pick-matching: a box for all that match, and the address that
// counts them; the server reads the list's filters then, not the boxes. It is asked when somebody comes near the bar or
// chooses the first row: most pages of a list are left without either.
export function pickRows(root) {
  for (const whole of root.querySelectorAll("[data-pick-all]")) pickIn(whole.closest("form"), whole);
}

function pickIn(form, whole) {
  const boxes = [...form.querySelectorAll("input[name='number']")];
  const all = whole.querySelector("input");
  const matching = form.querySelector("[data-pick-matching]");
  const counters = [...form.querySelectorAll("[data-picked]")].map(countingButton);
  const bar = form.querySelector("[data-picks]");
  const columns = bar?.closest(".shell-columns");
  if (bar) counters.push(countingBar(bar, matching));
  const count = () => {
    const chosen = boxes.filter((box) => box.checked && !box.disabled);
    const everything = Boolean(matching?.checked);
    for (const tell of counters) tell(chosen, everything);
    columns?.toggleAttribute("data-picking", everything || chosen.length > 0); // what the keys of a verdict speak of: desk.css
    all.checked = everything || chosen.length === boxes.length;
    all.indeterminate = !everything && chosen.length > 0 && chosen.length < boxes.length;
    all.disabled = everything;
    for (const box of boxes) box.disabled = everything;
  };
  whole.hidden = false;
  // Before the form hears of it, which keeps what is ticked (see keep.js).
  all.addEventListener("input", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  chooseRanges(boxes);
  form.addEventListener("change", count);
  // A browser that comes back to the page fills in the boxes after the scripts have run.
  addEventListener("pageshow", count);
  count();
}

function chooseRanges(boxes) {
  let last = null;
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
    });
  }
}

function countingButton(button) {
  const words = button.querySelector("span");
  const plain = words.textContent;
  return (chosen) => {
    words.textContent = chosen.length ? button.dataset.picked.replace("{}", chosen.length) : plain;
    button.disabled = chosen.length === 0;
  };
}

function countingBar(bar, matching) {
  const said = bar.querySelector("[data-pick-said]");
  const buttons = bar.querySelectorAll("[data-pick-act]");
  let everythingSaid = "…";
  let chosenNow = [];
  let everythingNow = false;
  const tell = (chosen, everything) => {
    [chosenNow, everythingNow] = [chosen, everything];
    const sum = chosen.reduce((total, box) => total + BigInt(box.dataset.pick), 0n);
    const words = bar.dataset.picks.replace("{count}", chosen.length).replace("{sum}", written(sum, bar.dataset.like));
    const text = everything ? everythingSaid : chosen.length ? words : bar.dataset.none;
    if (said.textContent !== text) said.textContent = text; // a live region: the same is not said again
    for (const button of buttons) button.disabled = !everything && chosen.length === 0;
    if (matching && (everything || chosen.length)) ask();
  };
  const ask = untilDone(async () => {
    const found = await askHowMany(matching);
    if (!found) return false;
    everythingSaid = found.said;
    matching.closest("label").lastElementChild.textContent = found.label;
    tell(chosenNow, everythingNow);
    return true;
  });
  if (matching) for (const kind of ["pointerenter", "focusin"]) bar.addEventListener(kind, ask);
  return tell;
}

// One attempt at a time, until one has done it: a lost connection is asked again the next time.
function untilDone(act) {
  let isOver = false;
  return async () => {
    if (isOver) return;
    isOver = true;
    isOver = await act();
  };
}

async function askHowMany(matching) {
  try {
    const answer = await fetch(matching.dataset.pickMatching, { headers: { Accept: "application/json" }, redirect: "error" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // The next page says how many they are before anything is done.
  }
}

// Cents as the server writes money; `like` is how it writes 1234.56.
function written(cents, like) {
  const [, before, group, point, after] = like.match(/^(.*)1(\D?)234(\D)56(.*)$/);
  const digits = String(cents).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, group);
  return `${before}${whole}${point}${digits.slice(-2)}${after}`;
}
