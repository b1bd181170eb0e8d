// Makes the login pages better. Each of them works without it.
const live = document.getElementById("live");
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
let leaving = new AbortController(); // of the step that is shown

// The live region is written only when there is news, so that screen readers stay calm.
function announce(text) {
  live.textContent = text;
}

function start() {
  leaving = new AbortController();
  const main = document.getElementById("main");
  for (const part of main.querySelectorAll("[data-copy]")) copying(part);
  for (const form of main.querySelectorAll("form")) once(form);
  for (const form of main.querySelectorAll("[data-seconds]")) countdown(form);
  if (main.querySelector("[data-code]")) webOtp(main.querySelector("#token"));
  if (main.dataset.watch) watch();
}

function copying(button) {
  if (!navigator.clipboard) return; // only on https and loopback
  button.closest("[data-js]").hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    announce(button.dataset.copied);
    await pause(2);
    button.textContent = label;
    announce("");
  });
}

// A double click sends one form.
function once(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

async function countdown(form) {
  const { signal } = leaving;
  const [button, wait] = [form.querySelector("button"), form.querySelector("[data-wait]")];
  const clock = form.querySelector("[data-clock]");
  const until = Date.now() + form.dataset.seconds * 1000;
  button.hidden = true;
  for (let left; (left = Math.ceil((until - Date.now()) / 1000)) > 0; await pause(1)) {
    if (signal.aborted) return;
    if (left <= 90) clock.textContent = left === 1 ? clock.dataset.one : clock.dataset.many.replace("{n}", left);
  }
  button.hidden = false;
  wait.hidden = true;
  announce(button.dataset.ready);
}

// The code from the text, on phones that can read it. The person still presses the button.
async function webOtp(input) {
  if (!("OTPCredential" in window)) return;
  input.form.addEventListener("submit", () => leaving.abort());
  const wanted = { otp: { transport: ["sms"] }, signal: leaving.signal };
  const found = await navigator.credentials.get(wanted).catch(() => null);
  if (found) input.value = found.code;
}

// Waits until the phone has moved the login on, then shows the next step.
async function watch() {
  const { signal } = leaving;
  for (let etag = "", failures = 0; !signal.aborted; ) {
    const asked = Date.now();
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch("/verify/status?wait=25", { headers, cache: "no-store", signal }).catch(() => null);
    if (signal.aborted) return;
    if (response?.status === 200) {
      etag = response.headers.get("ETag");
      const { step } = await response.json();
      if (step !== document.getElementById("main").dataset.watch) return next();
    } else if (response?.status !== 304) {
      if (response && response.status < 500) return location.assign("/verify"); // it says what is wrong
      await pause(Math.min(2 ** failures++, 30));
      continue;
    }
    failures = 0;
    if (Date.now() - asked < 500 && response.status === 304) await pause(2); // it was not held
  }
}

async function next() {
  leaving.abort();
  const response = await fetch("/verify", { redirect: "manual", cache: "no-store" }).catch(() => null);
  const page = response?.ok && new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page && page.getElementById("main");
  if (!main) return location.assign("/verify"); // a web app is next, or something is wrong
  document.title = page.title;
  document.getElementById("main").replaceWith(document.adoptNode(main));
  announce([...main.querySelectorAll("h1, .lead")].map((part) => part.textContent).join(" "));
  main.querySelector("[autofocus]")?.focus();
  start();
}

// Back and forward may bring the page as it was left.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
document.getElementById("summary")?.focus();
start();
