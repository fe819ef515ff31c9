-- What is to be told to somebody outside of this server: mail. A row is written in the transaction of what it tells.
CREATE TABLE outbox (
    -- A UUID. Its receiver knows a repetition by it.
    id             TEXT   NOT NULL PRIMARY KEY,
    -- "mail".
    kind           TEXT   NOT NULL,
    -- Who takes it: "smtp". Each receiver has a queue of its own, so that none waits for another.
    receiver       TEXT   NOT NULL,
    -- By value: the account may be removed first. Absent for a request that names no account.
    account_id     TEXT,
    template       TEXT   NOT NULL,
    -- A JSON value without secrets.
    data           TEXT   NOT NULL,
    -- A code that an operator sends, sealed; deleted once the row is done.
    secret         TEXT,
    -- What must still be pending when it is sent.
    pending_id     TEXT,
    created_at     BIGINT NOT NULL,
    due_at         BIGINT NOT NULL,
    -- From then on it is not sent any more.
    expires_at     BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    -- The server that sends it now, and until when no other does.
    lease_owner    TEXT,
    lease_until    BIGINT,
    -- When its content was given to the receiver first, whatever came of it.
    handed_over_at BIGINT,
    done_at        BIGINT,
    outcome        TEXT
);

CREATE INDEX outbox_by_due ON outbox (receiver, due_at) WHERE done_at IS NULL;
CREATE INDEX outbox_by_expiry ON outbox (expires_at) WHERE done_at IS NULL;
CREATE INDEX outbox_by_end ON outbox (done_at) WHERE done_at IS NOT NULL;
