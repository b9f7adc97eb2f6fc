# SPDX-License-Identifier: Apache-2.0
#
# issue_judge.awk: prints each contradiction, a line each, between what was received, the journal,
# the CRL and the driver's last word. Files come as: file=1 RECEIVED file=2 JOURNAL file=3 CRL
# file=4 SAID; any of them may be empty.

file == 1 { received[$1] = $2 }
file == 2 && ($2 == "intent" || $2 == "infrastructure") && intent[$3]++ { print "the journal has serial " $3 " twice" }
file == 2 && $2 == "result" { result[$3] = $4 }
file == 2 && $2 == "revocation" { revocation[$3] = 1 }
file == 3 && /^ *Serial Number:/ { crl[tolower($3)] = 1 }
file == 4 && $1 == "LEDGER" {
    if ($2 in status)
        print "the ledger has serial " $2 " twice"
    status[$2] = $3
    delivered[$2] = $4
    der[$2] = $5
}
file == 4 && $1 == "CERT" { news++ }
file == 4 && $1 == "STATE" { state = $0 }

END {
    for (s in received) {
        if (!(s in result))
            print s " was received and has no result in the journal"
        else if (result[s] != received[s])
            print s " was received and is another one in the journal"
        if (!(s in status))
            print s " was received and is not in the ledger"
        else if (der[s] != received[s])
            print s " was received and is another one in the ledger"
        if (s in status && delivered[s] != 1)
            print s " was received and counts as undelivered"
        if (s in status && (status[s] == 3) != (s in revocation))
            print s " is revoked in one of ledger and journal only"
        found++
    }
    for (s in intent)
        if (!(s in status))
            print s " is in the journal and not in the ledger"
    for (s in result)
        if (!(s in intent))
            print s " has a result and no intent"
    for (s in status) {
        if (!(s in intent))
            print s " is in the ledger and not in the journal"
        if (delivered[s] != 1 && status[s] != 3)
            print s " was not delivered and is not revoked"
        if ((status[s] != 1) != (s in crl))
            print s " has status " status[s] " and the CRL says otherwise"
    }
    for (s in crl)
        if (!(s in status))
            print s " is on the CRL and not in the ledger"
    if (news < 1)
        print "nothing is issued any more"
    if (state !~ /^STATE issuing=1 in_flight=0/ || state ~ / problem=/)
        print "policyd is not well: " state
}
