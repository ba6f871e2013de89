// The sessions table: AG Grid's infinite row model over GET /api/sessions, and what the merchant does with it.
//
// The server owns the filter and says so with show(); this file owns what only the browser can know: which rows are
// on screen, which is selected, how far the list is scrolled, and the pin.
//
// The pin (`until`) is the id of the newest session when the list was loaded. Sessions that start later are counted,
// not inserted, so that nothing shifts under the reader; live_list.js decides when the pin may move.

import { CellMenu } from "./cell_menu.js";
import { useLook } from "./session_cells.js";
import { LiveList } from "./live_list.js";

const NARROW = 700; // px; below, the table keeps SESSION, STATUS and View (visual.md)
const WIDE_ONLY = ["value", "score", "started", "left"];

export class SessionGrid {
  constructor() {
    this.live = new LiveList(this);
    this.menu = new CellMenu(this);
    this.generation = 0;
    this.query = {};
    this.until = null;
    this.total = 0;
    this.capped = false;
  }

  // Called by the grid when it is ready. `context` is what ui/session_grid.py put there.
  attach(api) {
    this.api = api;
    const context = api.getGridOption("context");
    const { query, place } = context;
    this.context = context;
    this.query = this.asked ?? query;
    this.until = this.asked ? null : place.until;
    this.restoreRow = this.asked ? 0 : place.row;
    useLook({
      ...context,
      plurals: new Intl.PluralRules(document.documentElement.lang), // of the texts, which may be English where formats are not
      numbers: new Intl.NumberFormat(context.locale),
      address: (token) => this.sessionAddress(token),
    });
    this.root = document.querySelector(".cw-grid");
    this.root.addEventListener("pointerdown", (event) => this.refreshAddress(event), true);
    this.root.addEventListener("focusin", (event) => this.refreshAddress(event), true);
    this.fitColumns();
    new ResizeObserver(() => this.fitColumns()).observe(this.root);
    this.markSort();
    api.addEventListener("sortChanged", (event) => this.sorted(event));
    api.addEventListener("bodyScrollEnd", () => this.scrolled());
    api.addEventListener("rowDoubleClicked", ({ data }) => data && this.open(data.cart_token));
    api.addEventListener("cellKeyDown", (event) => this.keyed(event));
    this.menu.attach();
    this.live.attach();
    this.reload();
  }

  // ---- what the server says

  show(query) {
    if (!this.api) {
      this.asked = query; // chosen before the table was there: it begins with that
      return;
    }
    const same = JSON.stringify(query) === JSON.stringify(this.query);
    this.query = query;
    if (same) return;
    this.until = null;
    this.restoreRow = 0;
    this.generation += 1;
    this.api.deselectAll();
    this.markSort();
    this.reload();
  }

  // ---- rows

  reload() {
    this.state("loading");
    this.api.setGridOption("datasource", { getRows: (request) => this.getRows(request) });
  }

  // Fetch again what is on screen without losing scroll, focus or selection.
  refresh({ unpin = true } = {}) {
    if (unpin) this.until = null;
    if (document.body.dataset.state === "ready") this.api.refreshInfiniteCache();
    else this.reload();
  }

  async getRows(request) {
    const generation = this.generation;
    try {
      const answer = await this.ask("/api/sessions", { start: request.startRow, end: request.endRow });
      if (generation !== this.generation) { // a newer filter has been asked for meanwhile
        request.failCallback(); // the grid counts its open requests, and asks no more beyond a few
        return;
      }
      this.until = answer.until;
      request.successCallback(answer.rows, this.lastRow(request, answer));
      this.took(answer);
      if (answer.rows.length) this.reveal();
      this.enter(answer.rows.length);
    } catch (problem) {
      request.failCallback();
      if (generation === this.generation) this.fail(problem);
    }
  }

  // A search is counted up to a cap; beyond it the grid learns the end only by reaching it.
  lastRow(request, { rows, total, capped }) {
    if (!capped) return total;
    const asked = request.endRow - request.startRow;
    return rows.length < asked ? request.startRow + rows.length : -1;
  }

  async ask(path, extra) {
    const query = new URLSearchParams({ ...this.query, ...extra });
    if (this.until) query.set("until", this.until);
    const answer = await fetch(`${path}?${query}`, { headers: { Accept: "application/json" } });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(body.error ?? `${answer.status}`);
    return body;
  }

  took(answer) {
    this.total = answer.total;
    this.capped = answer.capped;
    this.state(answer.total ? "ready" : this.filtered() ? "nomatch" : "empty");
    this.live.took(answer);
  }

  filtered() {
    return Object.keys(this.query).some((name) => !["store", "sort"].includes(name));
  }

  // From a cell's menu: the list with only a value, or without it. The server answers with show().
  narrow(condition, column) {
    this.entered = { column, generation: this.generation + 1 }; // the row may go: the focus stays in the table
    emitEvent("cartwatch_condition", condition);
  }

