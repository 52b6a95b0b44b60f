"use strict";
// Menus of rows stand beside their button; dialogs take the keyboard's focus and give it back.
{
  let opener = null;

  function place(menu) {
    const button = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (!button) return;
    const box = button.getBoundingClientRect();
    const left = Math.min(box.right - menu.offsetWidth, window.innerWidth - menu.offsetWidth - 8);
    const below = box.bottom + 4;
    const fits = below + menu.offsetHeight < window.innerHeight;
    menu.style.left = `${Math.max(8, left)}px`;
    menu.style.top = `${fits ? below : Math.max(8, box.top - menu.offsetHeight - 4)}px`;
  }

  // unfold's click-only elements, for the keyboard.
  function makeReachable() {
    for (const element of document.querySelectorAll("[x-on\\:click]:not([href], button, input)")) {
      if (element.hasAttribute("tabindex") || !element.textContent.trim()) continue;
      element.tabIndex = 0;
      element.setAttribute("role", "button");
      element.addEventListener("keydown", (event) => {
        if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        element.click();
      });
    }
  }

  // An icon is a word in a font: beside a text it is not to be read out.
  function silenceIcons() {
    for (const icon of document.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) {
      const text = icon.parentElement.textContent.replace(icon.textContent, "").trim();
      if (text) icon.setAttribute("aria-hidden", "true");
    }
  }

  function focusFilters(event) {
    if (!event.target.closest?.("[x-on\\:click='filterOpen = true']")) return;
    const field = "#changelist-filter input:not([type=hidden]), #changelist-filter select";
    setTimeout(() => document.querySelector(field)?.focus(), 50);
  }

  document.addEventListener("DOMContentLoaded", makeReachable);
  document.addEventListener("DOMContentLoaded", silenceIcons);
  document.addEventListener("click", focusFilters);

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches?.(".registry-menu") && event.newState === "open") {
        place(event.target);
        event.target.querySelector("a, button")?.focus();
      }
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.(".registry-menu");
    if (menu && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const items = [...menu.querySelectorAll("a, button")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = items.indexOf(document.activeElement) + step;
      items[(next + items.length) % items.length]?.focus();
      event.preventDefault();
    }
    const dialog = document.querySelector("#modal-content #dialog");
    if (event.key === "Tab" && dialog && dialog.contains(document.activeElement)) {
      keepInside(dialog, event);
    }
    if (event.key === "Escape" && dialog && dialog.offsetParent) giveBack();
  });

  function keepInside(dialog, event) {
    const inside = [...dialog.querySelectorAll("a[href], button, input, select, textarea")].filter(
      (element) => !element.disabled && element.offsetParent,
    );
    const first = inside[0];
    const last = inside[inside.length - 1];
    if (event.shiftKey && document.activeElement === first) {
      last.focus();
      event.preventDefault();
    } else if (!event.shiftKey && document.activeElement === last) {
      first.focus();
      event.preventDefault();
    }
  }

  function giveBack() {
    if (opener?.isConnected) opener.focus();
    opener = null;
  }

  document.addEventListener("click", (event) => {
    const trigger = event.target.closest?.("[hx-get][hx-target='#modal-content']");
    if (trigger) {
      const menu = trigger.closest(".registry-menu");
      opener = menu ? document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`) : trigger;
      menu?.hidePopover();
    }
    if (event.target.closest?.("[data-close-dialog]")) setTimeout(giveBack);
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const dialog = document.querySelector("#modal-content #dialog");
    if (!dialog || !event.target.closest?.("#modal-content")) return;
    const start = dialog.querySelector(".errors input, .errors select, .errors textarea");
    const field = dialog.querySelector("input:not([type=hidden]), select, textarea");
    // The modal becomes visible after this event.
    setTimeout(() => (start || field || dialog.querySelector("[autofocus]"))?.focus(), 50);
  });
}
