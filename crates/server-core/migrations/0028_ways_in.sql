-- Accounts without passwords.

-- Until when a session may add a passkey or a link without another confirmation: it began with a
-- one-time code that set no password.
ALTER TABLE sessions ADD COLUMN adds_way_until BIGINT;

-- Whether any account knows a device key is asked before a browser on another device may help.
CREATE INDEX sessions_by_key ON sessions (jkt);

-- The session that has added the link; absent: the sign-in that has made the account, an import, or
-- an earlier version.
ALTER TABLE account_links ADD COLUMN added_by TEXT;
