// What the page does by itself: follows the board, shows times on the viewer's clock, copies commands.
// Without it every page works, and reloads each minute.
"use strict";

const LIVE = "[data-live]";
const sent = new Map(); // region id -> its HTML as the server sent it, before times were filled in
let shown = Number(document.body.dataset.board || 0);

function clockOf(text, withDay) {
  const at = new Date(text);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return withDay ? `${at.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" })}, ${time}` : time;
}

function fillTimes(root) {
  for (const element of root.querySelectorAll(".v[data-at]")) {
    const until = element.dataset.to ? `–${clockOf(element.dataset.to)}` : "";
    const text = clockOf(element.dataset.at, element.classList.contains("day")) + until;
    element.textContent = element.classList.contains("also") && !element.classList.contains("bare") ? `${text} yours` : text;
  }
  for (const element of root.querySelectorAll("[data-age]")) {
    const minutes = Math.floor((Date.now() - new Date(element.dataset.age)) / 60000);
    element.textContent = minutes < 1 ? "less than a minute" : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
}

function chooseClock(name) {
  document.documentElement.classList.toggle("mine", name === "mine");
  for (const button of document.querySelectorAll("[data-clock]")) {
    button.setAttribute("aria-pressed", String(button.dataset.clock === name));
  }
}

// Somebody who marks a command to copy it, or has a list open, must not lose it to a newer board.
function isBusyIn(region) {
  const selection = document.getSelection();
  const marks = selection && !selection.isCollapsed && region.contains(selection.anchorNode);
  return marks || (region.contains(document.activeElement) && document.activeElement.matches("select"));
}

function replaceRegion(region, fresh) {
  if (sent.get(region.id) === fresh.innerHTML) return;
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const open = new Map([...region.querySelectorAll("details[id]")].map((item) => [item.id, item.open]));
  const scrolled = [...region.querySelectorAll(".wide, .scroll")].map((item) => item.scrollLeft);
  const chosen = new Map([...region.querySelectorAll("select[id]")].map((item) => [item.id, item.value]));
  const before = new Map([...region.querySelectorAll("tr[id]")].map((row) => [row.id, row.className]));
  sent.set(region.id, fresh.innerHTML);
  region.replaceChildren(...fresh.childNodes);
  for (const [id, state] of open) { const item = document.getElementById(id); if (item) item.open = state; }
  for (const [id, value] of chosen) { const item = document.getElementById(id); if (item) item.value = value; }
  [...region.querySelectorAll(".wide, .scroll")].forEach((item, place) => { item.scrollLeft = scrolled[place] || 0; });
  for (const row of region.querySelectorAll("tr[id]")) {
    if (before.has(row.id) && before.get(row.id) !== row.className) row.classList.add("changed");
  }
  fillTimes(region);
  const again = focused && document.getElementById(focused);
  if (again) again.focus({ preventScroll: true });
}

let loading = false;
let wanted = false;

async function refresh(address) {
  if (loading) { wanted = true; return; }
  loading = true;
  try {
    const answer = await fetch(address || location.href, { headers: { "x-acme-fragment": "1" }, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) { location.reload(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [x, y] = [window.scrollX, window.scrollY];
    for (const region of document.querySelectorAll(LIVE)) {
      const part = fresh.getElementById(region.id);
      if (!part) continue;
      if (isBusyIn(region)) { setTimeout(refresh, 3000); continue; }
      replaceRegion(region, part);
    }
    window.scrollTo(x, y);
    shown = Number(fresh.getElementById("live").dataset.board);
    lost("");
  } catch {
    lost("The board does not answer. What you see is as of the time at the foot of the page.");
  } finally {
    loading = false;
    if (wanted) { wanted = false; refresh(); }
  }
}

function lost(text) {
  const element = document.getElementById("stale");
  if (!element) return;
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

function follow() {
  const source = new EventSource("/live");
  let failing = 0;
  source.addEventListener("board", (event) => {
    if (failing) { clearTimeout(failing); failing = 0; lost(""); }
    if (Number(event.data) !== shown) refresh();
  });
  source.addEventListener("error", () => {
    // It connects again by itself; only where that takes long is it worth a word.
    if (!failing) failing = setTimeout(() => lost("The board does not answer. What you see is as of the time at the foot of the page."), 8000);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => { source.close(); follow(); }, 5000);
  });
  addEventListener("pagehide", () => source.close());
}

// Filters apply as they are chosen; the address follows, so that it can be shared and "back" works.
function liveFilters(form) {
  let waiting = 0;
  const apply = () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const address = query.size ? `/?${query}` : "/";
    history.replaceState(null, "", address);
    form.querySelector(".clear").hidden = !query.size;
    refresh(address);
  };
  form.addEventListener("change", apply);
  form.addEventListener("input", (event) => {
    if (event.target.type === "search") { clearTimeout(waiting); waiting = setTimeout(apply, 250); }
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    try { await navigator.clipboard.writeText(copy.dataset.copy); copy.textContent = "Copied"; } catch { copy.textContent = "Mark it and copy"; }
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  }
  const clock = event.target.closest("[data-clock]");
  if (clock) {
    try { localStorage.setItem("clock", clock.dataset.clock); } catch { /* private windows keep nothing */ }
    chooseClock(clock.dataset.clock);
  }
});

for (const region of document.querySelectorAll(LIVE)) sent.set(region.id, region.innerHTML);
fillTimes(document);
for (const group of document.querySelectorAll(".clocks")) group.hidden = false;
let remembered = "client";
try { remembered = localStorage.getItem("clock") || "client"; } catch { /* as above */ }
chooseClock(remembered);
for (const form of document.querySelectorAll("form.filters")) liveFilters(form);
const filterBox = document.querySelector(".filterbox");
if (filterBox && !location.search && matchMedia("(max-width: 760px)").matches) filterBox.open = false;
if (document.body.dataset.board) follow();
setInterval(() => fillTimes(document.getElementById("banner")), 30000);
