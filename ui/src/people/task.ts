/** What is being done to somebody's account: a refusal means something else in each case. */
export type Task = "find" | "open" | "invite" | "edit" | "code" | "role" | "change" | "sessions" | "events";
