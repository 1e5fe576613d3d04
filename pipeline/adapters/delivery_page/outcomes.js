// The tables of outcomes: by reason, by name, the live stream, and one event's way.

import { clock, count, element, keep, milliseconds } from "./charts.js";

const NOT = ["rejected", "failed", "expired", "lost"];

function outcomeCell(name) {
  return element("td", { className: "outcome", data: { outcome: name } }, name);
}

function copyButton(command) {
  const button = element("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select and copy";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

function reasonRow(row, choose) {
  const body = element("details", {}, element("summary", { className: "text" }, row.reason), element("p", {}, row.meaning), element("p", {}, row.advice));
  if (row.command !== null) {
    const command = element("code", { className: "command" }, row.command);
    body.append(element("p", {}, command, " ", copyButton(() => command.textContent)));
  }
  const only = element("button", { type: "button", className: "plain" }, "only this reason");
  only.addEventListener("click", () => choose("reason", row.reason));
  body.append(element("p", {}, only));
  return element("tr", {}, element("th", { scope: "row" }, body), outcomeCell(row.outcome), element("td", {}, row.stage), element("td", { className: "number" }));
}

/** Each reason with what to do about it. */
export function drawReasons(body, reasons, choose) {
  keep(body, reasons, (row) => `${row.outcome}/${row.stage}/${row.reason}`, (row) => reasonRow(row, choose), (line, row) => {
    line.cells[3].textContent = count(row.count);
    const command = line.querySelector(".command");
    if (command && command.textContent !== row.command) command.textContent = row.command;
  });
}

/** The outcomes under each name; a name narrows the page to itself. */
export function drawNames(body, rows, choose) {
  const make = (row) => {
    const name = element("button", { type: "button", className: "plain", disabled: row.name === "(others)" }, row.name);
    name.addEventListener("click", () => choose(row.name));
    const number = () => element("td", { className: "number" });
    return element("tr", {}, element("th", { scope: "row" }, name), number(), number(), number());
  };
  keep(body, rows, (row) => row.name, make, (line, row) => {
    line.cells[1].textContent = count(row.total);
    line.cells[2].textContent = count(row.outcomes.delivered);
    line.cells[3].textContent = count(NOT.reduce((sum, name) => sum + row.outcomes[name], 0));
  });
}

const place = (at) => `${at.topic}-${at.partition}@${at.offset}`;

function eventName(record) {
  return record.event_name || (record.type ? `(${record.type})` : "(unreadable)");
}

function outcomeRow({ key, at_ms, record }, open) {
  const id = element("button", { type: "button", className: "plain" }, key);
  id.addEventListener("click", () => open(key));
  const part = record.parts > 1 ? ` ${record.part}/${record.parts}` : "";
  const cell = (text, className = "text") => element("td", { className }, text);
  return element(
    "tr", {},
    cell(clock(at_ms), ""), outcomeCell(record.outcome + (record.possible_duplicate ? " ?" : "")), cell(record.reason), cell(eventName(record)),
    cell((record.mapping || "") + part), cell(String(record.http?.status ?? ""), "number"),
    cell(record.http ? String(Math.round(record.http.latency_ms)) : "", "number"), element("td", {}, id),
  );
}

/** The newest outcomes, or what was searched for. */
export function drawOutcomes(body, outcomes, open) {
  const key = ({ at_ms, record }) => `${at_ms}/${place(record.source)}/${record.part}/${record.pass}/${record.pipeline}`;
  keep(body, outcomes, key, (seen) => {
    const row = outcomeRow(seen, open);
    row.cells[1].dataset.outcome = seen.record.outcome;
    return row;
  });
}

function stepFacts(record) {
  const facts = [["read at", place(record.source)]];
  if (record.replay_of) facts.push(["replay of", place(record.replay_of)]);
  facts.push(["pass", String(record.pass)], ["worker", record.worker]);
  if (record.http) {
    const { status, attempts, latency_ms, first_attempt_at, last_attempt_at } = record.http;
    facts.push(["HTTP status", status === null ? "no answer" : String(status)], ["attempts", String(attempts)], ["last attempt took", milliseconds(latency_ms)]);
    facts.push(["first attempt", first_attempt_at]);
    if (attempts > 1) facts.push(["last attempt", last_attempt_at]);
  }
  if (record.possible_duplicate) facts.push(["sent before", "perhaps: an earlier attempt may have reached Kameleoon"]);
  if (record.detail) facts.push(["detail", record.detail]);
  return facts;
}

function step({ record }) {
  const head = element("strong", { className: "outcome", data: { outcome: record.outcome } }, `${record.outcome}, ${record.reason}`);
  const under = record.mapping ? ` · ${record.mapping}, part ${record.part} of ${record.parts}` : "";
  const list = element("dl", { className: "facts" });
  for (const [name, text] of stepFacts(record)) list.append(element("div", {}, element("dt", {}, name), element("dd", { className: "text" }, text)));
  return element("li", {}, head, element("span", { className: "text" }, `${under} · ${record.decided_at} · ${eventName(record)}`), list);
}

/** One event's outcomes: its parts, its attempts, its passes and its replays. */
export function drawEvent(answer) {
  document.getElementById("event-key").textContent = answer.key;
  document.getElementById("event-steps").replaceChildren(...answer.outcomes.map(step));
  const replay = document.getElementById("event-replay");
  replay.hidden = answer.replay === null;
  replay.querySelector(".command").textContent = answer.replay ?? "";
  const none = answer.outcomes.length ? "" : "No outcome of this event is held. ";
  document.getElementById("event-note").textContent = `${none}${reach(answer)}`;
  document.getElementById("event-further").textContent = answer.further;
}

/** How far back a search sees. */
export function reach(answer) {
  const from = answer.searchable_from_ms;
  return from === null ? "Nothing is held yet. To look through the whole topic:" : `Held since ${new Date(from).toLocaleString("en-GB")}. To look through the whole topic:`;
}
