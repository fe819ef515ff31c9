-- The receivers of events that the settings name ([[webhooks]]), and how each is doing.
CREATE TABLE webhooks (
    name          TEXT   NOT NULL PRIMARY KEY,
    -- The events that it gets, each between blanks; empty: all.
    events        TEXT   NOT NULL,
    -- How often it failed since it last took an event, and since when.
    failures      BIGINT NOT NULL,
    failing_since BIGINT,
    -- No attempt is made before.
    paused_until  BIGINT,
    -- When it was stopped, and why: "gone" or "failing".
    stopped_at    BIGINT,
    stopped_why   TEXT
);
