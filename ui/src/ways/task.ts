// What the screen about the ways to sign in is doing, and with which passkey, link or provider.
export interface Task {
  work: "load" | "add" | "finish" | "rename" | "remove" | "link" | "unlink";
  id?: string;
}
