-- Which device ended the session, as that device calls itself: cut to 40 characters, without what a window or a mail could
-- take for a link. Absent when an operator or the session's own device ended it.
ALTER TABLE sessions ADD COLUMN ended_by_name TEXT;
ALTER TABLE sessions ADD COLUMN ended_by_platform TEXT;

-- What happened to an account, for its other devices.
CREATE TABLE notices (
    id          TEXT   NOT NULL PRIMARY KEY,
    account_id  TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind        TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    -- The session that did it; absent when there is none.
    sid         TEXT,
    -- Thumbprint of the device key that did it; absent when there was none.
    jkt         TEXT,
    address     TEXT   NOT NULL,
    -- As the device calls itself, made harmless as above.
    device_name TEXT,
    platform    TEXT,
    -- 1 if the device key was new to the account.
    new_key     BIGINT NOT NULL,
    -- "mine" or "not_mine"; absent while the notice is open.
    answer      TEXT,
    answered_at BIGINT
);

CREATE INDEX notices_by_account ON notices (account_id, at);
CREATE INDEX notices_by_time ON notices (at);
