"use strict";
// Selects whose choices are asked from the server while somebody types.
{
  function start() {
    const $ = window.django && window.django.jQuery;
    if (!$ || !$.fn.select2) return;
    for (const element of document.querySelectorAll("select.registry-lazy-select")) {
      if (element.classList.contains("select2-hidden-accessible")) continue;
      const modal = element.closest("#modal-content");
      $(element).select2({
        theme: "admin-autocomplete",
        width: "100%",
        allowClear: true,
        placeholder: "",
        dropdownParent: modal ? $(modal) : undefined,
        ajax: {
          url: element.dataset.url,
          delay: 200,
          data: (params) => ({ term: params.term || "", page: params.page || 1, ...forwarded(element) }),
        },
      });
      nameBox(element);
      // select2 tells jQuery only.
      $(element).on("select2:select select2:clear", () =>
        element.dispatchEvent(new Event("change", { bubbles: true })),
      );
    }
  }

  // select2 calls its box after what is chosen alone: put the field's own label before that.
  function nameBox(element) {
    const label = element.labels[0];
    const box = element.nextElementSibling?.querySelector(".select2-selection");
    if (!label || !box) return;
    label.id ||= `${element.id}_label`;
    box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`);
  }

  function forwarded(element) {
    const values = {};
    for (const name of (element.dataset.forward || "").split(" ").filter(Boolean)) {
      const field = element.form && element.form.elements[name];
      if (field && field.value) values[name] = field.value;
    }
    if (element.dataset.for) values.for = element.dataset.for;
    return values;
  }

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);
}
