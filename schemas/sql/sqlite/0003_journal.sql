-- SPDX-License-Identifier: Apache-2.0
-- How far the signer's journal is taken over, and the numbers of the CRLs.

CREATE TABLE journal_cursors (
    signer TEXT NOT NULL PRIMARY KEY,
    reconciled BIGINT NOT NULL,
    record_hash BLOB NOT NULL CHECK (length(record_hash) = 32),
    updated_at BIGINT NOT NULL
);

CREATE TABLE crls (
    ca TEXT NOT NULL,
    crl_generation BIGINT NOT NULL,
    crl_shard BIGINT NOT NULL,
    number BIGINT NOT NULL,
    published BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    journal_seq BIGINT NOT NULL,
    PRIMARY KEY (ca, crl_generation, crl_shard)
);
