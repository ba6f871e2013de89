// Keyboard shortcuts: / search, j and k move, Enter opens, Esc goes back, u undoes, ? lists them. They can be turned off
// (WCAG 2.2, 2.1.4); the choice stays in this browser.

const OFF = "cartwatch.shortcuts.off";

const shortcutsOff = () => localStorage.getItem(OFF) === "1";

export function turnShortcuts(on) {
  if (on) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "1");
}

export function showShortcutsChoice(box) {
  box.checked = !shortcutsOff();
}

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable], [role=dialog]");

export function startShortcuts(grid, backToList) {
  const inList = () => document.body.dataset.view === "list";
  const actions = {
    "/": () => inList() && document.querySelector(".cw-search input")?.focus(),
    j: () => inList() && grid.move(1),
    k: () => inList() && grid.move(-1),
    ArrowDown: () => inList() && !document.activeElement?.closest(".ag-root") && grid.move(1),
    Enter: (event) => inList() && !event.target.closest("a, button, .ag-root") && grid.openSelected(),
    Escape: () => inList() ? document.activeElement?.blur() : backToList(),
    // The message that offers it stays ten seconds, and is the last thing that Tab reaches.
    u: () => document.querySelector(".cw-toast button")?.click(),
    "?": () => emitEvent("cartwatch_shortcuts", true),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && event.target.closest(".cw-search")) event.target.blur();
      return;
    }
    if (shortcutsOff() && event.key !== "Escape") return;
    if (document.querySelector(".q-dialog, .q-menu, .cw-pages:popover-open")) return;
    const action = actions[event.key];
    if (!action || action(event) === false) return;
    if (["/", "?", "j", "k", "u"].includes(event.key)) event.preventDefault();
  });
}
