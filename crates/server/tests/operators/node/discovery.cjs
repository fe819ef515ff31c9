// Discovers a server with openid-client, and validates a request to it with oauth4webapi, which is
// below it: the access token (RFC 9068) and the proof of its key (RFC 9449). Nothing is configured
// but the address and the API's name. Prints the account's id.
const client = require("openid-client");
const oauth = require("oauth4webapi");

async function main([issuer, url, token, proof]) {
  const execute = [client.allowInsecureRequests];
  const found = await client.discovery(new URL(issuer), "notes", undefined, client.None(), {
    algorithm: "oauth2",
    execute,
  });
  const metadata = found.serverMetadata();
  const request = new Request(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } });
  const options = { requireDPoP: true, [oauth.allowInsecureRequests]: true };
  const claims = await oauth.validateJwtAccessToken(metadata, request, "latchkey-api", options);

  const resource = new URL(metadata.protected_resources[0]);
  const answer = await oauth.resourceDiscoveryRequest(resource, { [oauth.allowInsecureRequests]: true });
  const described = await oauth.processResourceDiscoveryResponse(resource, answer);
  if (described.authorization_servers[0] !== issuer) throw new Error(JSON.stringify(described));
  if (!metadata.dpop_signing_alg_values_supported.includes("ES256")) throw new Error("no ES256");
  console.log(claims.sub);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
