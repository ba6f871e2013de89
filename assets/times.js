// Times that move: relative times and countdowns tick here, so no message crosses the wire for a tick.
//
//   data-relative="ms"    the moment, as "33m ago"
//   data-countdown="ms"   the time left until the moment, as "14:03"; a moment that has passed reads as 0:00
//   data-duration="ms"    the time since the moment, as "14:03"
//
// Moments are milliseconds since 1970 UTC. Texts and plural forms come from the server's catalogue (useTexts).

const STEPS = [
  ["year", 365 * 86400], ["month", 30 * 86400], ["day", 86400], ["hour", 3600], ["minute", 60],
];

let texts = {};
let plurals = new Intl.PluralRules("en");
let numbers = new Intl.NumberFormat("en");
let frozenAt = null;

export function useTexts(catalogue, locale) {
  texts = catalogue;
  plurals = new Intl.PluralRules(locale);
  numbers = new Intl.NumberFormat(locale);
}

// While the merchant has paused, clocks stand still as well (WCAG 2.2.2).
export function freeze(paused) {
  frozenAt = paused ? Date.now() : null;
  tick();
}

export const now = () => frozenAt ?? Date.now();

export function relative(moment, at = now()) {
  const seconds = (at - moment) / 1000;
  const size = Math.abs(seconds);
  for (const [unit, length] of STEPS) {
    if (size < length) continue;
    const count = Math.floor(size / length);
    return phrase(`${unit}.${seconds < 0 ? "future" : "past"}`, count);
  }
  return texts.now ?? "";
}

export function phrase(key, count) {
  const pattern = texts[`${key}.${plurals.select(count)}`] ?? texts[`${key}.other`] ?? "";
  return pattern.replace("{0}", numbers.format(count));
}

export function clock(milliseconds) {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

export function render(element, at = now()) {
  const { relative: then, countdown, duration } = element.dataset;
  const text = then ? relative(Number(then), at)
    : countdown ? clock(Number(countdown) - at)
      : clock(at - Number(duration));
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  if (document.hidden) return;
  const at = now();
  for (const element of document.querySelectorAll("[data-relative],[data-countdown],[data-duration]")) {
    render(element, at);
  }
  document.dispatchEvent(new CustomEvent("cartwatch:tick", { detail: at }));
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
