-- Sign-ins in the browser: accounts at providers, and what a session remembers of the one that it
-- began with.

-- A provider's account (OpenID Connect) that belongs to an account.
CREATE TABLE account_links (
    issuer       TEXT   NOT NULL,
    sub          TEXT   NOT NULL,
    account_id   TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    PRIMARY KEY (issuer, sub)
);

CREATE INDEX account_links_by_account ON account_links (account_id);

-- When the user was authenticated, where that is not the time of the sign-in: a provider may have
-- done it before.
ALTER TABLE sessions ADD COLUMN authenticated_at BIGINT;

-- The provider's part of a session that began with it. While the session lives, the provider is
-- asked again.
CREATE TABLE provider_grants (
    sid           TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (sid) ON DELETE CASCADE,
    -- The id of the provider in the settings.
    provider      TEXT   NOT NULL,
    issuer        TEXT   NOT NULL,
    sub           TEXT   NOT NULL,
    -- The provider's own session, which its logout may name.
    provider_sid  TEXT,
    -- Sealed; absent where the provider gave none.
    refresh_token TEXT,
    -- When the provider last said yes.
    confirmed_at  BIGINT NOT NULL,
    -- When it is asked next.
    due_at        BIGINT NOT NULL,
    -- Until when one server asks, so that no other does.
    claimed_until BIGINT,
    -- A refresh was sent and its answer is not stored: the refresh token may have been replaced.
    unanswered    BIGINT NOT NULL,
    -- When the provider said no; the session is held.
    refused_at    BIGINT
);

CREATE INDEX provider_grants_by_due ON provider_grants (due_at);
CREATE INDEX provider_grants_by_sub ON provider_grants (issuer, sub);
