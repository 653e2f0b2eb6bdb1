"use strict";
// The live page: one EventSource, one picture per event, everything drawn from it. Nothing is kept but the two charts' history.
// What is drawn again is changed in place, so that a focus, a scroll position and a click under way survive.

const $ = (id) => document.getElementById(id);
const PHASES = [
  ["RESERVING", "reserving stock"], ["AUTHORIZING", "authorizing"], ["CHALLENGED", "card challenge"], ["CAPTURING", "capturing"],
  ["FULFILLING", "fulfilling"], ["CONFIRMED", "waits for carrier"], ["DISPATCHED", "on the road"], ["CANCELLING_SHIPMENT", "stopping parcel", "undo"],
  ["UNDOING", "undoing", "undo"], ["RETURNING", "coming back", "undo"],
];
const STATUSES = ["PENDING", "CONFIRMED", "DISPATCHED", "CANCELLING", "RETURNING", "COMPLETED", "REJECTED", "CANCELLED", "RETURNED"];
const TONES = { CONFIRMED: "good", DISPATCHED: "good", COMPLETED: "good", REJECTED: "bad", CANCELLED: "warn", CANCELLING: "warn", RETURNED: "warn", RETURNING: "warn" };
const SECONDS = 120;  // of history in the charts
const KEPT = 400;     // points at most, two a second

function text(node, value) { if (node.textContent !== String(value)) node.textContent = value; }
function tone(node, name) { if (node.className !== name) node.className = name; }
function number(value, digits = 0) { return value === null || value === undefined ? "–" : Number(value).toLocaleString("en", { maximumFractionDigits: digits }); }
function money(minor) { return minor === null || minor === undefined ? "–" : (Number(minor) / 100).toLocaleString("en", { style: "currency", currency: "GBP", maximumFractionDigits: minor >= 1e7 ? 0 : 2 }); }
function words(name) { return name.toLowerCase().replaceAll("_", " "); }
function element(tag, content, className) { const node = document.createElement(tag); if (content !== undefined) node.textContent = content; if (className) node.className = className; return node; }

// Makes parent's children those of `items`, in their order: kept where the key is the same, made where it is new, removed where it is gone.
function keyed(parent, items, key, make, update) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    let node = old.get(id);
    old.delete(id);
    if (!node) { node = make(item); node.dataset.key = id; }
    if (node === at) at = at.nextElementSibling; else parent.insertBefore(node, at);
    update(node, item);
  }
  for (const node of old.values()) node.remove();
}

// What orders says of itself; empty where it can't be asked.
function ordersOf(picture) {
  const orders = picture.orders || {}, measured = orders.confirmMillis && orders.confirmMillis.samples > 0;
  return { phases: orders.phases || {}, statuses: orders.statuses || {}, rates: orders.ratesPerSecond || {}, latency: measured ? orders.confirmMillis : {} };
}

function drawFigures(picture) {
  const payments = picture.payments || {}, { rates, latency, phases } = ordersOf(picture);
  text($("rate"), number(rates.accepted, 1));
  text($("p50"), number(latency.p50));
  text($("p99"), number(latency.p99));
  text($("inflight"), picture.orders ? number(PHASES.reduce((sum, [name]) => sum + Number(phases[name] || 0), 0)) : "–");
  text($("taken"), money(payments.captured_minor));
  text($("given"), money(payments.refunded_minor));
}

function drawFlow(picture) {
  const { phases, statuses } = ordersOf(picture);
  const most = Math.max(1, ...PHASES.map(([name]) => Number(phases[name] || 0)));
  keyed($("flow"), PHASES, ([name]) => name, ([, label, kind]) => {
    const item = element("li", undefined, kind);
    item.append(element("b", "0"), element("span", label), element("i"));
    return item;
  }, (item, [name]) => {
    const count = Number(phases[name] || 0);
    text(item.firstChild, picture.orders ? number(count) : "–");
    item.lastChild.style.transform = `scaleX(${count / most})`;
  });
  keyed($("ends"), STATUSES, (name) => name, (name) => {
    const item = element("li");
    item.append(element("b"), " " + words(name));
    return item;
  }, (item, name) => text(item.firstChild, picture.orders ? number(statuses[name] || 0) : "–"));
}

