// Charts: zoom, values under the pointer, completion. Everything that is shown is in the address, and the server draws
// it: this script asks for another range and puts the answer in place. The pages are complete without it.
"use strict";

(() => {
  /** Bounds of a range in milliseconds. Same as on the server. */
  const MIN_LENGTH = 10_000;
  const MAX_LENGTH = 3_660 * 86_400_000;
  /** Bounds of the points of a line. Same as on the server. */
  const MIN_POINTS = 50;
  const MAX_POINTS = 1_000;
  /** Pixels of a chart for each point. */
  const PIXELS_OF_A_POINT = 2;
  /** Shorter drags, in pixels, are clicks. */
  const MIN_DRAG = 6;
  /** How far a key moves the range, as a share of it. */
  const MOVE = 0.25;
  /** How far a key moves the pointer, as a share of the range. */
  const STEP = 0.01;
  /** How long after the last key completions are fetched, in milliseconds. */
  const TYPING = 150;
  const SVG = "http://www.w3.org/2000/svg";

  const first = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const plots = () => all("[data-plot]");
  const areas = () => all("[data-area]");
  const plotOf = (event) => event.currentTarget.closest("[data-plot]");

  /** The instant under the pointer, in milliseconds; null without one. */
  let pointer = null;
  /** The zoom that is being dragged. */
  let drag = null;
  /** The fetch in progress. */
  let loading = null;
  /** The values of each line, read once. */
  const read = new WeakMap();

  function rangeOf(plot) {
    return { from: Number(plot.dataset.from), to: Number(plot.dataset.to) };
  }

  function shareOf(plot, at) {
    const { from, to } = rangeOf(plot);
    return (at - from) / (to - from);
  }

  function clamp(value, least, most) {
    return Math.min(Math.max(value, least), most);
  }

  // Drawing.

  function pointsOf() {
    const width = first("[data-charts]").getBoundingClientRect().width;
    return clamp(Math.round(width / PIXELS_OF_A_POINT / 100) * 100, MIN_POINTS, MAX_POINTS);
  }

  /** Fetches the page of the current address and puts its parts in place. */
  async function load(selectors) {
    loading?.abort();
    loading = new AbortController();
    const address = new URL(location.href);
    address.searchParams.set("points", pointsOf());
    const answer = await fetch(address, { signal: loading.signal });
    // A page for an error has no charts: the address has what is wrong.
    const text = await answer.text();
    performance.mark("answered");
    const page = new DOMParser().parseFromString(text, "text/html");
    if (!first("[data-charts]", page)) {
      location.reload();
      return;
    }
    const focused = areas().indexOf(document.activeElement);
    for (const selector of selectors) {
      const [old, now] = [first(selector), first(selector, page)];
      if (old && now) old.replaceWith(now);
    }
    setUp();
    showZone();
    areas()[focused]?.focus({ preventScroll: true });
    document.dispatchEvent(new Event("drawn"));
    // The layout is a part of drawing.
    first("[data-charts]").getBoundingClientRect();
    performance.measure("drawn", "answered");
  }

  const CHARTS = ["[data-charts]"];
  const EVERYTHING = [
    ...CHARTS, "[data-form]", "[data-part=series]", "[data-copies]", "[data-found]", "[data-part=time]",
  ];

  function loadQuietly(selectors) {
    return load(selectors).catch((error) => {
      if (error.name !== "AbortError") first("[data-charts]")?.setAttribute("data-failed", "");
    });
  }

  /** Shows another range, and keeps it in the address; without one, the range that the page was opened with. */
  function show(range) {
    const address = new URL(location.href);
    for (const name of ["from", "to", "page"]) address.searchParams.delete(name);
    if (range) {
      const now = Date.now();
      const length = clamp(range.to - range.from, MIN_LENGTH, MAX_LENGTH);
      const to = Math.min(range.to, now);
      address.searchParams.set("from", new Date(Math.max(to - length, 0)).toISOString());
      address.searchParams.set("to", new Date(to).toISOString());
    }
    if (address.href === location.href) return;
    history.pushState(null, "", address);
    pointer = null;
    loadQuietly(EVERYTHING);
  }

  // Values under the pointer.

  function valuesOf(row, name) {
    if (!read.has(row)) read.set(row, {});
    const known = read.get(row);
    known[name] ??= (row.dataset[name] ?? "").split(",").map((text) => (text === "" ? NaN : Number(text)));
    return known[name];
  }

  /** The value of a line at an instant: of the window around it, or the last one before that still lasts. */
  function valueAt(row, at, step, name, start) {
    const values = valuesOf(row, name);
    const index = Math.floor((at - Number(row.dataset[start])) / step);
    const oldest = Math.max(index - Number(row.dataset.hold), 0);
    for (let place = Math.min(index, values.length - 1); place >= oldest; place -= 1) {
      if (!Number.isNaN(values[place])) return values[place];
    }
    return null;
  }

  function textOf(plot, value) {
    if (value === null) return "none";
    const { divisor, least, most, suffix, unit } = plot.dataset;
    if (divisor === undefined) return `${Number(value.toPrecision(4))} ${unit}`.trim();
    const decimals = { minimumFractionDigits: least, maximumFractionDigits: most, signDisplay: "negative" };
    return (value / divisor).toLocaleString("en-US", decimals) + suffix;
  }

  /** The bar of a histogram around an instant. */
  const barAt = (plot, at) =>
    all("[data-bar]", plot).find(({ dataset: { from, to } }) => at >= Number(from) && at < Number(to));

  /** Shows what the bar at an instant stands for; the text. */
  function pointAtBar(plot, at) {
    const bar = barAt(plot, at);
    for (const other of all(".pointed", plot)) if (other !== bar) other.classList.remove("pointed");
    bar?.classList.add("pointed");
    const text = bar ? first("title", bar).textContent : "";
    first("[data-said]", plot).textContent = text;
    return text;
  }

  const clockOf = (at) => inZone(new Date(at).toISOString().slice(0, 19).replace("T", " "), at, chosenZone());

  function line(plot, className) {
    const svg = first("svg.chart", plot);
    let found = first(`.${className}`, svg);
    if (!found) {
      found = document.createElementNS(SVG, className === "cross" ? "line" : "rect");
      found.classList.add(className);
      svg.append(found);
    }
    return found;
  }

  /** Shows the values at `at` in every chart, and says them if they were asked for by a key. */
  function point(at, says = false) {
    pointer = at;
    const said = [];
    for (const plot of plots()) {
      if (plot.dataset.bars !== undefined) {
        said.push(pointAtBar(plot, at));
        continue;
      }
      const cross = line(plot, "cross");
      const share = shareOf(plot, at);
      cross.setAttribute("display", share >= 0 && share <= 1 ? "inline" : "none");
      const x = `${(share * 100).toFixed(3)}%`;
      const height = first("svg.chart", plot).dataset.height;
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", 0], ["y2", height]]) cross.setAttribute(name, value);
      const step = Number(plot.dataset.step);
      for (const time of all("[data-time]", plot)) time.textContent = clockOf(at);
      for (const row of all("[data-line]", plot)) {
        let text = textOf(plot, valueAt(row, at, step, "values", "start"));
        if (row.dataset.earlier !== undefined) {
          text += ` (before: ${textOf(plot, valueAt(row, at, step, "earlier", "earlierStart"))})`;
        }
        first("[data-at]", row).textContent = text;
        said.push(`${first("th", row)?.textContent.trim() ?? ""} ${text}`);
      }
    }
    const status = first("[data-says]");
    if (says && status) status.textContent = `${clockOf(at)} ${chosenZone()}: ${said.join(", ")}`;
  }

  /** The instant at a place on the screen. */
  function instantAt(plot, event) {
    const { left, width } = first("svg.chart", plot).getBoundingClientRect();
    const { from, to } = rangeOf(plot);
    return from + clamp((event.clientX - left) / width, 0, 1) * (to - from);
  }

  // Mouse, pen and touch.

  /** Whether a click with these keys opens a link in another tab or window. */
  const opensElsewhere = ({ ctrlKey, metaKey, shiftKey }) => ctrlKey || metaKey || shiftKey;

  /** Shows the time of a bar alone; whether there is one at the instant. */
  function showBar(plot, at) {
    const bar = barAt(plot, at);
    if (bar) show({ from: Number(bar.dataset.from), to: Number(bar.dataset.to) });
    return bar !== undefined;
  }

  /** A link of a bar that was pressed with the mouse has been followed when the button was let go. */
  function hold(event) {
    if (["mouse", "pen"].includes(event.pointerType) && !opensElsewhere(event)) event.preventDefault();
  }

  function begin(event) {
    const plot = plotOf(event);
    const at = instantAt(plot, event);
    point(at);
    if (event.pointerType === "touch" || event.button !== 0 || opensElsewhere(event)) return;
    event.currentTarget.focus({ preventScroll: true });
    drag = { plot, x: event.clientX, from: at };
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  function move(event) {
    const plot = plotOf(event);
    const at = instantAt(plot, event);
    point(at);
    if (drag?.plot !== plot || Math.abs(event.clientX - drag.x) < MIN_DRAG) return;
    const [left, right] = [drag.from, at].sort((one, other) => one - other).map((edge) => shareOf(plot, edge));
    const zoom = line(plot, "zoom");
    const places = [["x", `${left * 100}%`], ["width", `${(right - left) * 100}%`], ["y", 0]];
    for (const [name, value] of places) zoom.setAttribute(name, value);
    zoom.setAttribute("height", first("svg.chart", plot).dataset.height);
  }

  function end(event) {
    if (!drag) return;
    const { plot, x, from } = drag;
    drag = null;
    first(".zoom", plot)?.remove();
    if (Math.abs(event.clientX - x) < MIN_DRAG) {
      showBar(plot, from);
      return;
    }
    const to = instantAt(plot, event);
    show({ from: Math.min(from, to), to: Math.max(from, to) });
  }

  function cancel() {
    if (drag) first(".zoom", drag.plot)?.remove();
    drag = null;
  }

  // Keyboard.

  function zoom({ from, to }, factor) {
    const centre = pointer !== null && pointer > from && pointer < to ? pointer : (from + to) / 2;
    show({ from: centre - (centre - from) * factor, to: centre + (to - centre) * factor });
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const plot = plotOf(event);
    const range = rangeOf(plot);
    const length = range.to - range.from;
    const pan = (by) => show({ from: range.from + by * length, to: range.to + by * length });
    // From bar to bar where there are some.
    const bars = all("[data-bar]", plot).length;
    const share = bars ? 1 / bars : STEP;
    const step = (by) =>
      point(clamp((pointer ?? range.from + length / 2) + by * share * length, range.from, range.to - 1), true);
    const keys = {
      "+": () => zoom(range, 1 / 2),
      "=": () => zoom(range, 1 / 2),
      "-": () => zoom(range, 2),
      ArrowLeft: () => (event.shiftKey ? step(-1) : pan(-MOVE)),
      ArrowRight: () => (event.shiftKey ? step(1) : pan(MOVE)),
      0: () => show(null),
      Escape: () => (drag ? cancel() : show(null)),
    };
    if (plot.dataset.bars !== undefined && pointer !== null) keys.Enter = () => showBar(plot, pointer);
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // Completion.

  async function complete(field) {
    const address = new URL("/explore/complete", location.href);
    address.searchParams.set("field", field.dataset.complete);
    address.searchParams.set("text", field.value);
    for (const other of ["source", "name"]) {
      if (other !== field.dataset.complete && field.form.elements[other].value) {
        address.searchParams.set(other, field.form.elements[other].value);
      }
    }
    const answer = await fetch(address);
    if (!answer.ok) return;
    const options = (await answer.json()).map((word) => {
      const option = document.createElement("option");
      option.value = word;
      return option;
    });
    field.list?.replaceChildren(...options);
  }

  function completeSoon({ target }) {
    clearTimeout(target.typing);
    target.typing = setTimeout(() => complete(target).catch(() => {}), TYPING);
  }

  // Copying.

  function copyButton(pre) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(first("code", pre).textContent);
      button.textContent = "Copied";
    });
    pre.append(button);
  }

  function setUp() {
    for (const area of areas().filter((one) => !one.hasAttribute("tabindex"))) {
      area.tabIndex = 0;
      area.setAttribute("role", "group");
      area.setAttribute("aria-label", `Chart: ${first("svg.chart > title", area).textContent}`);
      area.addEventListener("pointerdown", begin);
      area.addEventListener("pointermove", move);
      area.addEventListener("pointerup", end);
      area.addEventListener("pointercancel", cancel);
      area.addEventListener("keydown", press);
      area.addEventListener("click", hold);
      area.addEventListener("dragstart", (event) => event.preventDefault());
    }
    // One stop for the keyboard, and not one for each bar.
    for (const bar of all("[data-bar]")) bar.setAttribute("tabindex", "-1");
    for (const hidden of all("[data-plot] :is([data-time], [data-at], .readout)")) hidden.hidden = false;
    for (const help of all("[data-help]")) help.hidden = false;
    for (const field of all("[data-complete]")) field.oninput = completeSoon;
    if (navigator.clipboard) all("[data-copy]").filter((pre) => !first("button", pre)).forEach(copyButton);
    if (pointer !== null) point(pointer);
  }

  addEventListener("popstate", () => loadQuietly(EVERYTHING));
  // A range that ends now moves on; one that is being looked at closely does not.
  document.addEventListener("refreshed", () => {
    if (!drag && !new URL(location.href).searchParams.has("to")) loadQuietly(CHARTS);
  });
  setUp();
  document.addEventListener("zoned", () => {
    if (first("[data-bars]")) loadQuietly(EVERYTHING);
  });
  const isFiner = plots().some(({ dataset }) => dataset.bars === undefined) && pointsOf() > 300;
  (isFiner ? loadQuietly(CHARTS) : Promise.resolve()).then(() => {
    document.documentElement.dataset.charted = "";
  });
})();
