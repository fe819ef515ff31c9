import type { SessionError } from "./SessionError";
export type CommandError = { message: string } & SessionError;
