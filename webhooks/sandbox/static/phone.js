// The phone on the screen: its texts, the chips, the box to type in, other phones.

import { clockTime, inWords, now } from "./clock.js";
import { json, make } from "./http.js";
import { PHONES, SPECIAL, parse, pretty } from "./numbers.js";
import { count } from "./segments.js";

const $ = (id) => document.getElementById(id);
const CODE = /(?<![\d+])\d{6,8}(?!\d)/;
const STATES = {
  queued: "…", sent: "✓ sent", delivered: "✓✓ delivered", delivery_failed: "! not delivered", failed: "! not delivered",
};
const ADD = "add";
const own = new Map(); // phone → texts that it has sent, by id
const notes = []; // "5 min later", on every phone
let phone = PHONES[0][0];
let got = []; // texts that the phone on the screen got, oldest first
let letters = ""; // LOGIN and the letters that the web app shows
let onSwitch = () => {};

const sentTexts = () => [...(own.get(phone)?.values() ?? [])];

export const currentPhone = () => phone;

export function startPhone(switched) {
  onSwitch = switched;
  $("service").textContent = pretty(document.body.dataset.number);
  fillMenu();
  $("who").addEventListener("change", choose);
  $("add").addEventListener("submit", add);
  $("compose").addEventListener("submit", (event) => (event.preventDefault(), type()));
  $("text").addEventListener("input", showCount);
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) (event.preventDefault(), type());
  });
  showCount();
  showChips();
}

// Texts of phones are known from the webhooks that reported them.
export function noteWebhook({ body, at, answer }) {
  const { id, text, from } = body.data.payload;
  const accepted = answer.status >= 200 && answer.status < 300;
  const known = texts(from.phone_number).get(id);
  const state = known?.state === "delivered" || accepted ? "delivered" : "failed";
  keep(from.phone_number, { id, text, at: Date.parse(at), state });
}

export function noteMove(seconds) {
  notes.push({ id: `note${notes.length}`, text: `${inWords(seconds)} later`, at: now() });
  show();
}

export const lettersInSight = () => letters;

// The chip for the letters on the screen of the web app; "" removes it.
export function setLetters(text) {
  letters = text;
  showChips();
  document.dispatchEvent(new Event("letters"));
}

// What the login page's link would do on a real phone.
export function draft(text) {
  $("text").value = text;
  showCount();
  $("text").focus();
}

export async function refresh() {
  const asked = phone;
  const { data } = await json(`/sandbox/messages?phone_number=${encodeURIComponent(asked)}`);
  if (asked !== phone) return;
  got = data;
  show();
}

async function send(text) {
  const from = phone;
  const at = now();
  $("phone-error").textContent = "";
  try {
    const { data } = await json("/sandbox/texts", { body: { from, text } });
    if (!texts(from).has(data.id)) keep(from, { id: data.id, text, at, state: "sent" });
    return true;
  } catch (error) {
    $("phone-error").textContent = error.message;
    return false;
  }
}

async function type() {
  const text = $("text").value;
  if (!text.trim()) return;
  if (await send(text)) $("text").value = "";
  showCount();
}

function texts(number) {
  if (!own.has(number)) own.set(number, new Map());
  return own.get(number);
}

function keep(number, text) {
  texts(number).set(text.id, text);
  if (number === phone) show();
}

// -- the menu of phones

function fillMenu() {
  const option = ([number, words]) => new Option(`${words}  ${pretty(number)}`, number);
  const special = make("optgroup", { label: "Special numbers" }, ...SPECIAL.map(option));
  $("who").replaceChildren(...PHONES.map(option), special, new Option("Another number …", ADD));
  switchTo(phone);
}

function choose() {
  const chosen = $("who").value;
  $("add").hidden = chosen !== ADD;
  if (chosen === ADD) $("new-number").focus();
  else switchTo(chosen);
}

function add(event) {
  event.preventDefault();
  const number = parse($("new-number").value);
  $("add-error").textContent = number ? "" : "A phone number looks like +12025550123.";
  if (!number) return $("new-number").focus();
  if (![...$("who").options].some(({ value }) => value === number)) PHONES.push([number, "Phone"]);
  phone = number;
  $("add").hidden = true;
  $("new-number").value = "";
  fillMenu();
}

