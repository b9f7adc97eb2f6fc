-- SPDX-License-Identifier: Apache-2.0
-- What entitles an approver, and what an approver has denied.

ALTER TABLE approvals ADD COLUMN approvers TEXT NOT NULL DEFAULT '';

CREATE INDEX requests_denied ON requests (account, template, key_hash)
    WHERE state = 4 AND expires_at > 0;
