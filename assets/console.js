// The shell in the browser: which view is shown, the connection, keyboard shortcuts, exact times, copying.
// Everything that the pages call is on `cartwatch`.

import { SessionGrid } from "./session_grid.js";
import * as cells from "./session_cells.js";
import { followConnection } from "./connection.js";
import { keepFocus } from "./focus.js";
import { keepReading } from "./reading.js";
import { showShortcutsChoice, startShortcuts, turnShortcuts } from "./shortcuts.js";
import { reasons } from "./reasons.js";
import { startTooltips } from "./tooltip.js";
import { useTexts } from "./times.js";

const grid = new SessionGrid();

// The list stays mounted while details show: only the view changes, at once, before any answer of the server.
// The other pages are without either.
const PAGES = ["/rules", "/audit", "/learning", "/connections"];

function showView() {
  const detail = location.pathname.startsWith("/sessions/");
  const before = document.body.dataset.view;
  document.body.dataset.view = detail ? "detail" : PAGES.includes(location.pathname) ? "page" : "list";
  if (before === "detail" && !detail) {
    if (grid.api) grid.fitColumns();
    grid.reveal();
    grid.live.catchUp();
  }
}

// Going from one session to the next replaces the entry, so that Back always returns to the list.
function watchHistory() {
  const push = history.pushState.bind(history);
  const isDetail = (address) => new URL(address, location.href).pathname.startsWith("/sessions/");
  history.pushState = (state, title, address) => {
    if (isDetail(location.href) && isDetail(address)) {
      history.replaceState({ ...state, fromList: history.state?.fromList }, title, address);
    } else {
      push({ ...state, fromList: !isDetail(location.href) }, title, address);
    }
    showView();
  };
  window.addEventListener("popstate", showView);
}

// `mode` is "push" for a step that Back should undo, "replace" while typing.
function show(query, address, mode) {
  const here = location.pathname + location.search;
  if (mode !== "keep" && address !== here) {
    if (mode === "push") history.pushState({ page: address }, "", address);
    else history.replaceState({ page: address }, "", address);
  }
  grid.show(query);
}

// The list exactly as it was: by history where we came from it, else by its address.
function backToList() {
  const { view } = document.body.dataset;
  if (view === "list") return;
  if (view === "page") location.assign(document.querySelector("[data-back]").href);
  else if (history.state?.fromList) history.back();
  else emitEvent("sub_pages_navigate", grid.api ? grid.listAddress() : "/");
}

async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or not a secure context
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  emitEvent("cartwatch_copied", done);
}

function choose(name, value) {
  document.cookie = `cartwatch_${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}

function start(texts, locale) {
  useTexts(texts, locale);
  document.body.dataset.state ??= "loading";
  showView();
  watchHistory();
  startTooltips(locale, reasons((id) => grid.reason(id)));
  keepFocus();
  keepReading();
  startShortcuts(grid, backToList);
  followConnection((connected) => grid.live.setConnected(connected));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-leave]")) event.stopPropagation(); // a document of its own: the browser's matter
    if (event.target.closest("[data-back]") && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      backToList();
    }
  }, true);
}

window.cartwatch = { grid, cells, show, copy, choose, start, backToList, showShortcutsChoice, turnShortcuts };
