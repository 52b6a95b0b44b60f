"use strict";
// Picking from a host's list: searched in place, counted, and never more than the server takes.
{
  const form = () => document.querySelector("[data-pick]");
  const boxes = () => [...form().querySelectorAll('input[name="model"]')];

  function search(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of form().querySelectorAll("[data-offer]")) {
      const haystack = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => haystack.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    form().querySelector("[data-pick-none]").hidden = shown > 0;
    form().querySelector("[data-pick-all]").checked = false;
  }

  function pickShown(isPicked) {
    for (const box of boxes()) {
      if (!box.disabled && !box.closest("[data-offer]").hidden) box.checked = isPicked;
    }
  }

  function count() {
    const picked = boxes().filter((box) => box.checked).length;
    const isTooMany = picked > Number(form().dataset.most);
    form().querySelector("[data-pick-count]").textContent = String(picked);
    form().querySelector("[data-pick-many]").hidden = !isTooMany;
    form().querySelector("[data-confirm-button]").disabled = isTooMany;
  }

  function followType() {
    const isEmbedding = form().elements.type.value === "embedding";
    form().querySelector('[data-pick-field="dimensions"]').hidden = !isEmbedding;
  }

  function start() {
    if (!form()) return;
    followType();
    count();
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-pick-search]")) search(event.target.value);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-pick]")) return;
    if (event.target.matches("[data-pick-all]")) pickShown(event.target.checked);
    if (event.target.name === "type") followType();
    count();
  });
  document.addEventListener("keydown", (event) => {
    // Enter in the search is no wish to add.
    if (event.key === "Enter" && event.target.matches?.("[data-pick-search]")) event.preventDefault();
  });
  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);
}
