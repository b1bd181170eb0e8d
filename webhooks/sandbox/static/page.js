// Starts the parts, and passes on what the log says.

import { startClock } from "./clock.js";
import { readFaults, startFaults } from "./faults.js";
import { json, pause } from "./http.js";
import { lettersInSight, noteMove, noteWebhook, refresh, startPhone } from "./phone.js";
import { addEntries, startTimeline } from "./timeline.js";
import { currentVerification, findLogin, startWebApp } from "./web_app.js";

const $ = (id) => document.getElementById(id);
const quietly = (work) => work().catch(() => {}); // the log's reader says that the demo is gone

async function followLog() {
  for (let after = 0, wait = 0; ; wait = 25) {
    try {
      const { data, next } = await json(`/sandbox/log?after=${after}&wait=${wait}`);
      $("offline").hidden = true;
      after = next;
      if (data.length) await pass(data);
    } catch {
      $("offline").hidden = false;
      await pause(1000);
    }
  }
}

async function pass(entries) {
  for (const entry of entries) if (entry.kind === "webhook") noteWebhook(entry);
  addEntries(entries);
  const all = [quietly(refresh), quietly(findLogin)];
  if (entries.some(({ kind }) => ["webhook", "receipt"].includes(kind))) all.push(quietly(readFaults));
  await Promise.all(all);
  guide();
}

// Marks the step that comes next.
function guide() {
  const { status, awaiting, method, code_entry: entry } = currentVerification() ?? {};
  const letters = lettersInSight();
  const step = letters ? 0 : status === "approved" ? 3 : awaiting === "code" ? 1 : 0;
  const typed = !letters && (method === "sms" || entry === "page");
  const [first, second] = [...$("guide").children].map((item) => item.firstElementChild.childNodes);
  first[1].textContent = letters || "LOGIN";
  second[0].textContent = typed ? "Type the " : "Press the ";
  second[2].textContent = typed ? " on the page" : " that arrives";
  [...$("guide").children].forEach((item, place) => {
    item.toggleAttribute("data-done", place < step);
    if (place === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
}

$("address").textContent = location.origin;
startTimeline();
startWebApp();
startPhone(() => quietly(findLogin).then(guide));
document.addEventListener("verification", guide);
document.addEventListener("letters", guide);
quietly(startFaults);
quietly(() => startClock(noteMove));
followLog();
