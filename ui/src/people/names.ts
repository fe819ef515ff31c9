// How an account of somebody else is called on the screens.
import { inert } from "../name";
import type { Account } from "./account";

/** The name if there is one to read, otherwise the username. */
export const nameOf = ({ name, username }: Account): string => inert(name ?? "") || inert(username);
