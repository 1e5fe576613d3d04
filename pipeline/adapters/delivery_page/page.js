// Asks the server again and again, one question after the other, and draws the answers.

import { clock, count, drawChart, drawFunnel, drawLatency, element } from "./charts.js";
import { drawEvent, drawNames, drawOutcomes, drawReasons, reach } from "./outcomes.js";

const AGAIN_MS = 2000;
const find = (id) => document.getElementById(id);
const body = (id) => find(id).tBodies[0];
const asked = new URLSearchParams(location.search);
const filters = ["event", "mapping", "reason"];
let paused = false;
let timer = null;
let round = 0;
let answeredMs = null;

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function say(id, text) {
  if (find(id).textContent !== text) find(id).textContent = text; // a live region speaks at each change
}

function drawState(feed) {
  const state = find("state");
  state.dataset.state = feed.state;
  if (feed.state === "current") say("state", "Up to date");
  else if (feed.state === "reading") say("state", "Reading the audit topic: the numbers are not complete yet");
  else say("state", `Stands still since ${clock(feed.contact_ms)}: ${feed.detail}`);
}

function drawData(data) {
  const { report } = data;
  drawState(data.feed);
  find("empty").hidden = report.total > 0 || data.feed.state === "reading";
  const aside = report.replays ? `, ${count(report.replays)} of them replays` : "";
  const double = report.possible_duplicates ? ` ${count(report.possible_duplicates)} may have been sent twice.` : "";
  find("totals").textContent = `${count(report.events)} events in the window${aside}. An event has one outcome for each mapping that takes it.${double}`;
  drawFunnel(body("funnel"), report);
  drawChart(report);
  drawLatency(find("latency"), report.latency);
  drawReasons(body("reasons"), data.reasons, narrow);
  drawNames(body("by-event"), report.by_event, (name) => narrow("event", name));
  drawNames(body("by-mapping"), report.by_mapping, (name) => narrow("mapping", name));
  const { read, foreign, void: lapsed } = data.topic;
  const rest = `${foreign ? `, ${count(foreign)} foreign` : ""}${lapsed ? `, ${count(lapsed)} of workers that had lost their partition` : ""}`;
  const left = data.feed.state === "reading" ? `; ${count(data.feed.behind)} to go` : "";
  find("topic").textContent = `${count(read)} records read${rest}${left}.`;
}

function drawRecent(answer, search) {
  drawOutcomes(body("recent"), answer.outcomes, (key) => { location.hash = `event=${encodeURIComponent(key)}`; });
  const shown = `${count(answer.outcomes.length)} ${answer.outcomes.length === 1 ? "outcome" : "outcomes"} found. ${reach(answer)} ${answer.further}`;
  say("found", search ? shown : "");
}

function eventsPath() {
  const query = new URLSearchParams([...asked].filter(([name]) => name !== "window"));
  return `/events.json?${query}`;
}

async function refresh() {
  clearTimeout(timer);
  const mine = ++round;
  try {
    const data = await ask(`/data.json?${asked}`);
    const recent = paused ? null : await ask(eventsPath());
    if (mine !== round) return; // another question was put meanwhile
    drawData(data);
    if (recent) drawRecent(recent, asked.get("search"));
    answeredMs = Date.now();
  } catch {
    if (mine !== round) return;
    find("state").dataset.state = "away";
    say("state", `The page's server does not answer${answeredMs ? ` since ${clock(answeredMs)}` : ""}: is \`kameleoon-pipeline page\` running?`);
  }
  timer = setTimeout(refresh, AGAIN_MS);
}

function set(name, value) {
  if (value) asked.set(name, value);
  else asked.delete(name);
  history.replaceState(null, "", `?${asked}${location.hash}`);
  drawFilters();
  refresh();
}

function narrow(name, value) {
  set(name, value);
  find("filters").querySelector("button")?.focus();
}

function drawFilters() {
  const chosen = filters.filter((name) => asked.get(name));
  find("filters").hidden = chosen.length === 0;
  find("filters").replaceChildren(...chosen.map((name) => {
    const button = element("button", { type: "button", className: "text" }, `${name}: ${asked.get(name)} ✕`);
    button.setAttribute("aria-label", `${name} ${asked.get(name)}: show all again`);
    button.addEventListener("click", () => { set(name, ""); find("main").focus(); });
    return button;
  }));
}

async function showEvent() {
  const key = new URLSearchParams(location.hash.slice(1)).get("event");
  if (!key) return find("event").close();
  try {
    drawEvent(await ask(`/event/${encodeURIComponent(key)}.json`));
  } catch {
    return undefined; // the state line says that the server is away
  }
  if (!find("event").open) find("event").showModal();
  return undefined;
}

function setUp() {
  const window = document.querySelector(`input[name=window][value="${CSS.escape(asked.get("window") || "1h")}"]`);
  if (window) window.checked = true;
  else asked.delete("window");
  find("windows").addEventListener("change", (event) => set("window", event.target.value));
  find("text").value = asked.get("search") || "";
  find("search").addEventListener("submit", (event) => { event.preventDefault(); set("search", find("text").value.trim()); });
  find("text").addEventListener("search", () => set("search", find("text").value.trim()));
  find("outcome").value = asked.get("outcome") || "";
  find("outcome").addEventListener("change", () => set("outcome", find("outcome").value));
  find("pause").addEventListener("click", () => {
    paused = !paused;
    find("pause").setAttribute("aria-pressed", String(paused));
    if (!paused) refresh();
  });
  find("event").addEventListener("close", () => history.replaceState(null, "", `?${asked}`));
  addEventListener("hashchange", showEvent);
  document.addEventListener("visibilitychange", () => { if (document.hidden) clearTimeout(timer); else refresh(); });
  drawFilters();
  refresh();
  showEvent();
}

setUp();
