-- Sign-ins in the browser: accounts at providers.

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
