"use strict";
// Light or dark, before anything is painted: as chosen in the administration, else as the system is.
{
  const system = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return JSON.parse(localStorage.getItem("_x_adminTheme"));
    } catch {
      return null;
    }
  }

  function paint() {
    const theme = chosen();
    const isDark = theme === "dark" || (theme !== "light" && system.matches);
    document.documentElement.classList.toggle("dark", isDark);
    document.documentElement.style.colorScheme = isDark ? "dark" : "light";
  }

  paint();
  system.addEventListener("change", paint);
}
