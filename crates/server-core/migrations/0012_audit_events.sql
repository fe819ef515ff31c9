-- What happened to accounts, sessions and keys. Refers to other tables by value: it outlives their rows.
CREATE TABLE audit_events (
    -- A UUID of version 7: in the order of time.
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    -- "person" or "operator".
    actor      TEXT   NOT NULL,
    account_id TEXT,
    username   TEXT,
    sid        TEXT,
    device_id  TEXT,
    address    TEXT,
    detail     TEXT
);

CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_by_account ON audit_events (account_id, at);
