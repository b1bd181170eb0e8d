// What passes, one line each; opened, its headers, its JSON and a curl line.

import { clockTime } from "./clock.js";
import { make } from "./http.js";

const $ = (id) => document.getElementById(id);
const MOST = 500;
const LANES = {
  webhook: "Telnyx → Textlogin",
  request: "Textlogin → Telnyx",
  receipt: "Telnyx → Textlogin",
  callback: "Textlogin → web app",
  decision: "Textlogin decides",
};
let follows = true; // the newest entry, until somebody scrolls up
let unseen = 0; // entries added since then
const accepted = new Set(); // webhooks that were accepted once; their next delivery is a duplicate

export function startTimeline() {
  const box = $("scroll");
  box.addEventListener("scroll", () => {
    follows = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    if (follows) countUnseen(0);
  });
  $("newer").addEventListener("click", () => {
    box.focus({ preventScroll: true }); // the button goes away
    toEnd();
  });
  $("clear").addEventListener("click", () => {
    $("entries").replaceChildren();
    $("empty").hidden = false;
    follows = true;
    countUnseen(0);
  });
}

export function addEntries(entries) {
  if (!entries.length) return;
  for (const entry of entries.slice(-MOST)) insert(line(entry), entry.at);
  while ($("entries").childElementCount > MOST) $("entries").firstElementChild.remove();
  $("empty").hidden = true;
  if (follows) requestAnimationFrame(toEnd);
  else countUnseen(unseen + entries.length);
}

// Who reads further up is not moved, but told.
function countUnseen(count) {
  unseen = count;
  $("newer").hidden = !count;
  $("newer").textContent = count === 1 ? "1 new line" : `${Math.min(count, MOST)} new lines`;
}

// Open entries out of sight have guessed heights, which change once they are in sight.
function toEnd() {
  const box = $("scroll");
  box.scrollTop = box.scrollHeight;
  requestAnimationFrame(() => (box.scrollTop = box.scrollHeight));
}

// By the time they began: an entry is known when its answer is, so a decision comes before its cause.
function insert(item, at) {
  item.dataset.at = at;
  let last = $("entries").lastElementChild;
  while (last && last.dataset.at > at) last = last.previousElementSibling;
  if (last) last.after(item);
  else $("entries").prepend(item);
}

function line(entry) {
  const summary = make(
    "summary",
    {},
    make("time", { dateTime: entry.at }, clockTime(Date.parse(entry.at))),
    make("span", { className: "lane" }, LANES[entry.kind]),
    make("span", { className: "words" }, words(entry)),
    make("span", { className: "badges" }, ...badges(entry)),
  );
  const details = make("details", {}, summary);
  details.addEventListener("toggle", () => details.childElementCount > 1 || details.append(detail(entry)));
  const item = make("li", {}, details);
  item.dataset.kind = entry.kind;
  item.dataset.start = String(entry.kind === "webhook" && entry.attempt === 1);
  return item;
}

// The summary without what the badges say; a text that is sent, in its own words.
function words({ summary, kind, body }) {
  const short = summary.replace(/(, attempt \d+)?: (answered|accepted,|refused,|no answer) ?[^:]*$/, "");
  return kind === "request" && body?.text ? `${short}: “${body.text}”` : short;
}

function badges({ kind, answer, body, event, headers, attempt }) {
  const found = [];
  if (attempt > 1) found.push(badge(`attempt ${attempt}`));
  if (kind === "webhook" || kind === "receipt") {
    const id = body.data.id;
    if (accepted.has(id)) found.push(badge("duplicate", "warn"));
    else if (answer.status === 200) accepted.add(id);
  }
  if (headers?.["idempotency-key"]) found.push(badge(`key …${headers["idempotency-key"].slice(-6)}`, "idem"));
  if (answer) found.push(badge(answer.status ?? answer.error, answer.status < 300 ? "good" : "bad"));
  if (event) found.push(badge(event));
  return found;
}

const badge = (text, kind = "") => make("span", { className: `badge ${kind}` }, String(text));

function detail({ headers, body, raw, answer, url, method, path, fields, event }) {
  const parts = make("div", { className: "detail" });
  if (fields) parts.append(part(event, show(fields)));
  if (!headers) return parts;
  const address = url ?? location.origin + path;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  parts.append(part(`${method ?? "POST"} ${address}`, lines.join("\n")));
  if (headers["telnyx-signature-ed25519"]) parts.append(make("p", {}, "Signed by Telnyx over the timestamp and the body. Sent again, it has no second effect."));
  if (headers["webhook-signature"]) parts.append(make("p", {}, "Signed as Standard Webhooks defines, with the web app's secret."));
  if (body !== null) parts.append(part("Body", show(body)));
  parts.append(part("Answer", show(answer)));
  parts.append(part("The same with curl", curl(method ?? "POST", address, headers, raw), true));
  return parts;
}

const show = (value) => JSON.stringify(value, null, 2);

function part(title, text, copied = false) {
  const pre = make("pre", { tabIndex: 0 }, text);
  pre.setAttribute("aria-label", title);
  const head = make("h3", {}, title);
  const section = make("div", { className: "part" }, head, pre);
  if (copied && navigator.clipboard) section.append(copyButton(text));
  return section;
}

function copyButton(text) {
  const button = make("button", { className: "small", type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text).catch(() => {});
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  return button;
}

// Headers that curl and the network set are left out.
function curl(method, address, headers, raw) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const skipped = /^(host|content-length|accept-encoding|connection|accept|user-agent|x-stainless-.*)$/;
  const sent = Object.entries(headers).filter(([name]) => !skipped.test(name));
  const parts = [`curl -s -X ${method} ${quote(address)}`, ...sent.map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`)];
  if (raw) parts.push(`--data-raw ${quote(raw)}`);
  return parts.join(" \\\n  ");
}
