-- SPDX-License-Identifier: Apache-2.0
--
-- Web servers: a machine has its own name in its certificate, and names in the zone of the
-- department that its directory entry says it belongs to. A wildcard waits for two approvers,
-- keys live for 90 days.
--
-- On a template with names supplied in the request (WebServer) the names asked for stand in
-- req.proposed and need approval until a rule vouches for them; add_san() does that here for
-- those of the zone, so that only what is left over is held.
local zones = {
  web = { ".www.example.com" },
  lab = { ".lab.example.com" },
}

-- "*.www.example.com" is judged as if it were a host of the zone.
local function below(name, zone)
  return zone ~= nil and dns.under(string.gsub(name, "^%*%.", "any."), zone)
end

return rule {
  name = "server-names",
  phase = "shape",
  match = { templates = { "WebServer" }, kinds = { "machine" } },
  needs = { attrs = { "departmentNumber" } },
  evaluate = function(req, d)
    local zone = zones[req.principal.attrs.departmentNumber[1] or ""]
    d:cap_validity(90 * 86400)
    for _, san in ipairs(req.proposed.sans) do
      if san.type ~= "dns" then
        d:deny("san.type", san.type, "Web servers have DNS names only.")
      elseif san.value ~= req.principal.dns_host_name then
        if not below(san.value, zone) then
          d:deny("san.zone", san.value, "This name is not in the zone of your department.")
        elseif san.is_wildcard then
          d:hold { code = "san.wildcard", need = 2 }
        else
          d:add_san("dns", san.value)
        end
      end
    end
  end,
}
