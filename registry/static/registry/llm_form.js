"use strict";
// The model form: its fields follow type and provider by the server's own table, and a known
// model id fills what nobody has typed.
{
  const rules = JSON.parse(document.getElementById("llm-rules").textContent);
  const form = document.getElementById("llmmodel_form");
  const boxes = new Map(
    [...form.querySelectorAll("[data-field]")].map((box) => [box.dataset.field, box]),
  );
  const control = (name) => form.elements[name];
  const value = (name) => (control(name) ? control(name).value : "");
  const isAdding = Boolean(control("type"));

  function set(name, visible, required, label) {
    const box = boxes.get(name);
    if (!box) return;
    const shown = visible || box.classList.contains("errors");
    box.hidden = !shown;
    box.dataset.visible = String(shown);
    box.dataset.required = String(required);
    const mark = box.querySelector("[data-mark]");
    if (mark) mark.hidden = !required;
    const text = box.querySelector("[data-label]");
    if (text && label) text.textContent = label;
    control(name)?.setAttribute("aria-required", String(required));
  }

  function follow() {
    if (!isAdding) return followAccess(rules.provider, false);
    const type = value("type");
    const rule = rules.providers[value("provider")];
    limitProviders(type);
    for (const names of Object.values(rules.parameters)) {
      for (const name of names) set(name, false, false);
    }
    for (const name of rules.parameters[type] || []) {
      set(name, true, (rules.needed[type] || []).includes(name));
    }
    for (const name of ["mode", "output_cost", "probe_max_tokens", "probe_reasoning_effort"]) {
      set(name, rules.modes.includes(type), false);
    }
    for (const [name, box] of boxes) {
      if (COMMON.has(name) || name.startsWith("capability_")) {
        const needed = name === "name" || name === "model_id";
        set(name, Boolean(type), needed, rule ? rule.labels[name] : undefined);
      }
    }
    for (const section of form.querySelectorAll(".registry-section")) {
      const fields = [...section.querySelectorAll("[data-field]")];
      section.hidden = fields.length > 0 && fields.every((box) => box.hidden);
    }
    followAccess(value("provider"), true);
  }

  const COMMON = new Set([
    "model_id", "name", "slug", "description", "tags", "aliases", "family", "version", "status",
    "is_default", "release_date", "deprecation_date", "replacement", "migration_guide", "quality_tier",
    "input_cost", "latency_ms", "tokens_per_second", "known_params", "settings",
  ]);

  function followAccess(provider, adding) {
    const rule = rules.providers[provider];
    const own = !value("connection");
    set("connection", Boolean(rule), false);
    for (const name of ["api_endpoint", "api_key"]) {
      const need = rule ? rule[name] : "hidden";
      const shown = need !== "hidden" && own;
      const required = shown && need === "required" && (adding || name === "api_endpoint");
      set(name, shown, required, rule ? rule.labels[name] : undefined);
    }
    const section = boxes.get("connection")?.closest(".registry-section");
    if (section && adding) section.hidden = !rule;
  }

  function limitProviders(type) {
    for (const option of control("provider").options) {
      const rule = rules.providers[option.value];
      const fits = !rule || !type || rule.types.includes(type);
      option.disabled = !fits;
      option.hidden = !fits;
      if (!fits && option.selected) control("provider").value = "";
    }
  }

  // A connection belongs to one provider.
  function forgetConnection() {
    const select = control("connection");
    if (!select || !select.value) return;
    select.value = "";
    window.django.jQuery(select).trigger("change.select2");
  }

  // Known models
  // --------------------------------------------------------------------------
  const idField = control("model_id");
  const list = document.createElement("datalist");
  const known = new Map();
  let asked = 0;

  function offer() {
    const query = new URLSearchParams({
      type: value("type"),
      provider: value("provider"),
      term: idField.value,
    });
    const mine = ++asked;
    fetch(`${rules.known_url}?${query}`, { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : { results: [] }))
      .then(({ results }) => {
        if (mine !== asked) return;
        known.clear();
        list.replaceChildren(
          ...results.map((entry) => {
            known.set(entry.model_id, entry);
            const option = document.createElement("option");
            option.value = entry.model_id;
            option.label = entry.values.name;
            return option;
          }),
        );
        fill();
      })
      .catch(() => {});
  }

  // Only what is empty, or what an earlier choice has filled, is filled.
  function fill() {
    const entry = known.get(idField.value);
    if (!entry || !value("type")) return;
    for (const [name, box] of boxes) {
      const field = control(name);
      if (!field || name === "model_id" || name === "type" || name === "provider") continue;
      const isOurs = box.dataset.filledWith !== undefined && box.dataset.filledWith === field.value;
      const isEmpty = field.value === "" || (name === "quality_tier" && field.value === "unknown");
      const given = entry.values[name];
      if (given === undefined || given === "") {
        if (isOurs) unmark(box, field, "");
      } else if (isEmpty || isOurs) {
        write(field, given);
        mark(box, field, entry.checked);
      }
    }
  }

  function write(field, given) {
    field.value = String(given);
  }

  function mark(box, field, checked) {
    box.dataset.filledWith = field.value;
    const note = box.querySelector("[data-filled]");
    if (!note) return;
    note.textContent = rules.filled_label.replace("%s", checked);
    note.hidden = false;
  }

  function unmark(box, field, text) {
    if (text !== undefined) field.value = text;
    delete box.dataset.filledWith;
    const note = box.querySelector("[data-filled]");
    if (note) note.hidden = true;
  }

  // Address
  // --------------------------------------------------------------------------
  function originOf(text) {
    try {
      return new URL(text).origin;
    } catch {
      return text.trim();
    }
  }

  function warnOfDroppedKey() {
    const note = boxes.get("api_endpoint")?.querySelector("[data-drops-key]");
    const field = control("api_endpoint");
    if (note) note.hidden = originOf(field.value) === originOf(field.defaultValue);
  }

  // --------------------------------------------------------------------------
  if (isAdding) {
    list.id = "known-model-ids";
    idField.setAttribute("list", list.id);
    idField.setAttribute("autocomplete", "off");
    idField.after(list);
    let timer = 0;
    idField.addEventListener("input", () => {
      clearTimeout(timer);
      if (known.has(idField.value)) fill();
      else timer = setTimeout(offer, 200);
    });
    idField.addEventListener("focus", offer, { once: true });
    control("type").addEventListener("change", () => {
      follow();
      offer();
    });
    control("provider").addEventListener("change", () => {
      forgetConnection();
      follow();
      offer();
    });
  }
  form.addEventListener("input", (event) => {
    const box = event.target.closest("[data-field]");
    if (box && box.dataset.filledWith !== undefined && box.dataset.filledWith !== event.target.value) {
      unmark(box, event.target, undefined);
    }
  });
  control("connection")?.addEventListener("change", follow);
  control("api_endpoint")?.addEventListener("input", warnOfDroppedKey);
  follow();
}
