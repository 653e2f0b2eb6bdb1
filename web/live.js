"use strict";
// The live page: one EventSource, one picture per event, everything drawn from it. Nothing is kept but the two charts' history.

const $ = (id) => document.getElementById(id);
const PHASES = [
  ["RESERVING", "reserving stock"], ["AUTHORIZING", "authorizing"], ["CHALLENGED", "card challenge"], ["CAPTURING", "capturing"],
  ["FULFILLING", "fulfilling"], ["CONFIRMED", "waits for carrier"], ["DISPATCHED", "on the road"], ["CANCELLING_SHIPMENT", "stopping parcel", "undo"],
  ["UNDOING", "undoing", "undo"], ["RETURNING", "coming back", "undo"],
];
const TERMINAL = new Set(["COMPLETED", "REJECTED", "CANCELLED", "RETURNED"]);
const HISTORY = 120;

function text(node, value) { if (node.textContent !== String(value)) node.textContent = value; }
function number(value, digits = 0) { return value === null || value === undefined ? "–" : Number(value).toLocaleString("en", { maximumFractionDigits: digits }); }
function money(minor) { return minor === null || minor === undefined ? "–" : (Number(minor) / 100).toLocaleString("en", { style: "currency", currency: "GBP" }); }
function element(tag, content, className) { const node = document.createElement(tag); if (content !== undefined) node.textContent = content; if (className) node.className = className; return node; }

// What orders says of itself; empty where it can't be asked.
function ordersOf(picture) {
  const orders = picture.orders || {}, measured = orders.confirmMillis && orders.confirmMillis.samples > 0;
  return { phases: orders.phases || {}, statuses: orders.statuses || {}, rates: orders.ratesPerSecond || {}, latency: measured ? orders.confirmMillis : {} };
}

function drawFigures(picture) {
  const payments = picture.payments || {}, { rates, latency, phases } = ordersOf(picture);
  text($("rate"), number(rates.accepted, 1));
  text($("p50"), number(latency.p50, 1));
  text($("p99"), number(latency.p99, 1));
  text($("inflight"), picture.orders ? number(PHASES.reduce((sum, [name]) => sum + Number(phases[name] || 0), 0)) : "–");
  text($("taken"), money(payments.captured_minor));
  text($("given"), money(payments.refunded_minor));
}

function drawFlow(picture) {
  const { phases, statuses } = ordersOf(picture);
  const most = Math.max(1, ...PHASES.map(([name]) => Number(phases[name] || 0)));
  const flow = $("flow");
  if (!flow.children.length) {
    for (const [name, label, kind] of PHASES) {
      const item = element("li", undefined, kind);
      item.append(element("b", "0"), element("span", label), element("i"));
      item.dataset.phase = name;
      flow.append(item);
    }
  }
  for (const item of flow.children) {
    const count = Number(phases[item.dataset.phase] || 0);
    text(item.firstChild, number(count));
    item.lastChild.style.transform = `scaleX(${count / most})`;
  }
  $("ends").replaceChildren(...Object.entries(statuses).map(([name, count]) => {
    const item = element("li");
    item.append(element("b", number(count)), " " + name.toLowerCase());
    return item;
  }));
}

function tone(status) { return status === "COMPLETED" || status === "CONFIRMED" || status === "DISPATCHED" ? "good" : status === "REJECTED" ? "bad" : TERMINAL.has(status) || status === "CANCELLING" || status === "RETURNING" ? "warn" : ""; }

function drawRecent(picture) {
  const body = $("recent"), focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.order : null;
  body.replaceChildren(...(picture.recent || []).map((order) => {
    const row = element("tr"), open = element("button", order.id.slice(0, 8) + "…" + order.id.slice(-4));
    open.dataset.order = order.id;
    open.title = order.id;
    const cell = element("td");
    cell.append(open);
    row.append(cell, element("td", order.status.toLowerCase(), tone(order.status)), element("td", order.phase.toLowerCase().replaceAll("_", " ")), element("td", order.total, "num"));
    return row;
  }));
  if (focused) { const again = body.querySelector(`[data-order="${focused}"]`); if (again) again.focus({ preventScroll: true }); }
}

function drawStock(picture) {
  const skus = (picture.stock && picture.stock.skus) || [];
  $("stock").replaceChildren(...skus.map((sku) => {
    const box = element("div"), line = element("p"), shards = element("div", undefined, "shards");
    line.append(element("span", sku.sku), element("span", `${number(sku.available)} available · ${number(sku.reserved)} held · ${number(sku.sold)} sold`));
    for (const shard of sku.shards || []) shards.append(element("span", shard === null ? "?" : number(shard)));
    box.append(line, shards);
    return box;
  }));
  if (!skus.length) $("stock").replaceChildren(element("p", "nothing is moving"));
}

function list(id, rows) {
  $(id).replaceChildren(...rows.map(([name, value, className]) => {
    const item = element("li");
    item.append(element("span", name), element("span", value, className));
    return item;
  }));
}

