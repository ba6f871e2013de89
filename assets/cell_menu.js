// The menu of a cell: the list with only its value, or without it. It opens on right click, the menu key, or Shift+F10.
// Cells without such a value, and links, keep the browser's own menu.

import { conditionsOf, make } from "./session_cells.js";

const MARGIN = 8; // px that the menu keeps from the edges of the window

export class CellMenu {
  constructor(grid) {
    this.grid = grid;
    this.box = null;
  }

  attach() {
    const { root } = this.grid;
    root.addEventListener("contextmenu", (event) => event.target.closest("a") || this.asked(event));
    root.addEventListener("keydown", (event) => {
      if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) this.asked(event);
    }, true);
    document.addEventListener("pointerdown", (event) => this.box?.contains(event.target) || this.close(), true);
    document.addEventListener("scroll", (event) => this.box?.contains(event.target) || this.close(), true);
    window.addEventListener("resize", () => this.close());
    window.addEventListener("blur", () => this.close());
    window.addEventListener("popstate", () => this.close());
  }

  asked(event) {
    const cell = event.target.closest(".ag-cell");
    const index = Number(cell?.closest(".ag-row")?.getAttribute("row-index"));
    const row = cell && this.grid.api.getDisplayedRowAtIndex(index)?.data;
    const column = cell?.getAttribute("col-id");
    const conditions = row ? conditionsOf(column, row) : [];
    if (!conditions.length) return;
    event.preventDefault();
    event.stopPropagation();
    const box = cell.getBoundingClientRect();
    const byMouse = event.type === "contextmenu" && (event.clientX || event.clientY);
    const at = byMouse ? [event.clientX, event.clientY] : [box.left + MARGIN, box.bottom];
    this.open(row, column, conditions, at);
  }

  open(row, column, conditions, [left, top]) {
    this.close();
    this.cell = { id: row.id, column };
    const { labels } = this.grid.context;
    this.box = make("div", "cw-menu");
    this.box.setAttribute("role", "menu");
    this.box.setAttribute("aria-label", labels.menu);
    for (const { name, value, words } of conditions) {
      if (this.grid.query[name] !== value) {
        this.entry(labels.only.replace("{value}", () => words), () => this.choose({ name, value, only: true }));
      }
      this.entry(labels.not.replace("{value}", () => words), () => this.choose({ name, value, only: false }));
    }
    this.entry(labels.view, () => { this.close(); this.grid.open(row.cart_token); });
    this.box.addEventListener("keydown", (event) => this.keyed(event));
    this.box.addEventListener("contextmenu", (event) => event.preventDefault());
    this.box.addEventListener("focusout", (event) => this.box?.contains(event.relatedTarget) || this.close());
    (this.grid.root.closest("main") ?? document.body).append(this.box); // a landmark: nothing of a page stands beside them
    this.box.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - this.box.offsetWidth - MARGIN))}px`;
    this.box.style.top = `${Math.max(MARGIN, Math.min(top, innerHeight - this.box.offsetHeight - MARGIN))}px`;
    this.box.firstElementChild.focus();
  }

  entry(words, act) {
    const entry = make("button", "cw-menu-entry", words);
    entry.type = "button";
    entry.tabIndex = -1;
    entry.setAttribute("role", "menuitem");
    entry.addEventListener("click", act);
    entry.addEventListener("pointerenter", () => entry.focus());
    this.box.append(entry);
  }

  choose(condition) {
    this.back();
    this.grid.narrow(condition, this.cell.column);
  }

  keyed(event) {
    event.stopPropagation(); // no shortcut of the page means this menu
    const entries = [...this.box.children];
    const here = entries.indexOf(document.activeElement);
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (there !== undefined) entries.at(there % entries.length).focus();
    if (event.key === "Escape" || event.key === "Tab") this.back();
    if (there !== undefined || ["Escape", "Tab", "ContextMenu", "F10"].includes(event.key)) event.preventDefault();
  }

  close() {
    const { box } = this;
    this.box = null; // first: taking it away moves the focus, and that closes it
    box?.remove();
  }

  // Close, and the focus is where it was.
  back() {
    this.close();
    const index = this.grid.api.getRowNode(this.cell.id)?.rowIndex;
    if (index !== undefined && index !== null) this.grid.api.setFocusedCell(index, this.cell.column);
  }
}
