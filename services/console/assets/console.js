// Keeps the page up to date: ages every second, values as samples arrive on the stream, everything else by
// fetching the page again. The page is complete without this script.
"use strict";

/** How often the page is fetched again, in milliseconds. */
const REFRESH_EVERY = 15_000;
/** The delay before it is fetched again for a value that only the server can format, in milliseconds. */
const REFRESH_SOON = 3_000;
/** The delay before it is fetched again after a failure, in milliseconds. */
const RETRY_AFTER = 5_000;
/** How often a page in the background is fetched, in milliseconds: its title must stay true. */
const REFRESH_HIDDEN_EVERY = 60_000;
/** How many refreshes in a row must fail before the page says so. */
const MISSES = 2;
/** The units of an age in seconds, the longest first. Same as on the server. */
const AGE_UNITS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];
/** Seconds ahead that count as now: clocks differ. Same as on the server. */
const SKEW = 10;

/** Where it is kept that times are shown in the browser's time zone; absent for UTC. */
const LOCAL_TIME = "watchkeeper.local-time";
/** The cookie that tells the server the time zone, at whose midnight bars begin. Same as on the server. */
const ZONE_COOKIE = "watchkeeper-zone";

/** The rows of the page by series key. */
let rows = new Map();
/** The newest sample of each row that is not rendered yet. */
const arrived = new Map();
/** How far the server's clock is ahead of this one, in milliseconds. */
let clockAhead = 0;
let samples = null;
let paused = false;
let refreshing = null;
/** How many refreshes have failed since the last one that succeeded. */
let missed = 0;
/** When the page was last fetched. */
let answeredAt = new Date();
/** The title that the server gave the page. */
let title = document.title;

const first = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** The key of a series, as the server writes it. */
function keyOf({ source, name, unit, labels }) {
  const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  const pairs = Object.keys(labels ?? {}).sort().map((label) => `${label}=${quoted(labels[label])}`);
  return `${source}/${name}${pairs.length ? `{${pairs.join()}}` : ""}${unit ? ` ${unit}` : ""}`;
}

function ageOf(seconds) {
  const unit = AGE_UNITS.find(([length]) => seconds >= length);
  if (unit) return `${Math.floor(seconds / unit[0])} ${unit[1]} ago`;
  return seconds < -SKEW ? `in ${ageOf(-seconds).replace(" ago", "")} (clock ahead)` : "just now";
}

function showAges() {
  const now = Date.now() + clockAhead;
  for (const time of all("time[data-age]")) {
    setText(time, ageOf((now - Date.parse(time.dateTime)) / 1_000));
  }
}

/** What stands in for the date, the time of day and the zone of a moment in the text of the server. */
const CLOCK = /(?<date>\d{4}-\d\d-\d\d)|(?<time>\d\d:\d\d(?<seconds>:\d\d)?)|(?<zone>(?<= )[A-Z]\S*$)/gu;

/** The formats by time zone: making one costs far more than using it. */
const formats = new Map();

function formatOf(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
    }));
  }
  return formats.get(zone);
}

/** The parts of a moment in a time zone, as the server writes them in UTC. */
function partsOf(moment, zone) {
  return Object.fromEntries(formatOf(zone).formatToParts(moment).map(({ type, value }) => [type, value]));
}

