-- One text for SQLite and PostgreSQL: TEXT and BIGINT only. Times are seconds since 1970, ids are UUIDs.

CREATE TABLE accounts (
    id            TEXT   NOT NULL PRIMARY KEY,
    username      TEXT   NOT NULL,
    -- The user name with case and compatibility forms folded: two names that look alike are one.
    username_key  TEXT   NOT NULL UNIQUE,
    password_hash TEXT   NOT NULL,
    given_name    TEXT,
    family_name   TEXT,
    email         TEXT,
    -- A JSON object: the custom claims of the account's tokens.
    claims        TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

-- One sign-in on one device.
CREATE TABLE sessions (
    sid        TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    device_id  TEXT   NOT NULL,
    -- Thumbprint of the device key; absent when the client has none.
    jkt        TEXT,
    auth_time  BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    ended_at   BIGINT,
    end_reason TEXT
);

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_auth_time ON sessions (auth_time);
CREATE INDEX sessions_by_end ON sessions (ended_at);

-- Secrets that all servers on this database share.
CREATE TABLE shared_secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
