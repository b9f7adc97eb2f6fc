-- SPDX-License-Identifier: Apache-2.0
-- Requests, their approvals and decisions, and the reservations of those on their way.

CREATE TABLE requests (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483647),
    node BIGINT NOT NULL,
    account TEXT NOT NULL,
    principal TEXT NOT NULL,
    kind BIGINT NOT NULL,
    template TEXT NOT NULL,
    template_version BIGINT REFERENCES template_versions (id),
    operation BIGINT NOT NULL,
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),
    asked_hash BLOB NOT NULL CHECK (length(asked_hash) = 32),
    state BIGINT NOT NULL,
    reason TEXT NOT NULL,
    retry_after BIGINT NOT NULL,
    protocol TEXT NOT NULL,
    peer TEXT NOT NULL,
    approvers TEXT NOT NULL,
    approvals_needed BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    serial BLOB
);

CREATE INDEX requests_account ON requests (account, number);
-- At most one request for an account, a template and a key can wait.
CREATE UNIQUE INDEX requests_open ON requests (account, template, key_hash)
    WHERE state IN (2, 3);
CREATE INDEX requests_waiting ON requests (state, number) WHERE state IN (2, 3);

CREATE TABLE approvals (
    request BIGINT NOT NULL REFERENCES requests (number),
    account TEXT NOT NULL,
    principal TEXT NOT NULL,
    approved BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    comment TEXT NOT NULL,
    node BIGINT NOT NULL,
    journal_seq BIGINT NOT NULL,
    PRIMARY KEY (request, account)
);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    request BIGINT REFERENCES requests (number),
    node BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    verdict BIGINT NOT NULL,
    reason TEXT NOT NULL,
    account TEXT NOT NULL,
    template_version BIGINT REFERENCES template_versions (id),
    bundle BIGINT REFERENCES bundles (id),
    config_hash BLOB NOT NULL CHECK (length(config_hash) = 32),
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    facts_hash BLOB NOT NULL CHECK (length(facts_hash) = 32),
    engine TEXT NOT NULL,
    serial BLOB,
    journal_seq BIGINT NOT NULL,
    facts BLOB NOT NULL,
    trace BLOB NOT NULL
);
CREATE INDEX decisions_request ON decisions (request);

-- Those of a node that is starting are deleted: nothing is on its way yet.
CREATE TABLE reservations (
    account TEXT NOT NULL,
    template TEXT NOT NULL,
    key_hash BLOB NOT NULL CHECK (length(key_hash) = 32),
    request BIGINT NOT NULL,
    operation BIGINT NOT NULL,
    node BIGINT NOT NULL,
    reserved_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account, template, key_hash)
) WITHOUT ROWID;