/** The text of a moment in a time zone: as precise as the text that it replaces. */
function inZone(text, moment, zone) {
  const { year, month, day, hour, minute, second, timeZoneName } = partsOf(moment, zone);
  return text.replace(CLOCK, (...found) => {
    const groups = found.at(-1);
    if (groups.date) return `${year}-${month}-${day}`;
    if (groups.time) return groups.seconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
    return timeZoneName;
  });
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** The chosen time zone. */
const chosenZone = () => (localStorage.getItem(LOCAL_TIME) ? ownZone() : "UTC");

/** The text of a mark of a time axis: a day at midnight and on axes of days, else the time of day. */
function markInZone({ textContent: text, dataset }, zone) {
  const { year, month, day, hour, minute, second } = partsOf(Date.parse(dataset.mark), zone);
  if (text.length === "2026-11-20".length) return `${year}-${month}-${day}`;
  if (dataset.day !== undefined || `${hour}${minute}${second}` === "000000") return `${month}-${day}`;
  return second === "00" ? `${hour}:${minute}` : `${hour}:${minute}:${second}`;
}

/** Shows every moment in the chosen time zone. */
function showZone() {
  const zone = chosenZone();
  for (const mark of all("[data-mark]")) setText(mark, markInZone(mark, zone));
  for (const moment of all("[data-clock]")) {
    setText(moment, inZone(moment.textContent, Date.parse(moment.dateTime), zone));
  }
  for (const bar of all("[data-bar]")) {
    const text = inZone(first("title", bar).textContent, Number(bar.dataset.from), zone);
    setText(first("title", bar), text);
    bar.setAttribute("aria-label", text);
  }
  for (const name of all("[data-zone-name]")) setText(name, zone);
}

function tellZone() {
  const [zone, age] = [chosenZone(), localStorage.getItem(LOCAL_TIME) ? 365 * 86_400 : 0];
  document.cookie = `${ZONE_COOKIE}=${zone}; path=/; SameSite=Strict; max-age=${age}`;
}

/** Offers the time zone of the browser beside UTC. */
function offerZones() {
  const own = ownZone();
  const choice = first("[data-zone-choice]");
  if (own === "UTC" || !choice) return;
  choice.add(new Option(own.replaceAll("_", " "), "local"));
  choice.value = localStorage.getItem(LOCAL_TIME) ? "local" : "";
  choice.addEventListener("change", () => {
    if (choice.value) localStorage.setItem(LOCAL_TIME, "yes");
    else localStorage.removeItem(LOCAL_TIME);
    showZone();
    tellZone();
    document.dispatchEvent(new Event("zoned"));
  });
  first("[data-zone]").hidden = false;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows a value on the scale that the server chose for the previous one. */
function showSample(row, sample) {
  if (row.dataset.up) {
    // A state is drawn by the server.
    if (row.dataset.up !== String(sample.value > 0)) refreshSoon();
    return;
  }
  const data = first("data", row);
  const time = first("time[data-age]", row);
  if (!data || !time || Date.parse(sample.collected_at) <= Date.parse(time.dateTime)) return;
  const { divisor, least, most, suffix } = data.dataset;
  if (divisor === undefined) {
    refreshSoon();
    return;
  }
  const decimals = { minimumFractionDigits: least, maximumFractionDigits: most, signDisplay: "negative" };
  const text = (sample.value / divisor).toLocaleString("en-US", decimals) + suffix;
  data.value = sample.value;
  time.dateTime = time.title = sample.collected_at;
  const note = first("[data-note]", row);
  if (note) setText(note, sample.note ?? "");
  if (data.textContent !== text) {
    data.textContent = text;
    data.classList.remove("moved");
    requestAnimationFrame(() => data.classList.add("moved"));
  }
}

function showArrived() {
  for (const [key, sample] of arrived) {
    // A refresh in the meantime may have removed the row.
    const row = rows.get(key);
    if (row) showSample(row, sample);
  }
  arrived.clear();
  showAges();
}

function take(event) {
  const sample = JSON.parse(event.data);
  const key = keyOf(sample);
  if (!rows.has(key)) {
    // A list of all series lacks a new one.
    if (first("[data-lists-all]")) refreshSoon();
    return;
  }
  // Samples from a producer that sets no keys arrive in any order.
  const waiting = arrived.get(key);
  if (waiting && Date.parse(sample.collected_at) < Date.parse(waiting.collected_at)) return;
  if (arrived.size === 0) requestAnimationFrame(showArrived);
  arrived.set(key, sample);
}

function follow() {
  const stream = first("[data-stream]")?.dataset.stream;
  if (!stream || samples?.readyState < EventSource.CLOSED) return;
  samples = new EventSource(stream);
  samples.addEventListener("sample", take);
  samples.addEventListener("open", showLiveness);
  samples.addEventListener("error", () => {
    showLiveness();
    refreshSoon();
  });
}

function showLiveness() {
  const follows = samples?.readyState === EventSource.OPEN;
  const live = follows ? "Live" : `Refreshes every ${REFRESH_EVERY / 1_000} s`;
  setText(first("[data-live-text]"), paused ? "Paused" : live);
}

/** Turns `old` into `now`, keeping as many elements as possible so that focus and selection survive. */
function become(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeName !== now.nodeName) {
    old.replaceWith(now.cloneNode(true));
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = now.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [before, after] = [[...old.childNodes], [...now.childNodes]];
  before.slice(after.length).forEach((node) => node.remove());
  after.forEach((node, index) => (before[index] ? become(before[index], node) : old.append(node.cloneNode(true))));
}

/** Says in a bar and in the title that the values are old. */
function showSilence(reason) {
  const since = answeredAt.toLocaleTimeString("en-GB");
  const bar = first("[data-silence]");
  setText(bar, `${reason} since ${since}. Everything below dates from then.`);
  bar.hidden = false;
  document.documentElement.dataset.silent = "";
  document.title = `${reason}: ${title}`;
}

function showAnswer() {
  answeredAt = new Date();
  missed = 0;
  first("[data-silence]").hidden = true;
  delete document.documentElement.dataset.silent;
}

async function refresh() {
  let reason = "No response from Watchkeeper";
  let text = null;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(10_000) });
    if (answer.ok) text = await answer.text();
    else reason = `Watchkeeper responds with an error (${answer.status})`;
  } catch {
    // No answer, or not all of it in time.
  }
  if (text === null) {
    missed += 1;
    if (missed >= MISSES) showSilence(reason);
    return;
  }
  showAnswer();
  const page = new DOMParser().parseFromString(text, "text/html");
  title = page.title;
  if (paused) return;
  for (const part of all("[data-part]")) {
    const now = first(`[data-part="${part.dataset.part}"]`, page);
    if (now) become(part, now);
  }
  setUp(page);
  document.dispatchEvent(new Event("refreshed"));
  // Browsers allow few connections to one host: a page in the background has none that stays open.
  if (!document.hidden) follow();
}

