// Comforts alone: without this file every page shows and does the same.
"use strict";

// A slider says its value while it is moved; the answer below follows without a new page.
for (const form of document.querySelectorAll("form.sliders")) {
  const status = form.querySelector('[role="status"]');
  let waiting = 0;
  form.addEventListener("input", (event) => {
    const said = form.querySelector(`output[for="${event.target.id}"]`);
    if (said) said.textContent = Number(event.target.value).toString() + said.dataset.unit;
  });
  form.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(workOut, 250);
  });

  async function workOut() {
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    status.textContent = "Working it out";
    const answer = await fetch(address).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const result = page && page.querySelector(".result");
    if (!result) { form.submit(); return; }
    document.querySelector(".result").replaceWith(result);
    history.replaceState(null, "", address);
    status.textContent = "Worked out";
  }
}

// Copying needs a script, so the button shows itself only where there is one.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
    } catch {
      button.textContent = "The browser does not let pages copy";
    }
    setTimeout(() => { button.textContent = before; }, 2500);
  });
}

// "/" goes to the search, as on many sites; not while something is typed.
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = [...document.querySelectorAll('input[type="search"]')].find((one) => one.offsetParent);
  if (field) { event.preventDefault(); field.focus(); }
});
