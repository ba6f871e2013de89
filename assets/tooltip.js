// The exact time of anything with data-moment, on hover and on keyboard focus: local first, then UTC.

let tip = null;

function exact(moment, locale) {
  const at = new Date(moment);
  const style = { dateStyle: "medium", timeStyle: "medium" };
  const local = new Intl.DateTimeFormat(locale, style).format(at);
  const utc = new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" }).format(at);
  return `${local}\n${utc} UTC`;
}

function hide() {
  tip.hidden = true;
}

function show(element, locale) {
  tip.textContent = exact(Number(element.dataset.moment), locale);
  tip.hidden = false;
  const box = element.getBoundingClientRect();
  const above = box.top > tip.offsetHeight + 8;
  tip.style.top = `${above ? box.top - tip.offsetHeight - 4 : box.bottom + 4}px`;
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
}

export function startTooltips(locale) {
  tip = document.createElement("div");
  tip.className = "cw-tooltip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  const find = (event) => event.target.closest?.("[data-moment]")
    ?? event.target.closest?.(".ag-cell")?.querySelector("[data-moment]");
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
