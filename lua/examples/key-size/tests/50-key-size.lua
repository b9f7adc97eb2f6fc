-- SPDX-License-Identifier: Apache-2.0
return {
  { name = "a short RSA key is refused", kind = "user",
    set = { ["csr.key.alg"] = "rsa", ["csr.key.bits"] = 2048 },
    expect = { verdict = "deny", code = "key.small", sentence = "RSA keys need 3072 bits." } },
  { name = "a longer one is not", kind = "user",
    set = { ["csr.key.alg"] = "rsa", ["csr.key.bits"] = 3072 }, expect = { verdict = "permit" } },
  { name = "neither is an elliptic curve's", kind = "user",
    set = { ["csr.key.alg"] = "ec", ["csr.key.bits"] = 256 }, expect = { verdict = "permit" } },
  { name = "nor a host's", kind = "machine",
    set = { ["csr.key.alg"] = "rsa", ["csr.key.bits"] = 2048 }, expect = { verdict = "permit" } },
}
