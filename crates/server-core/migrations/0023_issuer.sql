-- A set-up that is older than this has the issuer "latchkey" where no setting names another, and
-- apps are built with it. A new one has no account yet.
INSERT INTO shared_secrets (name, value)
SELECT 'issuer_before', 'latchkey' WHERE EXISTS (SELECT 1 FROM accounts);
