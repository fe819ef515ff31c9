-- Who has forgotten the user name types the address. One that several accounts have finds none.
CREATE INDEX accounts_by_email ON accounts (LOWER(email)) WHERE email IS NOT NULL;
