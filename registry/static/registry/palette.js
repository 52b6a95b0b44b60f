// The command palette by keyboard: the first result is chosen, so that Enter opens it.
document.addEventListener("htmx:after-swap", (event) => {
  const palette = event.target.closest?.("[x-data='searchCommand()']");
  if (palette && palette.querySelector("#command-results-list li a")) {
    Alpine.$data(palette).currentIndex = 1;
  }
});

// Without a result there is nothing to open.
document.addEventListener(
  "keydown",
  (event) => {
    const typing = event.key === "Enter" && event.target.id === "search-input-command";
    if (typing && !document.querySelector("#command-results-list li a")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);
