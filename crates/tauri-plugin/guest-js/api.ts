// Requests to the server's API, shaped like `fetch`. The plugin adds the access token; a page never
// sees it. Permission: `latchkey:api`, with a scope of methods and paths.
import { base64Of, bytesOf } from "./base64.js";
import type { ApiResponse } from "./bindings/ApiResponse.js";
import type { Body } from "./bindings/Body.js";
import type { CachedResponse } from "./bindings/CachedResponse.js";
import type { SendMethod } from "./bindings/SendMethod.js";
import { change, command } from "./command.js";
import { LatchkeyError } from "./error.js";

/** What {@link get} and {@link getCached} take besides the path. */
export interface ApiRequest {
  /**
   * Request headers. Only `Accept`, `Accept-Language`, `Content-Type`, `If-Match`, `If-None-Match`
   * and `Idempotency-Key` are accepted.
   */
  headers?: HeadersInit;
}

/** What {@link send} takes besides the path. */
export interface SendRequest extends ApiRequest {
  /** `POST`, `PUT`, `PATCH` or `DELETE`. */
  method: SendMethod;
  /** At most 1 MiB. A text is sent as `text/plain` unless the headers say otherwise. */
  body?: string | Uint8Array | ArrayBuffer;
}

/** What {@link getCached} returns. */
export interface CachedApiResponse {
  /** The response. */
  response: Response;
  /**
   * `null`: the server has just responded. Otherwise it is unreachable, and this is when it sent
   * this response, in seconds since 1970.
   */
  cachedAt: number | null;
}

/**
 * Sends a `GET` request to a path of the server.
 *
 * @returns the response, whatever its status; its body has at most 256 KiB.
 */
export async function get(path: string, { headers }: ApiRequest = {}): Promise<Response> {
  return responseOf("get", await command<ApiResponse>("get", { path, ...headersOf(headers) }));
}

/** Like {@link get}, or the last response to the same path while the server is unreachable. */
export async function getCached(path: string, { headers }: ApiRequest = {}): Promise<CachedApiResponse> {
  const reply = await command<CachedResponse>("get_cached", { path, ...headersOf(headers) });
  return { response: responseOf("get_cached", reply), cachedAt: reply.cachedAt };
}

/**
 * Sends a request that may change something, once. A request that gets no response is not repeated:
 * the server may have carried it out.
 *
 * @returns the response, whatever its status; its body has at most 256 KiB.
 */
export async function send(path: string, { method, headers, body }: SendRequest): Promise<Response> {
  const all = new Headers(headers);
  // As `fetch` does.
  if (typeof body === "string" && !all.has("content-type"))
    all.set("content-type", "text/plain;charset=UTF-8");
  const args = { method, path, ...headersOf(all), ...(body !== undefined && { body: encoded(body) }) };
  return responseOf("send", await change<ApiResponse>("send", args));
}

function headersOf(init: HeadersInit | undefined): { headers?: [string, string][] } {
  const headers = [...new Headers(init)];
  return headers.length > 0 ? { headers } : {};
}

function encoded(body: string | Uint8Array | ArrayBuffer): Body {
  if (typeof body === "string") return { text: body };
  return { base64: base64Of(body instanceof Uint8Array ? body : new Uint8Array(body)) };
}

/** These statuses have no body (Fetch standard, "null body status"). */
const WITHOUT_BODY = new Set([204, 205, 304]);

function responseOf(name: string, { status, headers, body }: ApiResponse): Response {
  try {
    const content = "text" in body ? body.text : bytesOf(body.base64);
    return new Response(WITHOUT_BODY.has(status) ? null : content, { status, headers });
  } catch {
    // `Response` refuses what HTTP allows: a status below 200 or above 599.
    throw new LatchkeyError(name, "server-answer-invalid", `the response has the status ${String(status)}`);
  }
}
