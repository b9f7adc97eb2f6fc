-- SPDX-License-Identifier: Apache-2.0
--
-- RSA keys of people have 3072 bits, whatever a template's minimum is.
return rule {
  name = "key-size",
  phase = "check",
  match = { kinds = { "user" } },
  evaluate = function(req, d)
    if req.csr.key.alg == "rsa" and req.csr.key.bits < 3072 then
      d:deny("key.small", req.csr.key.bits, "RSA keys need 3072 bits.")
    end
  end,
}
