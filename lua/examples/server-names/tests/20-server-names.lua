-- SPDX-License-Identifier: Apache-2.0
local function web(more, sans)
  local set = {
    ["template.name"] = "WebServer",
    ["template.envelope.csr_names"] = true,
    ["template.envelope.name_suffixes"] = { ".www.example.com", ".lab.example.com" },
    ["principal.attrs.departmentNumber"] = { "web" },
    ["proposed.sans"] = sans,
  }
  for path, value in pairs(more) do
    set[path] = value
  end
  return set
end

return {
  { name = "a server's own name is permitted, for 90 days",
    set = web({}, { "dns:host1.example.com" }),
    expect = { verdict = "permit",
               proposed = { sans = { "dns:host1.example.com" }, validity = 7776000 } } },
  { name = "so is a name in the department's zone",
    set = web({}, { "dns:host1.example.com", "dns:shop.www.example.com" }),
    expect = { verdict = "permit" } },
  { name = "a name in another department's zone is refused",
    set = web({}, { "dns:test1.lab.example.com" }),
    expect = { verdict = "deny", code = "san.zone", rule = "server-names",
               sentence = "This name is not in the zone of your department." } },
  { name = "and permitted to that department",
    set = web({ ["principal.attrs.departmentNumber"] = { "lab" } },
              { "dns:test1.lab.example.com" }),
    expect = { verdict = "permit" } },
  { name = "a machine without a department has its own name only",
    set = web({ ["principal.attrs.departmentNumber"] = {} }, { "dns:shop.www.example.com" }),
    expect = { verdict = "deny", code = "san.zone" } },
  { name = "a name that only ends alike is refused",
    set = web({}, { "dns:shop.www.example.com.evil.example" }),
    expect = { verdict = "deny", code = "san.zone" } },
  { name = "a wildcard waits for approvers",
    set = web({}, { "dns:*.www.example.com" }),
    expect = { verdict = "hold", code = "san.wildcard" } },
  { name = "addresses are refused",
    set = web({}, { "ip:192.0.2.10" }),
    expect = { verdict = "deny", code = "san.type" } },
  { name = "other templates are none of this rule's business",
    set = { ["proposed.sans"] = { "dns:shop.www.example.com" } },
    expect = { verdict = "permit", code = "template" } },
}
