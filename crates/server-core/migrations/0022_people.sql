-- Accounts that others look after: who acted, who was there last, and the words that find an
-- account.

-- The account that did it, where one with a role acted for another; by value, as everything here.
ALTER TABLE audit_events ADD COLUMN actor_id TEXT;
ALTER TABLE audit_events ADD COLUMN actor_username TEXT;

-- What an account did lately: it decides which codes that account may make.
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, at) WHERE actor_id IS NOT NULL;
-- The names that accounts had; each new name is compared with them.
CREATE INDEX audit_events_of_names ON audit_events (at) WHERE event IN ('account_removed', 'account_renamed');

-- Sessions are deleted after their absolute limit; this stays.
ALTER TABLE accounts ADD COLUMN last_sign_in_at BIGINT;
UPDATE accounts SET last_sign_in_at =
    (SELECT MAX(auth_time) FROM sessions WHERE sessions.account_id = accounts.id);

-- 1 once the words of the account are stored as they are now.
ALTER TABLE accounts ADD COLUMN is_indexed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX accounts_not_indexed ON accounts (id) WHERE is_indexed = 0;

-- The words by whose beginnings an account is found: of its user name, names and address.
CREATE TABLE account_words (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- In lower case, as hexadecimal UTF-8: every collation sorts that alike.
    word       TEXT NOT NULL,
    PRIMARY KEY (account_id, word)
);

CREATE INDEX account_words_by_word ON account_words (word, account_id);