function drawHealth(picture) {
  list("processes", (picture.processes || []).map((p) => [p.name, p.ready ? "ready" : p.missing.trim().split("\n")[0], p.ready ? "good" : "bad"]));
  list("lag", (picture.lag || []).map((g) => [g.group, g.lag === null ? "unknown" : number(g.lag), g.lag > 1000 ? "warn" : ""]));
  const audit = picture.audit, checks = (audit && audit.invariants) || [];
  list("invariants", checks.map((c) => [`${c.id} ${c.name}`, c.ok ? `holds · ${number(c.compared)} compared` : c.skipped ? "not checked" : `${number(c.offenders.length)} offenders`, c.ok ? "good" : c.skipped ? "warn" : "bad"]));
  const verdict = $("verdict");
  text(verdict, !audit ? "audit: not running" : audit.audit === "clean" ? "audit: clean" : "audit: VIOLATED");
  verdict.className = "verdict " + (!audit ? "warn" : audit.audit === "clean" ? "good" : "bad");
}

// Charts are uPlot's; the history is ours.
const history = { at: [], accepted: [], confirmed: [], p50: [], p99: [] };
let charts = null;
function chart(id, names) {
  const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue("--soft"), line = style.getPropertyValue("--line");
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  const colours = [style.getPropertyValue("--accent"), style.getPropertyValue("--warn")];
  return new uPlot({
    width: $(id).clientWidth || 300, height: 150, legend: { show: true, live: false }, cursor: { show: false },
    axes: [axis, { ...axis, size: 48 }], scales: { y: { range: (u, min, max) => [0, Math.max(1, max * 1.1)] } },
    series: [{}, ...names.map((label, i) => ({ label, stroke: colours[i], width: 2 }))],
  }, [[], ...names.map(() => [])], $(id));
}
function drawCharts(picture) {
  if (!charts) charts = { rate: chart("chart-rate", ["accepted", "confirmed"]), latency: chart("chart-latency", ["median", "p99"]) };
  const { rates, latency } = ordersOf(picture);
  const point = { at: picture.at / 1000, accepted: rates.accepted, confirmed: rates.confirmed, p50: latency.p50, p99: latency.p99 };
  for (const key of Object.keys(history)) { history[key].push(point[key] ?? null); if (history[key].length > HISTORY) history[key].shift(); }
  charts.rate.setData([history.at, history.accepted, history.confirmed]);
  charts.latency.setData([history.at, history.p50, history.p99]);
}
addEventListener("resize", () => { if (charts) for (const [id, one] of [["chart-rate", charts.rate], ["chart-latency", charts.latency]]) one.setSize({ width: $(id).clientWidth, height: 150 }); });

function draw(picture) {
  drawFigures(picture); drawFlow(picture); drawRecent(picture); drawStock(picture); drawHealth(picture); drawCharts(picture);
  document.body.dataset.pictures = String(Number(document.body.dataset.pictures || 0) + 1);
}

// One order's life.
let shown = null;
async function showLife(id) {
  shown = id;
  text($("life-title"), "Order " + id);
  text($("life-summary"), "asking…");
  $("life-steps").replaceChildren();
  if (!$("life").open) $("life").showModal();
  await refreshLife();
}
async function refreshLife() {
  if (!shown) return;
  const id = shown;
  try {
    const answer = await fetch(`/v1/orders/${id}/timeline`);
    const life = await answer.json();
    if (id !== shown) return;
    if (!answer.ok) throw new Error(life.detail || life.title);
    const order = life.order, total = order.total || {};
    const reason = order.reason && !order.reason.endsWith("UNSPECIFIED") ? ` (${order.reason.replace("ORDER_REASON_", "").toLowerCase().replaceAll("_", " ")})` : "";
    text($("life-summary"), `${order.status.replace("ORDER_STATUS_", "").toLowerCase()}${reason} · ${order.lines.length} lines · ${money(total.minorUnits)}`);
    $("life-steps").replaceChildren(...life.entries.map((entry) => {
      const item = element("li");
      item.append(element("time", new Date(entry.at).toISOString().slice(11, 23)), element("span", entry.step), element("span", entry.outcome + (entry.detail ? ": " + entry.detail : "")));
      return item;
    }));
  } catch (error) {
    text($("life-summary"), "The timeline can't be read now: " + error.message);
  }
}
$("recent").addEventListener("click", (event) => { const id = event.target.dataset.order; if (id) showLife(id); });
$("life").addEventListener("close", () => { shown = null; });
setInterval(refreshLife, 1000);

const source = new EventSource("/live");
source.onopen = () => { text($("connection"), "live"); $("connection").className = "good"; };
source.onerror = () => { text($("connection"), "connection lost, trying again…"); $("connection").className = "bad"; };
source.onmessage = (event) => draw(JSON.parse(event.data));
