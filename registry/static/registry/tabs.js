"use strict";
// The sections of a page as tabs. Without this script they stand one below the other.
{
  function start() {
    const list = document.querySelector("[data-tabs]");
    if (!list) return;
    const tabs = [...list.querySelectorAll("[data-panel-of]")];
    const panels = [...document.querySelectorAll("[data-panel]")];

    const show = (name) => {
      for (const tab of tabs) {
        const isOpen = tab.dataset.panelOf === name;
        tab.setAttribute("aria-selected", String(isOpen));
        tab.tabIndex = isOpen ? 0 : -1;
      }
      for (const panel of panels) panel.hidden = panel.dataset.panel !== name;
    };
    const open = (name) => {
      show(name);
      history.replaceState(null, "", `#${name}`);
    };

    for (const tab of tabs) tab.addEventListener("click", () => open(tab.dataset.panelOf));
    list.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      const step = event.key === "ArrowRight" ? 1 : -1;
      const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
      open(next.dataset.panelOf);
      next.focus();
    });

    const wrong = document.querySelector("[data-panel] .errors");
    const asked = location.hash.slice(1);
    const known = tabs.some((tab) => tab.dataset.panelOf === asked);
    list.hidden = false;
    show(wrong ? wrong.closest("[data-panel]").dataset.panel : known ? asked : tabs[0].dataset.panelOf);
    for (const tab of tabs) {
      const count = document.querySelectorAll(`[data-panel="${tab.dataset.panelOf}"] .errors`).length;
      if (count) tab.classList.add("registry-wrong");
    }
  }

  document.addEventListener("DOMContentLoaded", start);
}
