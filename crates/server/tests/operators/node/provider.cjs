// A company's provider (OpenID Connect) by oidc-provider, over https on this computer.
//
// node provider.cjs SETTINGS.json, with the members
//   name           its name on the pages
//   id             what distinguishes its cookies: two providers may have one host
//   issuer         https://localhost:PORT
//   certificate    files in PEM form
//   key
//   keys           the file of its signing keys, so that they survive a restart; made if missing
//   redirect_uris  where browsers are sent back to
//   algorithm      of its ID tokens, "RS256" if absent
//   secret         of the client "latchkey", which sends it in a header; absent: a public client
//   logout_uri     of the client, for back-channel logouts; absent: none
//
// It prints "ready" when it listens. The test controls it by POST:
//   /control/rotate                  signs with a new key, and publishes only that
//   /control/revoke {account}        ends the grants of a person: their refresh tokens are refused
//   /control/logout {account}        ends the sessions of a person, and tells the client
//   /control/refuse {error, times}   refuses the next calls of the token endpoint
//   /control/lose {times}            performs the next calls of the token endpoint, and closes
//                                    the connection in place of the answer
//   /control/calls                   returns how often each grant type was asked for
const { generateKeyPairSync, randomUUID } = require("node:crypto");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:https");
const { Provider, interactionPolicy } = require("oidc-provider");

const PEOPLE = {
  sam: { given_name: "Sam", family_name: "Witwicky", department: "Research" },
  mikaela: { given_name: "Mikaela", family_name: "Banes", department: "Workshop" },
};

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const algorithm = settings.algorithm ?? "RS256";

/** What is stored: the key is `MODEL:ID`. */
const stored = new Map();

/** The storage of the library, without an end of its own: each test has a process. */
class Storage {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  async upsert(id, payload) {
    stored.set(this.key(id), payload);
  }
  async find(id) {
    return stored.get(this.key(id));
  }
  async findByUid(uid) {
    return of(this.model).find((payload) => payload.uid === uid);
  }
  async consume(id) {
    stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    stored.delete(this.key(id));
  }
  async revokeByGrantId(grant) {
    for (const [key, payload] of stored) {
      // A sign-in that is under way names the grant, too.
      if (payload.grantId === grant && !key.startsWith("Interaction:")) stored.delete(key);
    }
  }
}

/** All that is stored of one kind. */
function of(model) {
  return [...stored].filter(([key]) => key.startsWith(`${model}:`)).map(([, payload]) => payload);
}

function newKey() {
  const { privateKey } = algorithm.startsWith("ES")
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: algorithm };
}

function keys() {
  if (!existsSync(settings.keys)) writeFileSync(settings.keys, JSON.stringify([newKey()]), { mode: 0o600 });
  return JSON.parse(readFileSync(settings.keys, "utf8"));
}

function claimsOf(sub) {
  const address = { email: `${sub}@example.com`, email_verified: true };
  return { sub, preferred_username: `${sub}.at.work`, ...address, ...PEOPLE[sub] };
}

/** The choice of an account can be asked for (OpenID Connect Core 1.0 §3.1.2.1). */
function policy() {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);
  return policy;
}

/** A provider with the present keys. What is stored stays. */
function makeProvider() {
  const client = {
    client_id: "latchkey",
    client_name: "Latchkey",
    redirect_uris: settings.redirect_uris,
    grant_types: ["authorization_code", "refresh_token"],
    id_token_signed_response_alg: algorithm,
    require_auth_time: true,
    token_endpoint_auth_method: settings.secret ? "client_secret_basic" : "none",
  };
  if (settings.secret) client.client_secret = settings.secret;
  if (settings.logout_uri) {
    client.backchannel_logout_uri = settings.logout_uri;
    client.backchannel_logout_session_required = true;
  }
  const names = ["session", "interaction", "resume"];
  const provider = new Provider(settings.issuer, {
    adapter: Storage,
    claims: {
      openid: ["sub"],
      profile: ["preferred_username", "given_name", "family_name", "department"],
      email: ["email", "email_verified"],
    },
    clients: [client],
    cookies: {
      keys: ["a key of a test"],
      names: Object.fromEntries(names.map((name) => [name, `_${settings.id}_${name}`])),
    },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    // The library otherwise calls no address of this computer.
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options),
    findAccount: (_, sub) => (PEOPLE[sub] ? { accountId: sub, claims: () => claimsOf(sub) } : undefined),
    interactions: { policy: policy(), url: (_, interaction) => `/interaction/${interaction.uid}` },
    // As Keycloak does. The standard drops `offline_access` where no consent is asked for.
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    jwks: { keys: keys() },
    pkce: { required: () => true },
    rotateRefreshToken: true,
  });
  provider.on("server_error", (_, error) => console.error(error));
  provider.on("authorization.error", (_, error) => console.error(error.message));
  provider.on("grant.error", (_, error) => console.error(error.message, error.error_detail));
  return provider;
}