/** Fetches the page again after `wait` milliseconds, then regularly. */
function refreshAfter(wait) {
  clearTimeout(refreshing?.timer);
  const timer = setTimeout(async () => {
    await refresh().catch(() => { missed += 1; });
    if (!paused) refreshAfter(missed ? RETRY_AFTER : document.hidden ? REFRESH_HIDDEN_EVERY : REFRESH_EVERY);
  }, wait);
  refreshing = { timer, soon: wait <= REFRESH_SOON };
}

function refreshSoon() {
  if (!refreshing?.soon) refreshAfter(REFRESH_SOON);
}

function setUp(page) {
  clockAhead = Date.parse(page.documentElement.dataset.now) - Date.now();
  rows = new Map(all("[data-key]").map((row) => [row.dataset.key, row]));
  showAges();
  showZone();
}

let ticking = null;

function start(wait) {
  follow();
  refreshAfter(wait);
  clearInterval(ticking);
  ticking = setInterval(showAges, 1_000);
}

function stop() {
  samples?.close();
  samples = null;
  clearTimeout(refreshing?.timer);
  clearInterval(ticking);
}

function pauseOrResume({ target }) {
  paused = !paused;
  target.textContent = paused ? "Resume" : "Pause";
  if (paused) stop();
  else start(0);
  showLiveness();
}

/** Keeps the page up to date from now on, as long as it is not paused. */
function keepUpToDate() {
  showLiveness();
  first("[data-live]").hidden = false;
  first("[data-pause]").addEventListener("click", pauseOrResume);
  document.addEventListener("visibilitychange", () => {
    if (paused) return;
    stop();
    if (document.hidden) refreshAfter(REFRESH_HIDDEN_EVERY);
    else start(0);
  });
  start(REFRESH_EVERY);
}

offerZones();
tellZone();
setUp(document);
// A list that is being read does not move: pages of events have a link to refresh them, and can be followed.
if (first("[data-still]")) setInterval(showAges, 1_000);
else keepUpToDate();
