// A whole verification by a generated client: open, check, wait, redeem. The demo is the service.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[]; exitCode: number };
type Verification = components["schemas"]["Verification"];
type Status = components["schemas"]["Status"];

const [baseUrl, key, phone] = process.argv.slice(2) as [string, string, string];
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

function must<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function code(): Promise<string> {
  for (;;) {
    const response = await fetch(`${baseUrl}/sandbox/messages?phone_number=${encodeURIComponent(phone)}`);
    const { data } = (await response.json()) as { data: { text: string }[] };
    const found = /\d{6,8}/.exec(data[0]?.text ?? "");
    if (found) return found[0];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const opened: Verification = must(
  await api.POST("/v1/verifications", {
    body: { method: "sms", phone_number: phone, reference: "cart-42", requester: { label: "Chrome" } },
  }),
);
const path = { id: opened.id };
const checked = must(
  await api.POST("/v1/verifications/{id}/check", { params: { path }, body: { code: await code() } }),
);
const read = must(await api.GET("/v1/verifications/{id}", { params: { path, query: { wait: 5 } } }));
const redeem = { params: { path, header: { "Idempotency-Key": "login-1" } } };
const redeemed = must(await api.POST("/v1/verifications/{id}/redeem", redeem));
const again = await api.POST("/v1/verifications/{id}/redeem", { params: { path } });
const query = { phone_number: phone };
const found = must(await api.GET("/v1/verifications", { params: { query } }));
const final: Status = redeemed.status;
console.log(
  JSON.stringify([opened.status, checked.status, read.binding, final, again.error?.why, found.data.length]),
);
