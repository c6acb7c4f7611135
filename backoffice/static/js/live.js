// data-live="address" on a form: what it shows beside itself follows the typing. The answer holds these parts, each under
// the id of its place in the page. Without scripts a button of the form does the same; what cannot be fetched leaves the
// last one standing. What was opened in a part stays open.
const PAUSE = 400; // milliseconds without a key

export function followTyping(root) {
  for (const form of root.querySelectorAll("form[data-live]")) follow(form);
}

function follow(form) {
  let stop = new AbortController();
  let waiting = 0;
  const show = async () => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    try {
      const answer = await fetch(form.dataset.live, { method: "POST", body: new FormData(form), signal, redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of page.querySelectorAll("body > [id]")) replace(document.getElementById(part.id), part);
    } catch {
      // Away, or typed on meanwhile: the next pause asks again.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  });
}

function replace(target, part) {
  const opened = [...target.querySelectorAll("details[open][id]")].map((each) => each.id);
  target.replaceChildren(...part.children);
  for (const each of target.querySelectorAll("details")) each.open ||= opened.includes(each.id);
}
