// The light/dark toggle: <button data-theme-toggle>. Choosing what the system says forgets the choice.
const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");

const systemTheme = () => (systemDark.matches ? "dark" : "light");
const theme = () => root.dataset.theme ?? systemTheme();

function remember(chosen) {
  try {
    if (chosen) localStorage.setItem("theme", chosen);
    else localStorage.removeItem("theme");
  } catch {
    // Storage may be refused: the choice then lasts for this page.
  }
}

function show() {
  for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
    toggle.setAttribute("aria-pressed", String(theme() === "dark"));
  }
}

function choose(chosen) {
  const followsSystem = chosen === systemTheme();
  if (followsSystem) delete root.dataset.theme;
  else root.dataset.theme = chosen;
  remember(followsSystem ? null : chosen);
  show();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) choose(theme() === "dark" ? "light" : "dark");
});
systemDark.addEventListener("change", show);
show();
