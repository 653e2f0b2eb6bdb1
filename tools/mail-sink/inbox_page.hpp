#pragma once

#include <string_view>

namespace souk::mail_sink {

/// The whole page: it asks /api every two seconds and writes text only as text.
inline constexpr std::string_view kInboxPage = R"html(<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Mails of Souk</title>
<style>
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 15%,transparent)}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.3rem;margin:0}header{display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap;margin-bottom:1rem}
#stats{opacity:.7}input{font:inherit;padding:.3rem .6rem;flex:1;min-width:12rem}
details{border-top:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer;display:flex;gap:.8rem;flex-wrap:wrap}
summary b{flex:1;min-width:12rem}summary span{opacity:.7}pre{white-space:pre-wrap;margin:.5rem 0 0 1rem}
</style>
<header><h1>Mails</h1><span id="stats" role="status"></span>
<input id="to" type="search" placeholder="recipient" aria-label="Show only mails to this recipient"></header>
<main id="mails"></main>
<script>
const list = document.getElementById('mails'), to = document.getElementById('to'), stats = document.getElementById('stats');
const open = new Set();
function show(mail) {
  const item = document.createElement('details'), head = document.createElement('summary');
  for (const [tag, text] of [['b', mail.subject], ['span', mail.to.join(', ')], ['span', new Date(mail.at).toLocaleTimeString()]]) {
    head.append(Object.assign(document.createElement(tag), {textContent: text}));
  }
  item.append(head, Object.assign(document.createElement('pre'), {textContent: mail.text}));
  item.open = open.has(mail.number);
  item.addEventListener('toggle', () => item.open ? open.add(mail.number) : open.delete(mail.number));
  return item;
}
let shown = '';
async function refresh() {
  try {
    const s = await (await fetch('api/stats')).json();
    stats.textContent = `${s.distinct} mails, ${s.duplicates} duplicates dropped`;
    const key = s.received + to.value;
    if (key !== shown) {
      const {mails} = await (await fetch('api/mails?to=' + encodeURIComponent(to.value.trim()))).json();
      list.replaceChildren(...mails.map(show));
      shown = key;
    }
  } catch { stats.textContent = 'the sink does not answer'; }
}
to.addEventListener('input', refresh);
refresh();
setInterval(refresh, 2000);
</script></html>
)html";

}  // namespace souk::mail_sink
