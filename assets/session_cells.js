// The cells of the sessions table. Every text goes through textContent: nothing from outside can become markup.

import { now, relative, render } from "./times.js";

let look = null; // labels, tones, icons and number formats, from the server

export function useLook(context) {
  look = context;
}

export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function icon(name) {
  const node = make("span", `cw-icon cw-icon-${name}`);
  node.setAttribute("aria-hidden", "true");
  return node;
}

export function badge({ tone, icon: picture, label }) {
  const node = make("span", `cw-badge ${tone ? `cw-tone-${tone}` : "cw-badge-plain"}`);
  if (picture) node.append(icon(picture));
  node.append(make("span", "", label));
  return node;
}

const skeleton = () => make("span", "cw-skeleton");

// An active session whose time is over shows as expired, even before the sweep has stored it.
export function shownStatus(row) {
  return row.status === "active" && row.expires_at !== null && row.expires_at <= now() ? "expired" : row.status;
}

export function money(minor, currency) {
  const digits = look.exponents[currency] ?? 2;
  const format = new Intl.NumberFormat(look.locale, {
    minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: "always",
  });
  return `${format.format(minor / 10 ** digits)}\u00a0${currency}`;
}

// Characters that show nothing but may turn or break the text around them, written out as \u202e (ui/text.py).
function seen(text) {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (one) => {
    const code = one.codePointAt(0);
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
}

function shortened(token) {
  return token.length <= 18 ? token : `${token.slice(0, 17)}…`;
}

export function countryName(code) {
  return look.countries[code] ?? look.labels.unknown;
}

function flag(code) {
  const known = code !== null && code in look.countries;
  const picture = make("img", "cw-flag");
  picture.src = `${look.assets}/flags/${known ? code.toLowerCase() : "unknown"}.svg`;
  picture.alt = "";
  return picture;
}

export function sessionCell({ data: row }) {
  if (!row) return skeleton();
  const cell = make("span", "cw-session");
  const device = icon(look.devices[row.device] ? row.device : "unknown");
  device.removeAttribute("aria-hidden");
  device.setAttribute("role", "img");
  device.setAttribute("aria-label", look.devices[row.device] ?? look.labels.unknown);
  device.title = look.devices[row.device] ?? look.labels.unknown;
  const token = make("bdi", "cw-token", shortened(seen(row.cart_token)));
  token.title = seen(row.cart_token);
  const place = make("span", "cw-country");
  place.title = countryName(row.country);
  place.append(flag(row.country), make("span", "", row.country ?? look.labels.unknown));
  cell.append(device, token, place);
  return cell;
}

export function cartCell({ data: row }) {
  if (!row) return skeleton();
  const cell = make("span", "cw-two-lines");
  const items = look.items[look.plurals.select(row.item_count)] ?? look.items.other;
  cell.append(
    make("span", "cw-figure", money(row.value, row.currency)),
    make("span", "cw-secondary", items.replace("{n}", look.numbers.format(row.item_count))),
  );
  return cell;
}

export function statusCell({ data: row }) {
  return row ? badge(look.statuses[shownStatus(row)] ?? look.statuses.active) : skeleton();
}

export function riskCell({ data: row }) {
  if (!row) return skeleton();
  const cell = make("span", "cw-risk");
  cell.append(badge(look.levels[row.risk_level] ?? look.levels.normal));
  if (row.risk_score !== null) {
    cell.append(make("span", "cw-secondary cw-score", String(row.risk_score)));
    cell.dataset.reason = row.id; // its strongest reason is asked for on hover and on focus
    cell.dataset.score = `${row.risk_level} ${row.risk_score}`;
  }
  return cell;
}

export function startedCell({ data: row }) {
  if (!row) return skeleton();
  const time = make("time", "", relative(row.started_at));
  time.dataset.relative = time.dataset.moment = String(row.started_at);
  return time;
}

export function leftCell({ data: row }) {
  if (!row) return skeleton();
  if (shownStatus(row) !== "active" || row.expires_at === null) return make("span", "cw-secondary", "–");
  const left = make("span", "cw-figure");
  left.dataset.countdown = left.dataset.moment = String(row.expires_at);
  left.classList.toggle("cw-soon", row.expires_at - now() < 60_000);
  render(left);
  return left;
}

export function viewCell({ data: row }) {
  if (!row) return skeleton();
  const link = make("a", "cw-view", look.labels.view);
  link.href = look.address(row.cart_token);
  link.dataset.token = row.cart_token;
  link.setAttribute("aria-label", `${look.labels.view} ${row.cart_token}`);
  return link;
}

// What the list can be narrowed by from a cell: the parameter, the value, and the words for it.
export function conditionsOf(column, row) {
  if (column === "status") {
    const status = shownStatus(row);
    return [{ name: "status", value: status, words: look.statuses[status]?.label ?? status }];
  }
  if (column === "score") {
    return [{ name: "risk", value: row.risk_level, words: look.levels[row.risk_level]?.label ?? row.risk_level }];
  }
  if (column !== "session") return [];
  const country = row.country === null ? look.labels.unknownCountry : countryName(row.country);
  return [
    { name: "country", value: row.country ?? look.nowhere, words: country },
    { name: "device", value: row.device, words: look.devices[row.device] ?? look.devices.unknown },
  ];
}
