// Draws what the numbers say. Texts of senders become text nodes, never markup.

export const OUTCOMES = ["delivered", "filtered", "rejected", "failed", "expired", "lost"];

const whole = new Intl.NumberFormat("en");

export const count = (number) => whole.format(number);
export const percent = (part, all) => (all ? `${((100 * part) / all).toFixed(1)} %` : "–");
export const milliseconds = (number) => (number === null ? "–" : `${number < 10 ? number.toFixed(1) : count(Math.round(number))} ms`);
export const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const hour = (ms) => clock(ms).slice(0, 5);

/** An element with properties and children; a text child is text. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "data") Object.assign(made.dataset, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

/** Brings the children in line with the items; those that stay keep focus, selection and what is open. */
export function keep(parent, items, keyOf, make, update = () => {}) {
  const present = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const times = new Map();
  let at = parent.firstElementChild;
  for (const item of items) {
    const name = String(keyOf(item));
    times.set(name, (times.get(name) ?? 0) + 1);
    const key = `${name}#${times.get(name)}`; // an outcome may stand there twice
    let child = present.get(key);
    if (child === undefined) {
      child = make(item);
      child.dataset.key = key;
    }
    present.delete(key);
    update(child, item);
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
  for (const gone of present.values()) gone.remove();
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

/** The steps in the order an event takes them. */
export function drawFunnel(body, report) {
  const steps = [["received", report.total]];
  for (const name of ["lost", "filtered", "rejected", "failed", "expired", "delivered"]) {
    if (report.outcomes[name] || !["lost", "expired"].includes(name)) steps.push([name, report.outcomes[name]]);
  }
  const make = ([name]) => {
    const fill = element("div", { className: name === "received" ? "fill-all" : `fill-${name}` });
    return element(
      "tr", {},
      element("th", { scope: "row", className: name === "received" ? "" : "outcome", data: { outcome: name } }, name),
      element("td", { className: "number" }), element("td", { className: "number" }), element("td", { className: "bar" }, fill),
    );
  };
  keep(body, steps, ([name]) => name, make, (row, [, number]) => {
    row.cells[1].textContent = count(number);
    row.cells[2].textContent = percent(number, report.total);
    row.cells[3].firstElementChild.style.width = `${report.total ? (100 * number) / report.total : 0}%`;
  });
}

const WIDTH = 960;
const HEIGHT = 160;

function rectangle(x, y, width, height, name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [key, value] of Object.entries({ x, y, width, height, class: `fill-${name}` })) made.setAttribute(key, value);
  return made;
}

function column(bar, index, width, most) {
  const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  const told = OUTCOMES.filter((name) => bar.outcomes[name]).map((name) => `${name} ${count(bar.outcomes[name])}`);
  title.textContent = `${hour(bar.from_ms)}: ${told.join(", ") || "none"}; p50 ${milliseconds(bar.p50)}, p99 ${milliseconds(bar.p99)}`;
  group.append(title);
  let top = HEIGHT;
  for (const name of OUTCOMES) {
    const height = most ? (bar.outcomes[name] * (HEIGHT - 8)) / most : 0;
    top -= height;
    if (height) group.append(rectangle(index * width + 1, top, width - 2, height, name));
  }
  return group;
}

/** Stacked bars, and the same in words. */
export function drawChart(report) {
  const totals = report.bars.map((bar) => OUTCOMES.reduce((sum, name) => sum + bar.outcomes[name], 0));
  const most = Math.max(...totals, 0);
  const width = WIDTH / report.bars.length;
  document.getElementById("chart").replaceChildren(...report.bars.map((bar, index) => column(bar, index, width, most)));
  const each = (report.bars[1].from_ms - report.bars[0].from_ms) / 60000;
  const span = each === 1 ? "minute" : `${each} minutes`;
  document.getElementById("chart-from").textContent = hour(report.bars[0].from_ms);
  document.getElementById("chart-most").textContent = most ? `up to ${count(most)} in ${each === 1 ? "a minute" : span}` : "";
  document.getElementById("chart-to").textContent = "now";
  const told = OUTCOMES.filter((name) => report.outcomes[name]).map((name) => `${name} ${count(report.outcomes[name])}`);
  document.getElementById("chart-text").textContent = `Outcomes by ${span}: ${told.join(", ") || "none"}.`;
}

/** Percentiles of what was delivered. */
export function drawLatency(list, latency) {
  const facts = [["p50", latency.p50], ["p90", latency.p90], ["p99", latency.p99], ["longest", latency.longest]];
  keep(list, facts, ([name]) => name, ([name]) => element("div", {}, element("dt", {}, `latency ${name}`), element("dd")), (row, [, ms]) => {
    row.lastElementChild.textContent = milliseconds(ms);
  });
}
