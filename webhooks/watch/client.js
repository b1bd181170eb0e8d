// @ts-self-types="./client.d.ts"
// One verification in the browser, by its poll token: watch, check, resend, cancel. It uses fetch
// instead of EventSource, which would put the token in the URL.
const FINAL = new Set(["approved", "denied", "expired", "max_attempts_reached", "canceled", "failed"]);
const HERE = new URL(import.meta.url).origin;

// What the service refuses: `problem` is the problem's name, "unreachable" if there is no answer.
export class TextloginError extends Error {
  constructor(problem, status = 0, document = {}) {
    super(document.detail ?? (status ? `HTTP ${status}` : "The service cannot be reached."));
    Object.assign(this, {
      name: "TextloginError", problem, status, retryAfter: document.retry_after ?? null,
      limit: document.limit ?? null, verificationStatus: document.verification_status ?? null,
    });
  }
}

// Each resolves with the verification after the call.
export const check = (id, pollToken, code, options) => act(id, pollToken, "/check", { code }, options);
export const resend = (id, pollToken, options) => act(id, pollToken, "/resend", {}, options);
export const cancel = (id, pollToken, options) => act(id, pollToken, "/cancel", {}, options);

// Yields each state of a verification up to the final one.
export async function* watch(id, pollToken, { signal, base = HERE } = {}) {
  const get = caller(id, pollToken, { signal, base });
  const seen = { etag: "", interval: 2 };
  for (const follow of [events, (get) => polls(get, "?wait=25"), (get) => polls(get, "")]) {
    try {
      for await (const [verification, etag] of follow(get)) {
        if (etag !== seen.etag) yield verification;
        if (FINAL.has(verification.status)) return;
        Object.assign(seen, { etag, interval: verification.interval });
      }
    } catch (error) {
      if (signal?.aborted || error.fatal) throw error;
    }
  }
  throw new TextloginError("unavailable", 503, { detail: "The verification is temporarily unavailable." });

  async function* polls(get, query) {
    for (let failures = 0; failures < 3;) {
      const asked = Date.now();
      const response = await (seen.etag ? get(query, { "If-None-Match": seen.etag }) : get("", {})).catch(() => null);
      signal?.throwIfAborted();
      if (response?.status === 200) yield [await response.json(), response.headers.get("ETag")];
      failures = response && (response.ok || response.status === 304) ? 0 : failures + 1;
      if (response) await refuse(response);
      const early = response?.status !== 200 && Date.now() - asked < 1000; // the server did not hold it
      if (!query || failures || early) await pause(Number(response?.headers.get("Retry-After")) || seen.interval);
    }
  }
  async function pause(seconds) {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    signal?.throwIfAborted();
  }
}

async function* events(get) {
  const response = await get("/events", { Accept: "text/event-stream" });
  await refuse(response);
  if (!response.ok) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let text = "", read; !(read = await reader.read()).done;) {
      const parts = (text + read.value).split("\n\n");
      text = parts.pop();
      for (const part of parts) {
        const field = (name) => part.split("\n").find((line) => line.startsWith(name))?.slice(name.length);
        if (field("data: ")) yield [JSON.parse(field("data: ")), field("id: ")];
      }
    }
  } finally { // also when the caller leaves the loop
    await reader.cancel().catch(() => {});
  }
}

async function act(id, pollToken, path, body, { signal, base = HERE } = {}) {
  const post = { method: "POST", body: JSON.stringify(body) };
  let response;
  try {
    response = await caller(id, pollToken, { signal, base })(path, { "Content-Type": "application/json" }, post);
  } catch (error) {
    throw signal?.aborted ? error : new TextloginError("unreachable");
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

function caller(id, pollToken, { signal, base }) {
  const url = `${base}/v1/verifications/${encodeURIComponent(id)}`;
  return (path, headers, init) => fetch(url + path, {
    ...init, headers: { Authorization: `Bearer ${pollToken}`, ...headers }, cache: "no-store", signal,
  });
}

async function refuse(response) { // no other way of asking helps
  if ([401, 403, 404].includes(response.status)) throw Object.assign(await problemOf(response), { fatal: true });
}

async function problemOf(response) {
  const document = await response.json().catch(() => ({}));
  const name = /^urn:textlogin:problem:(\w+)$/.exec(document.type)?.[1];
  return new TextloginError(name ?? "unavailable", response.status, document);
}
