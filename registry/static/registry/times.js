// The exact moment behind "3 minutes ago", in the browser's own language and time zone.
(() => {
  const rewrite = (root) => {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(element.dateTime);
      if (!Number.isNaN(moment.valueOf())) {
        element.title = moment.toLocaleString(undefined, {
          dateStyle: "full",
          timeStyle: "long",
        });
      }
    }
  };

  document.addEventListener("DOMContentLoaded", () => rewrite(document));
  document.addEventListener("htmx:afterSwap", (event) => rewrite(event.target));
})();
