-- SPDX-License-Identifier: Apache-2.0
-- Run with: policyctl rule test DIRECTORY (of the rules; this lies in tests/ below it)
return {
  { name = "a machine gets what its template grants",
    expect = { verdict = "permit", code = "template",
               proposed = { subject = { "CN=host1.example.com" },
                            sans = { "dns:host1.example.com" }, validity = 31536000 } } },
  { name = "so does a user",
    kind = "user",
    expect = { verdict = "permit", code = "template",
               proposed = { sans = { "upn:user1@example.com" } } } },
  { name = "so does a renewal",
    set = { op = "renew" },
    expect = { verdict = "permit" } },
  { name = "names of the request are left to approvers, not to this rule",
    set = { ["template.envelope.csr_names"] = true,
            ["proposed.sans"] = { "dns:www.example.com" } },
    expect = { verdict = "permit", proposed = { sans = { "dns:www.example.com" } } } },
}
