/**
 * The host (and port) of the server's address, for people; the address itself if it cannot be read.
 */
export function serverName(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}
