// data-live="address" data-live-target="id" on a form: what it shows beside itself follows the typing. Without scripts a
// button of the form does the same; what cannot be fetched leaves the last one standing. What was opened in it stays open.
const PAUSE = 400; // milliseconds without a key

export function followTyping(root) {
  for (const form of root.querySelectorAll("form[data-live]")) follow(form);
}

function follow(form) {
  const target = document.getElementById(form.dataset.liveTarget);
  let stop = new AbortController();
  let waiting = 0;
  const show = async () => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    target.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.live, { method: "POST", body: new FormData(form), signal, redirect: "error" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const opened = [...target.querySelectorAll("details[open][id]")].map((each) => each.id);
      target.replaceChildren(...page.body.children);
      for (const each of target.querySelectorAll("details")) each.open ||= opened.includes(each.id);
    } catch {
      // Away, or typed on meanwhile: the next pause asks again.
    } finally {
      if (!signal.aborted) target.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  });
}
