// <button data-copy="text" data-copied="Copied"> or data-copy-from="#id": puts the text on the clipboard and says so.
function textOf(button) {
  if (button.dataset.copy !== undefined) return button.dataset.copy;
  const source = document.querySelector(button.dataset.copyFrom);
  return source.value ?? source.textContent.trim();
}

async function copy(button) {
  const label = button.querySelector("[data-copy-label]") ?? button;
  await navigator.clipboard.writeText(textOf(button));
  const before = label.textContent;
  if (before === button.dataset.copied) return;
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = before; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (button) copy(button).catch(() => {});
});