// While somebody points at the list it keeps its rows, so that none slips away under the pointer.
let listed = [];
function drawRecent(picture) {
  const body = $("recent"), latest = new Map((picture.recent || []).map((order) => [order.id, order]));
  const hold = listed.length > 0 && (body.matches(":hover") || body.contains(document.activeElement));
  const fresh = [...latest.values()].findIndex((order) => order.id === (listed[0] || {}).id);
  const orders = hold ? listed.map((order) => latest.get(order.id) || order) : [...latest.values()];
  listed = orders;
  keyed(body, orders, (order) => order.id, (order) => {
    const row = element("tr"), open = element("button", order.id.slice(0, 8) + "…" + order.id.slice(-4)), cell = element("td");
    open.dataset.order = order.id;
    open.title = order.id;
    cell.append(open);
    row.append(cell, element("td"), element("td", undefined, "phase"), element("td", "", "num"));
    return row;
  }, (row, order) => {
    const [, status, phase, total] = row.children;
    text(status, words(order.status));
    tone(status, TONES[order.status] || "");
    text(phase, order.phase === order.status ? "" : words(order.phase));
    if (order.total) text(total, order.total);
  });
  text($("held"), hold && fresh ? `held while you look · ${fresh < 0 ? "many" : fresh} newer` : "choose one to see its life");
  $("no-orders").hidden = body.children.length > 0;
}

function drawStock(picture) {
  const skus = (picture.stock && picture.stock.skus) || [];
  keyed($("stock"), skus, (sku) => sku.sku, (sku) => {
    const box = element("div", undefined, "sku"), line = element("p"), bar = element("div", undefined, "bar");
    line.append(element("span", sku.sku), element("span"));
    bar.append(element("i"), element("i"));
    box.append(line, bar, element("div", undefined, "shards"));
    return box;
  }, (box, sku) => {
    const [line, bar, shards] = box.children, all = Math.max(1, Number(sku.available) + Number(sku.reserved) + Number(sku.sold));
    text(line.lastChild, `${number(sku.available)} available · ${number(sku.reserved)} held · ${number(sku.sold)} sold`);
    bar.firstChild.style.width = (100 * sku.available) / all + "%";
    bar.lastChild.style.width = (100 * sku.reserved) / all + "%";
    const parts = sku.shards || [];
    keyed(shards, parts.length > 1 ? parts : [], (shard) => shard.shard, () => element("span"), (node, shard) => text(node, number(shard.available)));
  });
  $("no-stock").hidden = skus.length > 0;
}

function list(id, rows) {
  keyed($(id), rows, ([name]) => name, ([name]) => {
    const item = element("li");
    item.append(element("span", name), element("span"));
    return item;
  }, (item, [, value, className, title]) => {
    text(item.lastChild, value);
    tone(item.lastChild, className);
    item.title = title || "";
  });
  $("no-" + id).hidden = rows.length > 0;
}

function verdictOf(audit) {
  if (!audit) return ["audit: not running", "warn"];
  if (audit.audit === "clean") return ["audit: clean", "good"];
  return audit.audit === "violated" ? ["audit: VIOLATED", "bad"] : ["audit: something could not be checked", "warn"];
}

function drawHealth(picture) {
  list("processes", (picture.processes || []).map((p) => [p.name, p.ready ? "ready" : p.missing.trim().split("\n")[0].slice(0, 80), p.ready ? "good" : "bad"]));
  list("lag", (picture.lag || []).map((g) => [g.group, g.lag === null ? "unknown" : number(g.lag), g.lag === null || g.lag > 1000 ? "warn" : ""]));
  const audit = picture.audit, checks = (audit && audit.invariants) || [];
  list("invariants", checks.map((c) => [`${c.id} ${c.name}`, c.ok ? `holds · ${number(c.compared)} compared` : c.skipped ? "not checked" : `${number(c.offenders.length)} offenders`,
    c.ok ? "good" : c.skipped ? "warn" : "bad", c.ok ? c.what : c.skipped ? c.why_skipped : c.offenders.slice(0, 20).join("\n")]));
  const [said, className] = verdictOf(audit);
  text($("verdict"), said);
  tone($("verdict"), "pill verdict " + className);
}