let provider = makeProvider();
let handle = provider.callback();

const style = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem }
  button { font: inherit; display: block; width: 100%; margin: .5rem 0; padding: .6rem 1rem }`;

function send(response, status, title, body) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
    <style>${style}</style><h1>${title}</h1>${body}</html>`);
}

function button(name, value, label) {
  return `<button name="${name}" value="${value}">${label}</button>`;
}

async function show(details, response) {
  const form = (body) => `<form method="post">${body}</form>`;
  if (details.prompt.name === "consent") {
    const text = `<p>Latchkey would like to know who you are, ${PEOPLE[details.session.accountId].given_name}.</p>`;
    const buttons = button("answer", "yes", "Allow") + button("answer", "no", "No");
    return send(response, 200, "Allow this?", text + form(buttons));
  }
  const names = Object.entries(PEOPLE).map(([sub, it]) => button("account", sub, `${it.given_name} ${it.family_name}`));
  send(response, 200, `Sign in to ${settings.name}`, form(names.join("")));
}

/** What the person's answer to a page is for the library. */
async function resultOf(details, form) {
  if (details.prompt.name !== "consent") {
    const login = { accountId: form.get("account"), amr: ["pwd"] };
    return { login, select_account: {} };
  }
  if (form.get("answer") !== "yes") {
    return { error: "access_denied", error_description: "<script>The person said no</script>" };
  }
  const owner = { accountId: details.session.accountId, clientId: details.params.client_id };
  const known = details.grantId && (await provider.Grant.find(details.grantId));
  const grant = known || new provider.Grant(owner);
  grant.addOIDCScope(details.params.scope);
  return { consent: { grantId: await grant.save() } };
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method !== "POST") return show(details, response);
  const result = await resultOf(details, new URLSearchParams(await read(request)));
  await provider.interactionFinished(request, response, result);
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const calls = {};
const refusals = { error: "", times: 0 };
const losses = { times: 0 };

const controls = {
  rotate() {
    writeFileSync(settings.keys, JSON.stringify([newKey()]), { mode: 0o600 });
    provider = makeProvider();
    handle = provider.callback();
  },
  revoke({ account }) {
    for (const [key, payload] of stored) {
      if (payload.accountId === account && !key.startsWith("Session:")) stored.delete(key);
    }
  },
  async logout({ account }) {
    const client = await provider.Client.find("latchkey");
    for (const [key, payload] of stored) {
      if (!key.startsWith("Session:") || payload.accountId !== account) continue;
      stored.delete(key);
      const sid = payload.authorizations?.latchkey?.sid;
      if (sid && client.backchannelLogoutUri) await client.backchannelLogout(account, sid);
    }
  },
  refuse: (wanted) => Object.assign(refusals, { times: 1 }, wanted),
  lose: (wanted) => Object.assign(losses, { times: 1 }, wanted),
  calls: () => calls,
};

/** The token endpoint, with what the test has asked for. */
async function token(request, response) {
  const text = await read(request);
  const grant = new URLSearchParams(text).get("grant_type");
  calls[grant] = (calls[grant] ?? 0) + 1;
  if (refusals.times > 0) {
    refusals.times -= 1;
    const status = refusals.error === "invalid_client" ? 401 : 400;
    response.writeHead(status, { "content-type": "application/json" });
    return response.end(JSON.stringify({ error: refusals.error }));
  }
  if (losses.times > 0) {
    losses.times -= 1;
    response.end = () => request.socket.destroy();
  }
  // The library takes a body that was read before.
  request.body = text;
  return handle(request, response);
}

async function serve(request, response) {
  const { pathname } = new URL(request.url, settings.issuer);
  if (pathname.startsWith("/control/")) {
    const text = await read(request);
    const answer = await controls[pathname.slice("/control/".length)](text ? JSON.parse(text) : {});
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(JSON.stringify(answer ?? {}));
  }
  if (pathname.startsWith("/interaction/")) return interact(request, response);
  if (pathname === "/token") return token(request, response);
  return handle(request, response);
}

const files = { cert: readFileSync(settings.certificate), key: readFileSync(settings.key) };
createServer(files, (request, response) => {
  serve(request, response).catch((error) => {
    console.error(error);
    send(response, 500, "Something is wrong", "");
  });
}).listen(new URL(settings.issuer).port, "127.0.0.1", () => console.log("ready"));
