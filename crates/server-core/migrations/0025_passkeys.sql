-- Passkeys (WebAuthn Level 3).

-- The user handle of the account, in base64url: random, and not its id. Made with its first
-- passkey.
ALTER TABLE accounts ADD COLUMN user_handle TEXT;

-- The relying party id that the passkeys are bound to: one row, from the first passkey on.
CREATE TABLE relying_party (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    id  TEXT   NOT NULL
);

CREATE TABLE passkeys (
    id              TEXT   NOT NULL PRIMARY KEY,
    account_id      TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The id that its authenticator has given it, in base64url.
    credential_id   TEXT   NOT NULL UNIQUE,
    -- A COSE_Key (RFC 9052), in base64url.
    public_key      TEXT   NOT NULL,
    -- The signature counter of its last use; 0 for authenticators without one.
    counter         BIGINT NOT NULL,
    -- 1 if it may be backed up, which never changes; and whether it is.
    backup_eligible BIGINT NOT NULL,
    backed_up       BIGINT NOT NULL,
    -- As its owner calls it.
    name            TEXT   NOT NULL,
    -- The session that has added it; absent: an import.
    added_by        TEXT,
    created_at      BIGINT NOT NULL,
    last_used_at    BIGINT,
    -- When its counter last went back: there may be a copy of it.
    suspicious_at   BIGINT
);

CREATE INDEX passkeys_by_account ON passkeys (account_id, created_at);
