// The list keeps up with its store: changed rows in place, new sessions when nobody is in the way, counts always.
//
// The server sends one small message when the store's revision has moved (console.js hands it to changed()). What is
// on screen is then asked for in one request. Nothing is asked while nothing has changed.

import { freeze, relative } from "./times.js";

const element = (selector) => document.querySelector(selector);

export class LiveList {
  constructor(grid) {
    this.grid = grid;
    this.revision = 0;
    this.everything = 0;
    this.newer = 0;
    this.updatedAt = Date.now();
    this.paused = false;
    this.connected = true;
    this.moved = false; // rows have come or gone, and the table has not been fetched again yet
    this.pointerInside = false;
    this.running = null;
    this.again = false;
  }

  attach() {
    const { root } = this.grid;
    root.addEventListener("pointerenter", () => { this.pointerInside = true; });
    root.addEventListener("pointerleave", () => { this.pointerInside = false; this.settle(); });
    root.addEventListener("focusout", () => setTimeout(() => this.settle(), 0));
    document.addEventListener("visibilitychange", () => this.behind && this.catchUp());
    document.addEventListener("cartwatch:tick", () => this.showFreshness());
  }

  // ---- what happens

  changed(revision) {
    this.behind = revision > this.revision;
    if (this.behind) this.catchUp();
  }

  took(answer) {
    this.revision = Math.max(this.revision, answer.revision);
    this.everything = answer.everything;
    this.newer = answer.newer;
    this.moved = false;
    this.updatedAt = Date.now();
    this.showCounts();
    this.showFreshness();
  }

  // Rows further down were fetched earlier than those now scrolled into view may have changed.
  scrolled() {
    if (!this.paused) this.catchUp();
    this.settle();
  }

  setPaused(paused) {
    this.paused = paused;
    freeze(paused);
    document.body.toggleAttribute("data-paused", paused);
    const button = element(".cw-pause");
    const { labels } = this.grid.context;
    button.querySelector(".cw-button-text").textContent = paused ? labels.resume : labels.pause;
    button.setAttribute("aria-pressed", String(paused));
    if (paused) this.showFreshness();
    else this.catchUp().then(() => this.settle());
  }

  setConnected(connected) {
    const returned = connected && !this.connected;
    this.connected = connected;
    document.body.toggleAttribute("data-offline", !connected);
    this.showFreshness();
    if (returned) this.catchUp();
  }

  showNew() {
    if (this.paused) this.setPaused(false);
    this.grid.until = null;
    this.grid.api.ensureIndexVisible(0, "top");
    this.grid.refresh();
  }

  // ---- keeping up

  async catchUp() {
    if (document.hidden || !this.grid.visible() || !this.grid.api) {
      this.behind = true;
      return;
    }
    if (this.running) {
      this.again = true; // one request at a time; what comes meanwhile is asked for once, afterwards
      return;
    }
    this.running = this.follow();
    await this.running;
    this.running = null;
    if (this.again) {
      this.again = false;
      await this.catchUp();
    }
  }

  async follow() {
    const { grid } = this;
    if (!["ready", "empty", "nomatch"].includes(document.body.dataset.state)) return;
    const generation = grid.generation;
    const shown = this.paused ? [] : grid.api.getRenderedNodes().filter((node) => node.data);
    try {
      const ids = shown.map((node) => node.data.id).join(",");
      const answer = await grid.ask("/api/sessions/changes", { ids });
      if (generation !== grid.generation) return;
      this.behind = false;
      this.revision = Math.max(this.revision, answer.revision);
      this.everything = answer.everything;
      this.newer = answer.newer;
      if (!this.paused) this.update(answer, shown.length);
      this.showCounts();
      this.showFreshness();
    } catch {
      this.behind = true; // the next change, or the connection's return, asks again
    }
  }

  update(answer, asked) {
    const { grid } = this;
    for (const row of answer.rows) {
      const node = grid.api.getRowNode(row.id);
      if (node?.data && Object.keys(row).some((key) => row[key] !== node.data[key])) node.updateData(row);
    }
    if (answer.total !== grid.total || answer.rows.length < asked) this.moved = true;
    this.updatedAt = Date.now();
    this.settle();
  }

  // Rows may come and go only when that moves nothing under the pointer, the focus or the reader.
  settle() {
    if (this.paused || !this.grid.api || !this.grid.visible()) return;
    const reading = this.pointerInside || this.grid.root.querySelector(".ag-body-viewport")?.contains(document.activeElement);
    if (reading) return;
    const atTop = this.grid.firstRow() === 0;
    const empty = document.body.dataset.state !== "ready";
    if (this.newer > 0 && (atTop || empty)) this.grid.refresh();
    else if (this.moved) this.grid.refresh({ unpin: false });
  }

  // ---- what is said

  showCounts() {
    const { labels, locale } = this.grid.context;
    const numbers = new Intl.NumberFormat(locale);
    const rule = new Intl.PluralRules(document.documentElement.lang); // the language of the texts
    const forms = this.grid.filtered() ? labels.filteredCount : labels.totalCount;
    const pattern = forms[rule.select(this.everything)] ?? forms.other;
    const counted = numbers.format(this.grid.total) + (this.grid.capped ? "+" : "");
    const text = pattern.replace("{n}", numbers.format(this.everything)).replace("{matching}", counted);
    const count = element(".cw-count");
    if (count.textContent !== text) count.textContent = text;
    const pill = element(".cw-new");
    pill.hidden = this.newer === 0;
    const newText = labels.newCount.replace("{n}", numbers.format(this.newer) + (this.newer >= 1000 ? "+" : ""));
    if (pill.textContent !== newText) pill.textContent = newText;
  }

  showFreshness() {
    const { labels, locale } = this.grid.context ?? {};
    if (!labels) return;
    const seconds = Math.max(0, Math.floor((Date.now() - this.updatedAt) / 1000));
    const ago = seconds < 60
      ? labels.secondsAgo.replace("{n}", new Intl.NumberFormat(locale).format(seconds))
      : relative(this.updatedAt, Date.now());
    const pattern = !this.connected ? labels.offline : this.paused ? labels.paused : labels.live;
    const text = pattern.replace("{ago}", ago);
    const label = element(".cw-freshness");
    if (label.textContent !== text) label.textContent = text;
  }
}
