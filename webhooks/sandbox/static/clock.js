// The demo's time, and the buttons that move it forward.

import { json } from "./http.js";

const $ = (id) => document.getElementById(id);
const UNITS = [[86400, "day"], [3600, "h"], [60, "min"], [1, "s"]];
let ahead = 0; // ms from the browser's clock to the demo's
let onMove = () => {};

export const now = () => Date.now() + ahead;
export const clockTime = (ms, seconds = true) =>
  new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined, hour12: false });

export function inWords(seconds) {
  const parts = [];
  for (const [size, name] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count) parts.push(`${count} ${name}${name === "day" && count > 1 ? "s" : ""}`);
  }
  return parts.slice(0, 2).join(" ");
}

export async function startClock(moved) {
  onMove = moved;
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => advance(Number(button.dataset.advance)));
  }
  $("move").addEventListener("submit", (event) => {
    event.preventDefault();
    advance(Number($("minutes").value || NaN) * 60);
  });
  setInterval(show, 1000);
  read(await json("/sandbox/clock"));
}

async function advance(seconds) {
  $("clock-error").textContent = "";
  try {
    read(await json("/sandbox/clock", { body: { advance: seconds } }));
    onMove(seconds);
  } catch (error) {
    $("clock-error").textContent = error.status === 422 ? "The clock moves forward only: 1 minute to 31 days." : error.message;
  }
}

function read(reading) {
  ahead = Date.parse(reading.now) - Date.now();
  $("ahead").textContent = reading.offset ? `${inWords(reading.offset)} ahead` : "the real time";
  show();
}

function show() {
  const day = new Date(now()).toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
  $("now").textContent = `${day}, ${clockTime(now())}`;
  $("now").dateTime = new Date(now()).toISOString();
}
