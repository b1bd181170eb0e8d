// The web app: what its server sees over the API, and its login page in a frame.

import { call, json, make, pause } from "./http.js";
import { pretty } from "./numbers.js";
import { currentPhone, draft, setLetters } from "./phone.js";

const $ = (id) => document.getElementById(id);
const API = "/v1/verifications";
const headers = { Authorization: `Bearer ${document.body.dataset.key}` };
const HOW = {
  sms_reply: "it replied with the code",
  sms_reply_ref: "it texted the letters and replied with the code",
  browser_code: "the code was typed in the browser",
};
const ENDS = {
  denied: "The phone answered NO.",
  expired: "Nobody finished it in time.",
  max_attempts_reached: "Too many wrong codes.",
  canceled: "The web app has ended it.",
};
const DELIVERIES = { queued: "Not sent yet: a code for", delivered: "A code has arrived on", failed: "The code did not reach" };
const FAILURES = {
  undeliverable: "The code could not be delivered: a landline, or a number out of service.",
  opted_out: "The phone has stopped our texts.",
  region_not_allowed: "Numbers of this country get no codes.",
  number_not_allowed: "This kind of number gets no codes.",
  blocked: "Pages may not text this phone for now: it answered NO.",
};
const SMS_LINK = "a[href^='sms:']";
let current = null; // the verification on the screen
let watching = new AbortController();

export const currentVerification = () => current;

export function startWebApp() {
  $("open-text").addEventListener("click", () => open({ method: "text", code_entry: "reply", requester: { label: "the sandbox" } }));
  $("open-sms").addEventListener("click", () => open({ method: "sms", phone_number: currentPhone(), requester: { label: "the sandbox" } }));
  startTabs();
  render();
}

// A LOGIN that no web app has asked for shows up in the list of its phone. An approval may be taken
// back.
export async function findLogin() {
  if (current?.status === "approved") update(await json(`${API}/${current.id}`, { headers }));
  const { data } = await json(`${API}?limit=1&phone_number=${encodeURIComponent(currentPhone())}`, { headers });
  const [newest] = data;
  if (newest && newest.id !== current?.id && (!current || newest.created_at > current.created_at)) follow(newest);
}

async function open(body) {
  await act(async () => follow(await json(API, { body, headers })));
}

async function act(work) {
  $("app-error").textContent = "";
  try {
    await work();
  } catch (error) {
    $("app-error").textContent = error.message;
  }
}

async function follow(verification) {
  watching.abort();
  watching = new AbortController();
  const { signal } = watching;
  update(verification);
  for (let etag = ""; !signal.aborted; ) {
    try {
      const known = etag ? { "If-None-Match": etag } : {};
      const response = await call(`${API}/${verification.id}${etag ? "?wait=25" : ""}`, { headers: { ...headers, ...known }, signal });
      if (response.status !== 200) continue;
      etag = response.headers.get("ETag");
      update(await response.json());
      if (current.status !== "pending") return;
    } catch {
      if (!signal.aborted) await pause(1000);
    }
  }
}

function update(verification) {
  current = verification;
  offerLetters();
  render();
  document.dispatchEvent(new Event("verification"));
}

// The phone has a chip for the letters in sight: those of the login page, if it is in front.
function offerLetters() {
  const link = !$("login").hidden && $("login").firstElementChild?.contentDocument?.querySelector(SMS_LINK);
  if (link) return setLetters(textOf(link));
  setLetters(!$("server").hidden && current?.awaiting === "login" && current.login ? current.login.text : "");
}

// -- the verification on the screen

function sentence({ status, awaiting, method, code_entry, phone_number, login, binding, reason, delivery }) {
  const phone = phone_number && pretty(phone_number);
  if (status === "approved") return `${phone} is verified: ${HOW[binding]}.`;
  if (status === "failed") return FAILURES[reason] ?? "It cannot be finished.";
  if (ENDS[status]) return reason === "repudiated" ? "The phone answered NO: the approval is taken back." : ENDS[status];
  if (awaiting === "login") return login ? `Waiting for a phone to text ${login.text}.` : `Waiting for ${phone} to ask for a new code.`;
  const code = DELIVERIES[delivery] ?? "A code is on its way to";
  const wait = method === "sms" || code_entry === "page" ? "for it to be typed here" : "for the reply";
  return `${code} ${phone}. Waiting ${wait}.`;
}

