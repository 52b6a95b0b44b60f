"use strict";
// What the pages of one's own records do beyond plain links and forms.
{
  const AGAIN = 1500; // milliseconds between two looks at a running test

  // A test that runs: its part of the page is fetched again until it has ended.
  async function follow() {
    const part = document.querySelector("[data-live='open']");
    if (!part) return;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      // After a login that has ended there is none: the next click asks for it.
      if (!answer.ok || !fresh) return;
      part.replaceWith(fresh);
    } catch {
      // The server did not answer this once.
    }
    setTimeout(follow, AGAIN);
  }

  // Point each field to its help and its errors, and mark the wrong ones.
  function describe() {
    for (const box of document.querySelectorAll("[data-field]")) {
      const field = box.querySelector("input, select, textarea");
      const texts = [...box.querySelectorAll(".my-errors, .my-help")].map((text) => text.id);
      if (!field || !texts.length) continue;
      field.setAttribute("aria-describedby", texts.join(" "));
      if (box.matches(".my-wrong")) field.setAttribute("aria-invalid", "true");
    }
    document.querySelector(".my-wrong :is(input:not([type='hidden']), select, textarea)")?.focus();
  }

  function filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.querySelectorAll("[data-offer]")) {
      const haystack = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => haystack.includes(word));
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) filter(event.target.value);
  });
  document.addEventListener("keydown", (event) => {
    // Enter in the search is no wish to add.
    if (event.key === "Enter" && event.target.matches?.("[data-filter]")) event.preventDefault();
  });
  document.addEventListener("DOMContentLoaded", () => {
    describe();
    setTimeout(follow, AGAIN);
  });
}
