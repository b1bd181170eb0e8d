/** One verification in the browser, by its poll token. */

export type Status =
  | "pending"
  | "approved"
  | "denied"
  | "expired"
  | "max_attempts_reached"
  | "canceled"
  | "failed";

/** What the user texts, and to which number (E.164). */
export interface Login {
  ref: string | null;
  text: string;
  phone_number: string;
  sms_uri: string;
}

/** A verification as it reads now. Times are RFC 3339 in UTC; the phone is masked. */
export interface Verification {
  id: string;
  status: Status;
  awaiting: "login" | "code" | null;
  method: "text" | "sms";
  code_entry: "reply" | "page";
  phone_number: string | null;
  binding: "sms_reply" | "sms_reply_ref" | "browser_code" | null;
  reason: string | null;
  delivery: "queued" | "sent" | "delivered" | "failed" | null;
  attempts_left: number;
  reference: string | null;
  login: Login | null;
  created_at: string;
  expires_at: string;
  code_expires_at: string | null;
  resend_at: string | null;
  completed_at: string | null;
  redeemed_at: string | null;
  repudiated_at: string | null;
  interval: number;
}

/** The name of the problem that the service answers, or "unreachable" without an answer. */
export type ProblemName =
  | "malformed"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "timeout"
  | "over"
  | "no_code"
  | "too_large"
  | "unsupported_media_type"
  | "invalid"
  | "limited"
  | "headers_too_large"
  | "internal"
  | "unavailable"
  | "unreachable"
  | (string & {});

export class TextloginError extends Error {
  readonly name: "TextloginError";
  readonly problem: ProblemName;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  /** Seconds, with "limited"; else null. */
  readonly retryAfter: number | null;
  /** The limit's name, with "limited"; else null. */
  readonly limit: string | null;
  /** With "over"; else null. */
  readonly verificationStatus: Status | null;
}

export interface Options {
  /** Ends the call: it throws the signal's reason. */
  signal?: AbortSignal;
  /** The service's origin. By default that of this module. */
  base?: string;
}

/** Yields each state up to the final one. Throws TextloginError. */
export function watch(
  id: string,
  pollToken: string,
  options?: Options,
): AsyncGenerator<Verification, void, undefined>;

/** Checks a code that was typed. A wrong one resolves with fewer `attempts_left`. Throws TextloginError. */
export function check(
  id: string,
  pollToken: string,
  code: string,
  options?: Options,
): Promise<Verification>;

/** Sends another code. Throws TextloginError. */
export function resend(id: string, pollToken: string, options?: Options): Promise<Verification>;

/** Ends the verification. Throws TextloginError. */
export function cancel(id: string, pollToken: string, options?: Options): Promise<Verification>;
