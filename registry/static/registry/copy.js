// Buttons that copy what stands in the element they name.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) {
    return;
  }
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard: select it, so that Ctrl+C does.
    if (source.select) {
      source.select();
    } else {
      getSelection().selectAllChildren(source);
    }
    return;
  }
  button.textContent = button.dataset.copied;
});
