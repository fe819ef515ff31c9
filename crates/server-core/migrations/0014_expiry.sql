-- What is deleted in slices is found by its time, and not by reading the whole table.
CREATE INDEX accounts_by_removal ON accounts (removed_at) WHERE removed_at IS NOT NULL;

-- The events of a removed account are found by the name that it had.
CREATE INDEX audit_events_of_removals ON audit_events (at) WHERE event = 'account_removed';

-- Proofs of possession that were used, if the servers remember them together.
CREATE TABLE used_proofs (
    -- A digest of the key and the proof's id.
    id         TEXT   NOT NULL PRIMARY KEY,
    -- From then on the proof is refused for its age.
    expires_at BIGINT NOT NULL
);

CREATE INDEX used_proofs_by_expiry ON used_proofs (expires_at);