function switchTo(number) {
  phone = number;
  got = [];
  $("who").value = number;
  $("phone-error").textContent = "";
  $("fate").textContent = SPECIAL.find(([one]) => one === number)?.[2] ?? "";
  for (const bubble of bubbles()) bubble.remove();
  show();
  refresh().catch(() => {});
  onSwitch(number);
}

// -- the conversation

const bubbles = () => [...$("messages").querySelectorAll("[data-id]")];

// Only what is new is added, so that screen readers read it alone.
function show() {
  const all = [
    ...sentTexts().map((one) => ({ ...one, kind: "out" })),
    ...got.map(({ id, text, status, created_at }) => ({ id, text, state: status, at: Date.parse(created_at), kind: "in" })),
    ...notes.map((one) => ({ ...one, kind: "note" })),
  ].sort((a, b) => a.at - b.at);
  const known = new Map(bubbles().map((one) => [one.dataset.id, one]));
  let before = $("fate");
  for (const one of all) {
    const node = known.get(one.id) ?? bubble(one);
    if (before.nextElementSibling !== node) before.after(node);
    update(node, one);
    before = node;
  }
  if (all.length > known.size) $("messages").scrollTop = $("messages").scrollHeight;
  showChips();
}

function bubble({ id, kind, text }) {
  const node = make("div", { className: kind === "note" ? "note" : `bubble ${kind}` });
  node.dataset.id = id;
  if (kind === "note") node.append(text);
  else node.append(make("span", { className: "sr" }, kind === "out" ? "You: " : "Service: "), make("p", {}, text), make("small"));
  return node;
}

function update(node, { kind, state, at }) {
  if (kind === "note") return;
  const meta = `${clockTime(at, false)}  ${STATES[state] ?? state}`;
  const small = node.querySelector("small");
  if (small.textContent !== meta) small.textContent = meta;
}

// -- the chips

const newestCode = () => got.map(({ text }) => text.match(CODE)?.[0]).filter(Boolean).at(-1);

function chips() {
  const code = newestCode();
  const stopped = sentTexts().map(({ text }) => text).filter((text) => /^(STOP|START)$/.test(text)).at(-1) === "STOP";
  const last = got.at(-1)?.text;
  return [
    letters && { id: "letters", label: letters, text: letters, strong: true },
    { id: "login", label: "LOGIN", text: "LOGIN", strong: !code && !letters },
    { id: "code", label: code ?? "code", text: code, strong: Boolean(code) && !letters && !sentTexts().some(({ text }) => text === code), says: code ? `${code}, the code` : "The code, once it has arrived" },
    { id: "no", label: "NO", text: "NO" },
    { id: "stop", label: stopped ? "START" : "STOP", text: stopped ? "START" : "STOP" },
    { id: "like", icon: "M7 10v11M2 12v7a2 2 0 0 0 2 2h13.3a2.5 2.5 0 0 0 2.4-1.9l1.7-7A2 2 0 0 0 19.500 10H14l.8-5.200A2.200 2.200 0 0 0 11 3L7 10H4a2 2 0 0 0-2 2", text: last && `Liked “${last}”`, says: "React with a thumbs-up" },
  ].filter(Boolean);
}

function showChips() {
  const wanted = chips();
  const known = new Map([...$("chips").children].map((one) => [one.dataset.chip, one]));
  for (const [id, node] of known) if (!wanted.some((one) => one.id === id)) node.remove();
  wanted.forEach((one, place) => {
    const node = known.get(one.id) ?? chip(one.id);
    if ($("chips").children[place] !== node) $("chips").insertBefore(node, $("chips").children[place] ?? null);
    Object.assign(node, { disabled: !one.text, ariaLabel: one.says ?? one.label, className: one.strong ? "chip strong" : "chip" });
    if (one.label) node.textContent = one.label;
    else if (!node.firstChild) node.append(icon(one.icon));
    node.dataset.text = one.text ?? "";
  });
}

function icon(path) {
  const [svg, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function chip(id) {
  const node = make("button", { type: "button" });
  node.dataset.chip = id;
  node.addEventListener("click", () => send(node.dataset.text));
  return node;
}

function showCount() {
  const { encoding, used, room, segments } = count($("text").value);
  $("count").textContent = `${encoding} ${used}/${room}${segments > 1 ? ` · ${segments} segments` : ""}`;
  $("count").classList.toggle("long", segments > 1);
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight + 2, 120)}px`;
}