  // The strongest reason of a row's score, in the reader's language; null where there is none.
  async reason(id) {
    const query = new URLSearchParams({ id });
    if (this.query.store) query.set("store", this.query.store);
    const answer = await fetch(`/api/sessions/reason?${query}`, { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).sentence : null;
  }

  fail(problem) {
    const message = document.querySelector(".cw-error-text");
    if (message) message.textContent = problem instanceof TypeError ? this.context.labels.unreachable : problem.message;
    this.state("error");
  }

  state(name) {
    document.body.dataset.state = name;
    if (name !== "loading") document.getElementById("cw-first")?.remove();
  }

  // ---- the place: how far the list is scrolled, kept in the address

  reveal() {
    if (this.restoreRow > 0 && this.visible()) {
      const row = this.restoreRow;
      this.restoreRow = 0;
      this.api.ensureIndexVisible(row, "top");
    }
  }

  // After a cell's menu the rows are others: the focus goes on in the first of them, or to what offers a way back.
  enter(rows) {
    if (!this.entered || this.generation < this.entered.generation || !this.visible()) return;
    const { column } = this.entered;
    this.entered = null;
    const focused = document.activeElement;
    if (focused !== document.body && !this.root.contains(focused)) return; // gone elsewhere meanwhile
    if (rows) requestAnimationFrame(() => this.api.setFocusedCell(this.firstRow(), column));
    else document.querySelector(".cw-state-nomatch button")?.focus();
  }

  visible() {
    return document.body.dataset.view !== "detail";
  }

  scrolled() {
    if (!this.visible()) return;
    this.writePlace();
    this.live.scrolled();
  }

  // Asked of the rows themselves: browsers cap the height of an element, so far down a long list the grid squeezes
  // the scroll range and pixels no longer tell the row.
  firstRow() {
    const viewport = this.root.querySelector(".ag-body-viewport");
    if (!viewport?.scrollTop) return 0;
    const top = viewport.getBoundingClientRect().top;
    const half = this.api.getSizesForCurrentTheme().rowHeight / 2;
    const shown = [...this.root.querySelectorAll(".ag-center-cols-container > .ag-row")]
      .filter((row) => row.getBoundingClientRect().bottom - half > top)
      .map((row) => Number(row.getAttribute("row-index")));
    return shown.length ? Math.min(...shown) : this.lastPlace ?? 0;
  }

  listAddress() {
    return this.address("/");
  }

  sessionAddress(token) {
    return this.address(`/sessions/${encodeURIComponent(token)}`);
  }

  address(path) {
    const query = new URLSearchParams(this.query);
    if (query.get("sort") === this.context.defaultSort) query.delete("sort");
    const row = this.visible() ? this.firstRow() : this.lastPlace ?? 0;
    if (row > 0 && this.until) {
      query.set("row", String(row));
      query.set("until", this.until);
    }
    const text = query.toString();
    return text ? `${path}?${text}` : path;
  }

  writePlace() {
    this.lastPlace = this.firstRow();
    const address = this.listAddress();
    if (location.pathname === "/" && address !== location.pathname + location.search) {
      history.replaceState({ page: address }, "", address);
    }
  }

  // View links are real links; what they remember of the list is as fresh as the moment they are used.
  refreshAddress(event) {
    const link = event.target.closest?.("a[data-token]");
    if (!link) return;
    this.writePlace(); // the way back is this entry of the history
    link.href = this.sessionAddress(link.dataset.token);
  }

  // ---- sorting

  markSort() {
    const sort = this.query.sort ?? this.context.defaultSort;
    const wanted = { colId: sort.replace("-", ""), sort: sort.startsWith("-") ? "desc" : "asc" };
    this.marking = true;
    this.api.applyColumnState({ state: [wanted], defaultState: { sort: null } });
    this.marking = false;
  }

  sorted() {
    if (this.marking) return;
    const [column] = this.api.getColumnState().filter((state) => state.sort);
    const sort = column ? `${column.sort === "desc" ? "-" : ""}${column.colId}` : this.context.defaultSort;
    if (sort === (this.query.sort ?? this.context.defaultSort)) return;
    this.query = { ...this.query };
    delete this.query.sort;
    if (sort !== this.context.defaultSort) this.query.sort = sort;
    this.generation += 1;
    emitEvent("cartwatch_sort", sort);
  }

  // ---- keyboard and opening

  open(token) {
    this.writePlace();
    emitEvent("sub_pages_navigate", this.sessionAddress(token));
  }

  openSelected() {
    const cell = this.api.getFocusedCell();
    const row = cell ? this.api.getDisplayedRowAtIndex(cell.rowIndex) : this.api.getSelectedNodes()[0];
    if (row?.data) this.open(row.data.cart_token);
  }

  // Move the focus by rows; the first call enters the table.
  move(step) {
    const cell = this.api.getFocusedCell();
    const last = this.api.getDisplayedRowCount() - 1;
    const target = cell ? Math.min(last, Math.max(0, cell.rowIndex + step)) : this.firstRow();
    if (last < 0) return;
    this.api.ensureIndexVisible(target);
    this.api.setFocusedCell(target, cell?.column ?? "session");
    const node = this.api.getDisplayedRowAtIndex(target);
    if (node?.data) node.setSelected(true, true);
  }

  // Ctrl+Home and Ctrl+End do not move the focus in this row model: supply them.
  keyed({ event, data }) {
    if (event.key === "Enter" && data && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // on the View link as well: the grid would keep the key from it
      this.open(data.cart_token);
    }
    if ((event.ctrlKey || event.metaKey) && (event.key === "End" || event.key === "Home")) {
      this.move(event.key === "End" ? Infinity : -Infinity);
      event.preventDefault();
    }
  }

  fitColumns() {
    const narrow = this.root.clientWidth > 0 && window.innerWidth < NARROW;
    if (this.root.clientWidth > 0) this.api.setColumnsVisible(WIDE_ONLY, !narrow);
  }
}
