-- Sessions that began by a provider: what it is asked again, and what it says about them.
CREATE TABLE provider_sessions (
    sid           TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (sid) ON DELETE CASCADE,
    -- The id of the provider in the settings, and the identity.
    provider      TEXT   NOT NULL,
    issuer        TEXT   NOT NULL,
    sub           TEXT   NOT NULL,
    -- `sid` of the ID token: the session at the provider.
    provider_sid  TEXT,
    -- Sealed about the session. Absent: the provider is not asked.
    refresh_token TEXT,
    -- When the provider is asked next; absent: never.
    due_at        BIGINT,
    -- 1 from the moment before a question until its answer is stored: the provider may have given
    -- out another refresh token, which never arrived.
    is_lost       BIGINT NOT NULL,
    -- Questions since the last answer.
    attempts      BIGINT NOT NULL,
    answered_at   BIGINT NOT NULL,
    -- When the first question was asked that has no answer yet.
    silent_since  BIGINT,
    -- The question that is under way, and until when no server asks another.
    lease_owner   TEXT,
    lease_until   BIGINT,
    -- Since when the session is held, and why: "said_no" or "silent".
    held_at       BIGINT,
    held_why      TEXT
);

CREATE INDEX provider_sessions_by_due ON provider_sessions (provider, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX provider_sessions_by_subject ON provider_sessions (issuer, sub);
CREATE INDEX provider_sessions_by_sid ON provider_sessions (issuer, provider_sid) WHERE provider_sid IS NOT NULL;
CREATE INDEX provider_sessions_held ON provider_sessions (provider) WHERE held_at IS NOT NULL;

-- Logout tokens (OpenID Connect Back-Channel Logout 1.0) that were used, until they expire.
CREATE TABLE logout_tokens (
    -- SHA-256 of issuer and `jti`.
    id         TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX logout_tokens_by_expiry ON logout_tokens (expires_at);
