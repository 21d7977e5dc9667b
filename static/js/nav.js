// Brings the current tab into view, and closes an open menu on Escape or a click elsewhere.
function showCurrentTab() {
  const tab = document.querySelector(".tabs [aria-current]");
  const tabs = tab?.closest(".tabs");
  if (tabs) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

showCurrentTab();
document.fonts?.ready.then(showCurrentTab);
