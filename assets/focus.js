// Where the keyboard is when what had it is gone: at the next row's button, else at the first control of its card; where
// the card itself was shown anew, at what is there in its place. And in a dialog, Tab goes round. (A browser would begin
// anew at the top of the page.)

const CONTROLS = "button, a[href], input, select, textarea, summary";
const CARDS = ".cw-card, .cw-session-header";

let last = null; // what had the focus last outside of dialogs: { element, words, card, holder, row, place, index }

const seen = (element) => element.isConnected && element.getClientRects().length > 0;
const controls = (within) => [...within.querySelectorAll(CONTROLS)].filter((one) => seen(one) && !one.disabled);
const rows = (card) => [...card.querySelectorAll("tr, li")];
const place = (card, row) => (row ? rows(card).indexOf(row) : -1);
const name = (control) => control.ariaLabel ?? control.textContent;

function remember({ target }) {
  if (target.closest(".q-dialog")) return; // it closes, and the focus goes back to where it was
  const card = target.closest(CARDS);
  const row = target.closest("tr, li");
  last = card && {
    element: target, words: name(target), card, holder: card.parentElement, row, place: place(card, row), index: controls(card).indexOf(target),
  };
}

function settle() {
  if (!last) return;
  if (seen(last.element)) last.place = place(last.card, last.row); // rows above it may have come or gone
  else if (document.activeElement === document.body && !document.querySelector(".q-dialog")) land();
}

function land() {
  const { card, holder, words, place: gone, index } = last;
  last = null;
  if (!card.isConnected) return landAnew(holder, words, index);
  const left = rows(card).filter((row) => controls(row).length > 0);
  const row = gone < 0 ? null : rows(card).slice(gone).find((one) => left.includes(one)) ?? left.at(-1);
  const there = controls(row ?? card);
  const next = row ? there.find((one) => name(one) === words) ?? there.at(-1) : there[0];
  if (!next) card.tabIndex = -1; // nothing to press any more: reading goes on here
  (next ?? card).focus();
}

function landAnew(holder, words, index) {
  const cards = holder.isConnected ? [...holder.children].filter((one) => one.matches(CARDS)) : [];
  if (cards.length !== 1) return; // gone, with its page
  const there = controls(cards[0]);
  const next = there.find((one) => name(one) === words) ?? there[Math.min(index, there.length - 1)];
  // It changed by itself, perhaps while something else was being read further down.
  next?.focus({ preventScroll: true });
}

function goRound(event) {
  const dialog = event.key === "Tab" && [...document.querySelectorAll(".q-dialog .cw-dialog")].at(-1);
  if (!dialog) return;
  const there = controls(dialog);
  const here = there.indexOf(document.activeElement);
  const end = event.shiftKey ? 0 : there.length - 1;
  if (!there.length || (here !== end && here !== -1)) return;
  event.preventDefault();
  there.at(event.shiftKey ? -1 : 0).focus();
}

export function keepFocus() {
  document.addEventListener("keydown", goRound, true);
  document.addEventListener("focusin", remember);
  document.addEventListener("pointerdown", ({ target }) => {
    if (!target.closest(`${CONTROLS}, .q-dialog`)) last = null; // whoever clicks beside it has let it go
  });
  const changed = { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] };
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; settle(); });
  }).observe(document.body, changed);
}
