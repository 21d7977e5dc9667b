// Asks before something is done.
// 1. <details class="confirm"> (components/confirm_button.html): its panel opens as a dialog instead of in place.
// 2. <form data-confirm="Question?"> [data-confirm-title] [data-confirm-label]: asks in the page's shared dialog.

function openPanel(details) {
  const panel = details.querySelector(".confirm__panel");
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", panel.querySelector(".confirm__title").textContent.trim());
  dialog.append(panel);
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-confirm-cancel]")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    details.append(panel);
    dialog.remove();
    details.querySelector("summary").focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function ask(form, submitter) {
  const dialog = document.getElementById("confirm-dialog");
  const yes = dialog.querySelector("[value=yes]");
  yes.dataset.label ??= yes.textContent;
  yes.textContent = form.dataset.confirmLabel ?? yes.dataset.label;
  dialog.querySelector("[data-confirm-message]").textContent = form.dataset.confirm;
  const title = dialog.querySelector(".confirm__title");
  title.dataset.label ??= title.textContent;
  title.textContent = form.dataset.confirmTitle ?? title.dataset.label;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  }, { once: true });
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const summary = event.target.closest("details.confirm > summary");
  if (!summary) return;
  event.preventDefault();
  openPanel(summary.parentElement);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-confirm]") || "confirmed" in form.dataset) return;
  event.preventDefault();
  ask(form, event.submitter);
}, { capture: true });
