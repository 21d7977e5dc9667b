// Runs before the first paint, so that a reader who chose a theme never sees the other one flash by.
// A classic script on purpose: modules wait for the document.
document.documentElement.classList.add("js");
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be refused: the system's theme it is.
}