// Charts are uPlot's; the history is ours.
const history = { at: [], accepted: [], confirmed: [], p50: [], p99: [] };
let charts = null;
// 1, 2 or 5 times a power of ten: an axis that follows each value would never stand still.
function ceiling(value) { const power = 10 ** Math.floor(Math.log10(Math.max(value, 1))); return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= value) || 1; }
function chart(id) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), font: "12px system-ui, sans-serif", grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const clock = (u, splits) => splits.map((at) => new Date(at * 1000).toTimeString().slice(0, 8));
  const line = (name) => ({ stroke: colour(name), width: 2, points: { show: false } });
  return new uPlot({
    width: $(id).clientWidth || 300, height: 170, legend: { show: false }, cursor: { show: false },
    axes: [{ ...axis, values: clock, space: 90, size: 32 }, { ...axis, size: 52, space: 34 }],
    scales: { x: { range: (u, min, max) => [(max || 0) - SECONDS, max || 0] }, y: { range: (u, min, max) => [0, ceiling(max || 1)] } },
    series: [{}, line("--accent"), line("--second")],
  }, [[], [], []], $(id));
}
function makeCharts() {
  if (charts) for (const one of Object.values(charts)) one.destroy();
  charts = { rate: chart("chart-rate"), latency: chart("chart-latency") };
}
function fillCharts() {
  charts.rate.setData([history.at, history.accepted, history.confirmed]);
  charts.latency.setData([history.at, history.p50, history.p99]);
}
function drawCharts(picture) {
  if (!charts) makeCharts();
  const { rates, latency } = ordersOf(picture);
  const point = { at: picture.at / 1000, accepted: rates.accepted, confirmed: rates.confirmed, p50: latency.p50, p99: latency.p99 };
  for (const key of Object.keys(history)) { history[key].push(point[key] ?? null); if (history[key].length > KEPT) history[key].shift(); }
  fillCharts();
}
addEventListener("resize", () => { if (charts) for (const [id, one] of [["chart-rate", charts.rate], ["chart-latency", charts.latency]]) one.setSize({ width: $(id).clientWidth, height: 170 }); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (charts) { makeCharts(); fillCharts(); } });

function draw(picture) {
  drawFigures(picture); drawFlow(picture); drawRecent(picture); drawStock(picture); drawHealth(picture); drawCharts(picture);
  document.body.dataset.pictures = String(Number(document.body.dataset.pictures || 0) + 1);
}

// One order's life.
let shown = null, byMouse = false;
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
    const reason = order.reason && !order.reason.endsWith("UNSPECIFIED") ? ` (${words(order.reason.replace("ORDER_REASON_", ""))})` : "";
    const lines = order.lines.length;
    text($("life-summary"), `${words(order.status.replace("ORDER_STATUS_", ""))}${reason} · ${lines} line${lines === 1 ? "" : "s"} · ${money(total.minorUnits)}`);
    keyed($("life-steps"), life.entries.map((entry, at) => [at, entry]), ([at]) => at, () => {
      const item = element("li");
      item.append(element("time"), element("span"), element("span"));
      return item;
    }, (item, [, entry]) => {
      text(item.children[0], new Date(entry.at).toISOString().slice(11, 23));
      text(item.children[1], entry.step);
      text(item.children[2], entry.outcome + (entry.detail ? ": " + entry.detail : ""));
    });
  } catch (error) {
    text($("life-summary"), "The timeline can't be read now: " + error.message);
  }
}
$("recent").addEventListener("click", (event) => { const row = event.target.closest("tr"); if (row) { byMouse = event.detail > 0; showLife(row.dataset.key); } });
$("life").addEventListener("click", (event) => { if (event.target === $("life")) $("life").close(); });  // beside it
// The focus goes back to the row; it would hold the list for somebody who uses the mouse.
$("life").addEventListener("close", () => { shown = null; if (byMouse) document.activeElement.blur(); });
setInterval(refreshLife, 1000);

const source = new EventSource("/live");
source.onopen = () => { text($("connection"), "live"); tone($("connection"), "pill good"); };
source.onerror = () => { text($("connection"), "connection lost, trying again…"); tone($("connection"), "pill bad"); };
source.onmessage = (event) => draw(JSON.parse(event.data));
