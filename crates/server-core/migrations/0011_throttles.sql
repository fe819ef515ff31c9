-- Failed sign-ins that are remembered, by account, by address and by device.
CREATE TABLE throttles (
    -- A keyed hash of what is counted: a person may type a password where the user name belongs.
    id        TEXT   NOT NULL PRIMARY KEY,
    failures  BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    -- How long the next attempt has to wait after the last failure, in seconds.
    wait      BIGINT NOT NULL
);

CREATE INDEX throttles_by_time ON throttles (failed_at);
