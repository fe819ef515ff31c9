-- Second factors, what is pending, and how a session was signed in.

-- The language of mails to the account: "en" or "de"; absent: the server's.
ALTER TABLE accounts ADD COLUMN language TEXT;
-- "desk" or "admin"; set by an operator only.
ALTER TABLE accounts ADD COLUMN role TEXT;
-- Since when an operator requires a second factor of this account.
ALTER TABLE accounts ADD COLUMN factor_required_at BIGINT;
-- When a device of the account was first told that a second factor is required: the grace period begins.
ALTER TABLE accounts ADD COLUMN factor_asked_at BIGINT;

-- RFC 8176: words with blanks between them, and "1fa" or "2fa".
ALTER TABLE sessions ADD COLUMN amr TEXT;
ALTER TABLE sessions ADD COLUMN acr TEXT;

-- The authenticator app of an account (RFC 6238).
CREATE TABLE factors (
    account_id TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    -- Sealed, with the account's id as associated data.
    secret     TEXT   NOT NULL,
    -- The time step of the last code that was accepted; no code of it or before is accepted again.
    last_step  BIGINT,
    -- Wrong codes in a row from devices that are new to the account.
    strangers  BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- HMAC under the seal key. A code that is used is deleted.
    code_hash  TEXT   NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE INDEX recovery_codes_by_account ON recovery_codes (account_id);

-- What has begun and is not finished: one-time codes, requests for one, sign-ins that wait for a second factor, and second
-- factors that are not switched on yet.
CREATE TABLE pending (
    id         TEXT   NOT NULL PRIMARY KEY,
    -- "invite", "password", "factor", "forgot", "challenge" or "enrolment".
    kind       TEXT   NOT NULL,
    -- Absent from a request for an account that does not exist.
    account_id TEXT   REFERENCES accounts (id) ON DELETE CASCADE,
    -- Thumbprint of the device key that may finish it; absent: any.
    jkt        TEXT,
    device_id  TEXT,
    -- A keyed hash of the address that it was asked for from, for limits.
    address    TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Wrong tries.
    tries      BIGINT NOT NULL,
    -- HMAC of the code under the seal key; absent where the code is computed.
    code_hash  TEXT   UNIQUE,
    -- The session that it is about, or that it has become.
    sid        TEXT,
    -- When its mail was first handed over.
    sent_at    BIGINT,
    -- When it was used. It is no longer good for anything but the same answer once more.
    spent_at   BIGINT,
    -- Sealed.
    extra      TEXT
);

CREATE INDEX pending_by_account ON pending (account_id, kind);
CREATE INDEX pending_by_expiry ON pending (expires_at);
CREATE INDEX pending_by_address ON pending (address, created_at) WHERE address IS NOT NULL;
