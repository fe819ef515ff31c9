// @ts-check
// The only script of the pages: it asks the authenticator, and sends its answer to the server. The
// texts, and where to send it, are in the page.

/** @typedef {{ challenge: string, timeout: number, user?: { id: string } & Record<string, unknown>,
 *   excludeCredentials?: { id: string }[] } & Record<string, unknown>} Options */

const page = /** @type {HTMLElement} */ (document.querySelector("#passkey"));
const button = /** @type {HTMLButtonElement} */ (page.querySelector("button"));
const said = /** @type {HTMLElement} */ (page.querySelector("[role=alert]"));

/** A text of the page. @param {string} name */
const text = (name) => page.dataset[name] ?? "";

/** @param {string} message */
const say = (message) => {
  said.textContent = message;
};

/** @param {string} encoded */
const decode = (encoded) => {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
};

/** @param {ArrayBuffer} bytes */
const encode = (bytes) => {
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

/** Sends JSON to this server, and returns its answer. @param {string} path @param {object} body */
const post = async (path, body) => {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: text("token"), ...body }),
  });
  if (!response.headers.get("content-type")?.startsWith("application/json")) {
    // Its page says why: the request is over.
    location.reload();
    return null;
  }
  return response.json();
};

/** Asks for a new passkey. @param {Options} options */
const create = async (options) => {
  const publicKey = {
    ...options,
    challenge: decode(options.challenge),
    user: { ...options.user, id: decode(options.user?.id ?? "") },
    excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: decode(one.id) })),
  };
  const made = await navigator.credentials.create(
    /** @type {CredentialCreationOptions} */ (/** @type {unknown} */ ({ publicKey })),
  );
  const credential = /** @type {PublicKeyCredential} */ (made);
  const answer = /** @type {AuthenticatorAttestationResponse} */ (credential.response);
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: encode(answer.clientDataJSON),
      attestationObject: encode(answer.attestationObject),
    },
  };
};

/** Asks for an assertion by any passkey of this site. @param {Options} options */
const get = async (options) => {
  const publicKey = { ...options, challenge: decode(options.challenge), allowCredentials: [] };
  const found = await navigator.credentials.get(
    /** @type {CredentialRequestOptions} */ (/** @type {unknown} */ ({ publicKey })),
  );
  const credential = /** @type {PublicKeyCredential} */ (found);
  const answer = /** @type {AuthenticatorAssertionResponse} */ (credential.response);
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: encode(answer.clientDataJSON),
      authenticatorData: encode(answer.authenticatorData),
      signature: encode(answer.signature),
      userHandle: answer.userHandle ? encode(answer.userHandle) : null,
    },
  };
};

/** What the browser's error means. @param {unknown} error @param {boolean} tookLong */
const meaning = (error, tookLong) => {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return text(tookLong ? "tooLong" : "cancelled");
    case "AbortError":
      return text("cancelled");
    case "InvalidStateError":
      return text("present");
    case "NotSupportedError":
    case "ConstraintError":
      return text("unable");
    case "SecurityError":
      return text("wrongPage");
    default:
      return text("failed");
  }
};

const start = async () => {
  say("");
  button.disabled = true;
  page.setAttribute("aria-busy", "true");
  let began = Date.now();
  let timeout = Infinity;
  try {
    const begun = await post(text("begin"), {});
    if (!begun?.options) {
      say(begun?.message ?? "");
      return;
    }
    began = Date.now();
    timeout = begun.options.timeout;
    const credential = await (begun.options.user ? create(begun.options) : get(begun.options));
    const answered = await post(text("answer"), { credential });
    if (answered?.next) {
      location.assign(answered.next);
      return;
    }
    say(answered?.message ?? "");
  } catch (error) {
    say(error instanceof TypeError ? text("offline") : meaning(error, Date.now() - began >= timeout));
  } finally {
    button.disabled = false;
    page.removeAttribute("aria-busy");
    button.focus();
  }
};

if (typeof PublicKeyCredential === "undefined") {
  say(text("unsupported"));
} else {
  button.hidden = false;
  button.addEventListener("click", () => void start());
}
