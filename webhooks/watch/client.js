// watch(id, pollToken, { signal }) yields each state of a verification up to the final one. It uses
// fetch instead of EventSource, which would put the token in the URL.
const FINAL = new Set(["approved", "denied", "expired", "max_attempts_reached", "canceled", "failed"]);
export async function* watch(id, pollToken, { signal, base = new URL(import.meta.url).origin } = {}) {
  const url = `${base}/v1/verifications/${encodeURIComponent(id)}`;
  const get = (path, headers) => fetch(url + path, {
    headers: { Authorization: `Bearer ${pollToken}`, ...headers }, cache: "no-store", signal,
  });
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
  throw new Error("The verification is temporarily unavailable.");

  async function* polls(get, query) {
    for (let failures = 0; failures < 3;) {
      const asked = Date.now();
      const response = await (seen.etag ? get(query, { "If-None-Match": seen.etag }) : get("", {})).catch(() => null);
      signal?.throwIfAborted();
      if (response?.status === 200) yield [await response.json(), response.headers.get("ETag")];
      failures = response && (response.ok || response.status === 304) ? 0 : failures + 1;
      if (response) refuse(response);
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
  if (refuse(response) || !response.ok) return;
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

function refuse({ status }) { // no other way of asking helps
  if ([401, 403, 404].includes(status)) throw Object.assign(new Error(`HTTP ${status}`), { fatal: true });
}
