/** What is being done to somebody's account: a refusal means something else in each case. */
export type Task =
  "find" | "open" | "invite" | "edit" | "code" | "mail-code" | "role" | "change" | "sessions" | "events";
