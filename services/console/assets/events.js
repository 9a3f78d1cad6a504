// The search of events: completes what is typed, and follows events as they arrive. The page is complete without it.
"use strict";

(() => {
  /** Most rows of the live list. */
  const MAX_ROWS = 500;
  /** Most events that wait to be shown in it: fewer, so that what is said of those that were skipped stays in sight. */
  const MAX_WAITING = 300;
  /** How often what has arrived is shown, in milliseconds: faster than that nobody reads. */
  const SHOW_EVERY = 250;
  /** The delay before a stream that was refused is asked for again, in milliseconds. */
  const RETRY_AFTER = 3_000;
  /** The end of the list is in sight if no more pixels are below. */
  const NEAR_END = 24;
  /** How much of a message and of the fields a row shows. Same as on the server. */
  const SHOWN_LINES = 3;
  const SHOWN_CHARS = 400;
  const SHOWN_FIELDS = 6;
  const SHOWN_VALUE_CHARS = 60;
  /** How long after the last key completions are fetched, in milliseconds. */
  const TYPING = 150;

  const first = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const number = (value) => value.toLocaleString("en-US");

  // Text of others. Same as on the server: what would act instead of being read is written out.

  const LINE_END = /\r\n|[\r\v\f\u0085\u2028\u2029]/gu;
  const HIDDEN = new RegExp(
    "[^\\P{Cc}\\n\\t]|\\p{Bidi_Control}|[\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u2060-\\u2064" +
      "\\u206a-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\ufffe\\uffff\\u{e0000}-\\u{e007f}]", "gu");

  const plain = (text) =>
    text.replace(LINE_END, "\n").replace(HIDDEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

  function cut(text, most) {
    const chars = [...text];
    return chars.length > most ? `${chars.slice(0, most).join("")}…` : text;
  }

  // Rows.

  /** The CSS class of a level. Same as on the server. */
  function toneOf(level) {
    if (["error", "critical", "alert", "emergency"].includes(level)) return "error";
    if (["info", "notice"].includes(level)) return "info";
    if (["debug", "trace"].includes(level)) return "debug";
    return level === "warn" ? "warn" : "no-level";
  }

  /** The single values of fields. */
  function leavesOf(fields, prefix = "") {
    return Object.entries(fields).filter(([name]) => prefix || name !== "@marks").flatMap(([name, value]) => {
      const path = prefix + name;
      const items = Array.isArray(value) ? value : [value];
      return items.flatMap((item) =>
        (item !== null && typeof item === "object" ? leavesOf(item, `${path}.`) : [[path, String(item)]]));
    });
  }

  function timeOf(time) {
    const at = Date.parse(time);
    return inZone(new Date(at).toISOString().slice(0, 23).replace("T", " "), at, chosenZone());
  }

  /** Where the page of an event is, which leads back to this search. */
  function addressOf(id) {
    const address = new URL(`/events/${encodeURIComponent(id)}`, location.href);
    const query = new URL(location.href).searchParams.get("query");
    if (query) address.searchParams.set("query", query);
    return address.pathname + address.search;
  }

  function rowOf({ id, time, level, service, host, message, fields }) {
    const row = first("[data-row]").content.firstElementChild.cloneNode(true);
    const link = first(".at", row);
    const [text, all] = [plain(message ?? "").replace(/\n+$/u, ""), leavesOf(fields ?? {})];
    const head = cut(text.split("\n").slice(0, SHOWN_LINES).join("\n"), SHOWN_CHARS);
    row.classList.add(toneOf(level));
    row.dataset.event = id;
    link.href = addressOf(id);
    first("time", link).dateTime = time;
    first("time", link).textContent = timeOf(time);
    first(".level", row).textContent = level === "unknown" ? "" : level;
    const origin = [service, host].map((name) => plain(cut(name ?? "", SHOWN_VALUE_CHARS)));
    first(".origin", row).textContent = origin[1] ? origin.join("@") : origin[0];
    first(".message", row).textContent = head;
    const said = first(".said", row);
    for (const [name, value] of all.slice(0, SHOWN_FIELDS)) {
      const label = document.createElement("span");
      label.className = "label";
      const title = document.createElement("span");
      title.className = "muted";
      title.textContent = plain(cut(name, SHOWN_VALUE_CHARS));
      label.append(title, ` ${plain(cut(value, SHOWN_VALUE_CHARS))}`);
      said.append(" ", label);
    }
    if (head !== text || all.length > SHOWN_FIELDS) {
      const more = document.createElement("a");
      more.className = "more";
      more.href = link.href;
      more.textContent = "more";
      said.append(" ", more);
    }
    return row;
  }

  /** A line that says what is not shown, with a link to search for it. */
  function gapOf({ text, from, to }) {
    const gap = document.createElement("p");
    gap.className = "gap";
    gap.textContent = text;
    if (from && to && to > from) {
      const address = new URL("/events", location.href);
      const query = new URL(location.href).searchParams.get("query");
      if (query) address.searchParams.set("query", query);
      // Bounds of a range, in milliseconds: the shortest that a page shows is 10 s.
      address.searchParams.set("from", new Date(Math.min(from, to - 10_000)).toISOString());
      address.searchParams.set("to", new Date(to).toISOString());
      const link = document.createElement("a");
      link.href = address.pathname + address.search;
      link.textContent = "Search for it";
      gap.append(" ", link);
    }
    return gap;
  }

  // Following.

  /** What is followed: null, or the list and its stream. */
  let tail = null;

  class Tail {
    constructor(found, stream) {
      this.found = found;
      this.stream = stream;
      this.section = first("[data-tail]", found);
      this.log = first("[data-log]", found);
      this.waiting = [];
      this.skipped = 0;
      this.isPaused = false;
      this.lostAt = null;
      this.lastAt = null;
      this.isReady = false;
      found.dataset.following = "";
      this.section.hidden = false;
      this.connect();
      this.timer = setInterval(() => this.show(), SHOW_EVERY);
      this.log.addEventListener("scroll", () => this.say());
      first("[data-tail-pause]", found).onclick = ({ target }) => {
        this.isPaused = !this.isPaused;
        target.textContent = this.isPaused ? "Resume" : "Pause";
        if (!this.isPaused) this.log.scrollTop = this.log.scrollHeight;
        this.show();
      };
      first("[data-tail-stop]", found).onclick = () => location.reload();
      this.section.scrollIntoView({ block: "nearest" });
      this.log.focus({ preventScroll: true });
    }

    connect() {
      this.source = new EventSource(this.stream);
      this.source.addEventListener("event", ({ data }) => this.take(JSON.parse(data)));
      this.source.addEventListener("lagged", ({ data }) => {
        const { missed } = JSON.parse(data);
        const text = `${number(missed)} skipped: they came faster than they could be sent.`;
        this.hold({ gap: { text, from: this.lastAt, to: Date.now() }, missed });
      });
      this.source.addEventListener("open", () => this.opened());
      this.source.addEventListener("error", () => this.ended());
    }

    /** Begins with what the page would show now, so that nothing is missing between it and the stream. */
    async begin() {
      const address = new URL(location.href);
      for (const name of ["page", "from", "to"]) address.searchParams.delete(name);
      const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      for (const { className, dataset, childNodes } of all("[data-list] [data-event]", page).reverse()) {
        const row = document.createElement("div");
        row.className = className;
        row.dataset.event = dataset.event;
        row.append(...childNodes);
        this.log.append(row);
      }
      const known = new Set(all("[data-event]", this.log).map(({ dataset }) => dataset.event));
      this.waiting = this.waiting.filter(({ event }) => !event || !known.has(event.id));
      showZone();
      this.log.scrollTop = this.log.scrollHeight;
    }

    opened() {
      if (this.lostAt) {
        const text = `Connected again at ${timeOf(new Date().toISOString())}. What came between is not shown here.`;
        this.hold({ gap: { text, from: this.lostAt, to: Date.now() } });
        this.lostAt = null;
      } else if (!this.isReady) {
        this.begin().catch(() => {}).then(() => {
          this.isReady = true;
          this.show();
        });
      }
      this.say();
    }

    ended() {
      if (!this.lostAt && this.isReady) {
        this.lostAt = this.lastAt ?? Date.now();
        this.hold({ gap: { text: `Connection ended at ${timeOf(new Date().toISOString())}.` } });
      }
      // A browser tries again by itself, unless the answer was an error.
      if (this.source.readyState === EventSource.CLOSED) {
        clearTimeout(this.retry);
        this.retry = setTimeout(() => this.connect(), RETRY_AFTER);
      }
      this.say();
    }

    take(event) {
      this.lastAt = Date.parse(event.time);
      this.hold({ event });
    }

    /** Keeps something until it is shown; of too much, the oldest is skipped. */
    hold(item) {
      this.waiting.push(item);
      if (this.waiting.length <= MAX_WAITING) return;
      const { event, missed } = this.waiting.shift();
      this.skipped += event ? 1 : missed ?? 0;
      if (event) this.skippedFrom ??= Date.parse(event.time);
    }

    /** Whether somebody reads what is further up. */
    isScrolledUp() {
      const { scrollHeight, scrollTop, clientHeight } = this.log;
      return scrollHeight - scrollTop - clientHeight > NEAR_END;
    }

    show() {
      if (!this.log.isConnected) {
        this.stop();
        return;
      }
      if (this.isReady && !this.isPaused && !this.isScrolledUp()) this.append();
      this.say();
    }

    append() {
      if (this.waiting.length === 0) return;
      const rows = document.createDocumentFragment();
      if (this.skipped) {
        const next = this.waiting.find(({ event }) => event)?.event;
        const text = `${number(this.skipped)} skipped: they came faster than they can be shown.`;
        rows.append(gapOf({ text, from: this.skippedFrom, to: next ? Date.parse(next.time) + 1 : Date.now() }));
      }
      for (const { event, gap } of this.waiting) rows.append(event ? rowOf(event) : gapOf(gap));
      [this.waiting, this.skipped, this.skippedFrom] = [[], 0, null];
      this.log.append(rows);
      while (this.log.childElementCount > MAX_ROWS) this.log.firstElementChild.remove();
      this.log.scrollTop = this.log.scrollHeight;
    }

    say() {
      const states = { [EventSource.OPEN]: "Live", [EventSource.CONNECTING]: this.lostAt ? "Connection ended, trying again" : "Connecting" };
      let text = states[this.source.readyState] ?? "Connection ended, trying again";
      if (this.isPaused || this.isScrolledUp()) {
        const waiting = this.waiting.filter(({ event }) => event).length;
        const skipped = this.skipped ? `, ${number(this.skipped)} skipped` : "";
        text = `${text}, ${this.isPaused ? "paused" : "stands still while you read"}: ${number(waiting)} new${skipped}`;
      }
      const status = first("[data-tail-says]", this.found);
      if (status.textContent !== text) status.textContent = text;
    }

    stop() {
      this.source.close();
      clearInterval(this.timer);
      clearTimeout(this.retry);
      tail = null;
    }
  }

  // Completion.

  const NAME = "[\\p{L}\\p{N}_.@/:$\\[\\]-]";
  const TYPED_VALUE = new RegExp(`(^|[\\s(])(-?)(${NAME}+|"[^"]*")(!?=)"?([^\\s"()=]*)$`, "u");
  const TYPED_NAME = new RegExp(`(^|[\\s(])(-?)(${NAME}+)$`, "u");

  /** What is being typed before the caret: a value of a field, or a name; null if neither. */
  function typedIn(field) {
    const before = field.value.slice(0, field.selectionStart);
    const value = TYPED_VALUE.exec(before);
    if (value) {
      const [, edge, minus, name, sign, text] = value;
      const negation = (minus === "-") === (sign === "!=") ? "" : "-";
      return { start: value.index + edge.length, negation, field: name.replaceAll("\"", ""), text };
    }
    const name = TYPED_NAME.exec(before);
    if (!name) return null;
    return { start: name.index + name[1].length, negation: name[2], text: name[3] };
  }

  class Completion {
    constructor(field, list) {
      [this.field, this.list, this.chosen] = [field, list, -1];
      list.id = "completions";
      list.setAttribute("role", "listbox");
      list.setAttribute("aria-label", "Completions");
      for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
        field.setAttribute(name, value);
      }
      field.addEventListener("input", () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.ask().catch(() => this.hide()), TYPING);
      });
      field.addEventListener("keydown", (event) => this.press(event));
      field.addEventListener("blur", () => this.hide());
    }

    async ask() {
      const typed = typedIn(this.field);
      this.asking?.abort();
      if (!typed) {
        this.hide();
        return;
      }
      this.asking = new AbortController();
      const address = new URL("/events/complete", location.href);
      const shown = new URL(location.href).searchParams;
      for (const name of ["over", "from", "to"]) if (shown.has(name)) address.searchParams.set(name, shown.get(name));
      const { value, selectionStart } = this.field;
      const others = `${value.slice(0, typed.start)}${value.slice(selectionStart)}`.trim();
      for (const [name, text] of [["query", others], ["field", typed.field], ["text", typed.text]]) {
        if (text) address.searchParams.set(name, text);
      }
      const answer = await fetch(address, { signal: this.asking.signal });
      if (!answer.ok || document.activeElement !== this.field) return;
      this.offer(typed, await answer.json());
    }

    offer(typed, words) {
      const isAll = words.length === 1 && words[0].shown === typed.text;
      this.list.replaceChildren(...words.map(({ shown, text }, index) => {
        const option = document.createElement("li");
        option.id = `completion-${index}`;
        option.setAttribute("role", "option");
        option.textContent = plain(cut(shown, SHOWN_VALUE_CHARS));
        // The field keeps the focus.
        option.addEventListener("mousedown", (event) => event.preventDefault());
        option.addEventListener("click", () => this.accept(index));
        return option;
      }));
      [this.typed, this.words] = [typed, words];
      this.choose(-1);
      this.list.hidden = words.length === 0 || isAll;
      this.field.setAttribute("aria-expanded", String(!this.list.hidden));
    }

    choose(index) {
      this.chosen = index;
      all("li", this.list).forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
      const option = this.list.children[index];
      option?.scrollIntoView({ block: "nearest" });
      if (option) this.field.setAttribute("aria-activedescendant", option.id);
      else this.field.removeAttribute("aria-activedescendant");
    }

    accept(index) {
      const { start, negation, field } = this.typed;
      const rest = this.field.value.slice(this.field.selectionStart).replace(/^"/u, "");
      const text = `${negation}${this.words[index].text}${field && !rest ? " " : ""}`;
      this.field.value = this.field.value.slice(0, start) + text + rest;
      this.field.setSelectionRange(start + text.length, start + text.length);
      this.hide();
      // After a name come its values.
      if (!field) this.ask().catch(() => this.hide());
    }

    hide() {
      this.list.hidden = true;
      this.field.setAttribute("aria-expanded", "false");
      this.choose(-1);
    }

    press(event) {
      if (this.list.hidden) return;
      const count = this.words.length;
      const keys = {
        ArrowDown: () => this.choose((this.chosen + 1) % count),
        ArrowUp: () => this.choose(this.chosen > 0 ? this.chosen - 1 : count - 1),
        Escape: () => this.hide(),
      };
      if (this.chosen >= 0) keys.Enter = keys.Tab = () => this.accept(this.chosen);
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }
  }

  function setUp() {
    const [field, list] = [first("[data-query]"), first("[data-completions]")];
    if (field && !field.hasAttribute("role")) new Completion(field, list);
    for (const button of all("[data-follow]")) {
      button.hidden = false;
      button.onclick = () => { tail ??= new Tail(first("[data-found]"), button.dataset.follow); };
    }
  }

  // The script of the charts puts other parts in place when the range changes.
  document.addEventListener("drawn", () => {
    if (tail && !tail.log.isConnected) tail.stop();
    setUp();
  });
  setUp();
})();
