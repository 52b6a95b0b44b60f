"use strict";
// The test of what the form says: what is wrong stands at its field, too, and the result in sight.
{
  const place = document.getElementById("unsaved-test");
  const boxOf = (name) => document.querySelector(`[data-field="${CSS.escape(name)}"]`);

  function forget() {
    for (const note of document.querySelectorAll("[data-try-error]")) note.remove();
    for (const field of document.querySelectorAll("[data-try-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("data-try-invalid");
    }
  }

  function explain() {
    for (const line of place.querySelectorAll("[data-wrong-field]")) {
      const box = boxOf(line.dataset.wrongField);
      const field = document.getElementById(`id_${line.dataset.wrongField}`);
      if (!box || !field) continue;
      const note = document.createElement("p");
      note.className = "mt-2 text-red-600 text-xs dark:text-red-500";
      note.dataset.tryError = "";
      note.textContent = line.querySelector("span").textContent;
      box.append(note);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("data-try-invalid", "");
    }
  }

  // The field may stand in another tab.
  function goTo(event) {
    const link = event.target.closest("[data-wrong-field] a");
    const field = link && document.querySelector(link.hash);
    if (!field) return;
    event.preventDefault();
    const panel = field.closest("[data-panel]");
    if (panel) document.querySelector(`[data-panel-of="${panel.dataset.panel}"]`)?.click();
    field.focus();
    field.scrollIntoView({ block: "center" });
  }

  place.addEventListener("htmx:beforeSwap", forget);
  place.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === place) explain();
    // Once as it begins, and once more with all that was found.
    const isNews = event.target === place || place.querySelector("[data-code]");
    if (isNews) place.scrollIntoView({ block: "nearest" });
  });
  place.addEventListener("click", goTo);
}
