-- SPDX-License-Identifier: Apache-2.0
--
-- The default: whoever may enroll for a template gets what the template grants.
--
-- That the account may enroll, that it is enabled, that its key is strong enough, and that the
-- names are its own was all seen to before rules are asked; names that only the request vouches
-- for are held for approval afterwards. So with this rule in place a site needs only rules that
-- deny, hold or shape. Without it nothing is issued but what a rule of the site permits: remove
-- this file to begin from there.
return rule {
  name = "template",
  phase = "check",
  evaluate = function(req, d)
    d:permit("template")
  end,
}
