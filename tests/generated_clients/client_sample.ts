// What a page does with client.js, as TypeScript sees it.
import { cancel, check, resend, TextloginError, watch } from "./client.js";
import type { Verification } from "./client.js";

export async function follow(id: string, pollToken: string, typed: string): Promise<string | null> {
  const abort = new AbortController();
  try {
    const checked: Verification = await check(id, pollToken, typed, { signal: abort.signal });
    if (checked.attempts_left < 5) await resend(id, pollToken);
    for await (const verification of watch(id, pollToken, { base: "https://login.example" })) {
      if (verification.status === "approved") return verification.phone_number;
      if (verification.login) console.log(verification.login.sms_uri);
    }
    await cancel(id, pollToken);
  } catch (error) {
    if (!(error instanceof TextloginError)) throw error;
    if (error.problem === "limited") return `${error.limit} for ${error.retryAfter ?? 0} s`;
    return error.verificationStatus;
  }
  // @ts-expect-error a code is a string
  await check(id, pollToken, 123456);
  return null;
}
