// What is shown on hover and on keyboard focus: the exact time of anything with data-moment, local first, then UTC; and
// the strongest reason of a score with data-reason.

const ANY = "[data-moment], [data-reason]";

let tip = null;
let shown = null; // the element that the tooltip is about
let reasonOf = null;

function exact(moment, locale) {
  const at = new Date(moment);
  const style = { dateStyle: "medium", timeStyle: "medium" };
  const local = new Intl.DateTimeFormat(locale, style).format(at);
  const utc = new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" }).format(at);
  return `${local}\n${utc} UTC`;
}

function hide() {
  tip.hidden = true;
  shown?.closest(".ag-cell")?.removeAttribute("aria-describedby");
  shown = null;
}

function place(element, text) {
  tip.textContent = text;
  tip.classList.toggle("cw-tooltip-words", "reason" in element.dataset);
  tip.hidden = false;
  const box = element.getBoundingClientRect();
  const above = box.top > tip.offsetHeight + 8;
  tip.style.top = `${above ? box.top - tip.offsetHeight - 4 : box.bottom + 4}px`;
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
}

async function show(element, locale) {
  if (element === shown && "reason" in element.dataset) return; // it is there, or asked for
  hide();
  shown = element;
  if (!("reason" in element.dataset)) {
    place(element, exact(Number(element.dataset.moment), locale));
    return;
  }
  const still = () => shown === element && element.isConnected;
  const sentence = await reasonOf(element, still);
  if (!sentence || !still()) return;
  place(element, sentence);
  element.closest(".ag-cell")?.setAttribute("aria-describedby", tip.id);
}

export function startTooltips(locale, reasons) {
  reasonOf = reasons;
  tip = document.createElement("div");
  tip.className = "cw-tooltip";
  tip.id = "cw-tooltip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const find = (event) => event.target.closest?.(ANY) ?? event.target.closest?.(".ag-cell")?.querySelector(ANY);
  const enter = (event) => {
    const element = find(event);
    if (element) show(element, locale);
    else hide();
  };
  document.addEventListener("mouseover", enter);
  document.addEventListener("focusin", enter);
  document.addEventListener("focusout", hide);
  // Tabbing to a time further down scrolls to it: its tooltip goes along.
  document.addEventListener("scroll", () => {
    const focused = document.activeElement?.closest("[data-moment]");
    if (focused && !tip.hidden) show(focused, locale);
    else hide();
  }, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