function render() {
  const box = $("verification");
  if (!current) {
    box.replaceChildren(make("p", { className: "empty" }, "No login yet."));
    return;
  }
  if (box.dataset.id !== current.id) build(box);
  $("pill").textContent = current.status;
  $("pill").dataset.status = current.status;
  setText($("sentence"), sentence(current));
  setText($("object"), JSON.stringify(current, null, 2));
  $("letters-box").hidden = !(current.awaiting === "login" && current.login);
  const types = current.awaiting === "code" && (current.method === "sms" || current.code_entry === "page");
  $("check").hidden = !types;
  $("resend").hidden = !types;
  $("cancel").hidden = current.status !== "pending";
  $("redeem").hidden = current.status !== "approved" || Boolean(current.redeemed_at);
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function build(box) {
  const action = (id, label) => {
    const button = make("button", { id, className: id === "redeem" ? "primary" : "secondary", type: "button" }, label);
    button.addEventListener("click", () => post(id));
    return button;
  };
  const field = make("input", { id: "typed", inputMode: "numeric", autocomplete: "off", size: 8 });
  const check = make("form", { id: "check", className: "row", noValidate: true }, make("label", { htmlFor: "typed" }, "Code"), field, make("button", { className: "primary" }, "Check"));
  check.addEventListener("submit", (event) => (event.preventDefault(), post("check", { code: field.value })));
  const object = make("pre", { id: "object", tabIndex: 0 });
  object.setAttribute("aria-label", "The verification as JSON");
  box.dataset.id = current.id;
  box.replaceChildren(
    make(
      "div",
      { className: "state" },
      make("p", {}, make("span", { id: "pill", className: "pill" })),
      make("p", { id: "sentence", role: "status" }),
      lettersBox(current),
      check,
      make("div", { className: "actions" }, action("redeem", "Redeem: let them in"), action("resend", "Send another code"), action("cancel", "Cancel")),
    ),
    make("div", { className: "object" }, make("p", {}, make("code", {}, `GET ${API}/${current.id.slice(0, 10)}…?wait=25`)), object),
  );
}

function lettersBox({ id, login }) {
  const box = make("div", { id: "letters-box", className: "letters" });
  if (!login) return box;
  const qr = make("img", { src: `${API}/${id}/qr.svg?ref=${login.ref}`, alt: `QR code that opens a text with ${login.text}`, width: 112, height: 112 });
  const words = make("p", {}, "Text", make("b", {}, login.text), `to ${pretty(login.phone_number)}`);
  box.append(words, qr);
  return box;
}

async function post(name, body = {}) {
  const id = current.id;
  await act(async () => {
    const answer = await json(`${API}/${id}/${name}`, { body, headers });
    if (current.id === id) update({ ...current, ...answer });
    if (name === "check" && answer.status === "pending") $("app-error").textContent = `Wrong code. Tries left: ${answer.attempts_left}.`;
  });
}

// -- the tabs

async function startTabs() {
  const tabs = [$("tab-server"), $("tab-login")];
  const select = (tab) => {
    for (const one of tabs) {
      one.ariaSelected = String(one === tab);
      one.tabIndex = one === tab ? 0 : -1;
      $(one.getAttribute("aria-controls")).hidden = one !== tab;
    }
    if (tab === $("tab-login") && !$("login").firstElementChild) $("login").append(frame());
    offerLetters();
  };
  for (const tab of tabs) tab.addEventListener("click", () => select(tab));
  $("tab-server").parentElement.addEventListener("keydown", ({ key }) => {
    const other = tabs.find((one) => one !== document.activeElement);
    if (["ArrowLeft", "ArrowRight"].includes(key)) (select(other), other.focus());
  });
  const answer = await fetch("/", { cache: "no-store" }).catch(() => null);
  $("tabs").hidden = !answer?.ok; // the service may have no pages
}

function frame() {
  const node = make("iframe", { src: "/", title: "The login page" });
  node.addEventListener("load", () => {
    const page = node.contentDocument;
    page?.addEventListener("click", open);
    if (page) new MutationObserver(offerLetters).observe(page.body, { childList: true, subtree: true });
    offerLetters();
  });
  // On a phone, the page's link opens the messages with the text; here, our phone.
  const open = (event) => {
    const link = event.target.closest?.(SMS_LINK);
    if (!link) return;
    event.preventDefault();
    draft(textOf(link));
  };
  return node;
}

const textOf = (link) => decodeURIComponent(link.getAttribute("href").split("body=")[1] ?? "");
