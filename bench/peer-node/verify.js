// Verifies one token repeatedly with jsonwebtoken: N times for each line N on standard input, and
// prints the nanoseconds of CPU time. Arguments: file of the public key, token, issuer, audience,
// and how the key is passed.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import jwt from "jsonwebtoken";

const [file, token, issuer, audience, form] = process.argv.slice(2);
const pem = readFileSync(file);
// "pem" is how the library's documentation shows it, "parsed" is faster.
const key = form === "parsed" ? createPublicKey(pem) : pem;
const options = { algorithms: ["RS256"], issuer, audience };

for await (const line of createInterface({ input: process.stdin })) {
  const times = Number(line);
  const before = process.cpuUsage();
  for (let time = 0; time < times; time += 1) {
    if (jwt.verify(token, key, options).iss !== issuer) throw new Error("another token");
  }
  const { user, system } = process.cpuUsage(before);
  console.log(String((user + system) * 1000));
}
