/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_op_request: the operations of a request's way: reserve, settle, refuse, hold, judge.
 */
#ifndef AE_POLICYD_LEDGER_OP_REQUEST_H
#define AE_POLICYD_LEDGER_OP_REQUEST_H

#include "policyd/ledger_request.h"

/* What one account may have of one template; 0: no limit. Reservations count as issued. */
struct ledger_quota {
    int64_t day_max;  /* issued within 24 h */
    int64_t week_max; /* issued within 7 d */
    int64_t live_max; /* neither expired, revoked, superseded nor the one being renewed */
};

enum ledger_reserve_outcome {
    LEDGER_RESERVED = 1,
    LEDGER_IN_FLIGHT, /* another request of the same account, template and key is on its way */
    LEDGER_EARLIER, /* the same was issued within the retry window */
    LEDGER_QUOTA_DAY,
    LEDGER_QUOTA_WEEK,
    LEDGER_QUOTA_LIVE,
    LEDGER_ENDED, /* the request that waited waits no more */
};

/*
 * Reserve account + template + key before the signer is asked. Of two callers that want the same
 * or the last unit of a quota exactly one gets it, also where both are attempts of one request that
 * waited for approval.
 */
struct ledger_reserve {
    int64_t request; /* number of the attempt: nobody else's */
    int64_t waited;  /* the request that waited and is to be issued now; 0: none did */
    int64_t node;
    const char *account;
    const char *template_name;
    enum ledger_operation operation;
    struct ledger_hash key;
    struct ledger_serial renews;
    struct ledger_quota quota;
    int64_t now_utc;
    int64_t expires_utc;    /* counts no longer then, if never settled or refused */
    int64_t retry_window_s; /* 0: an earlier certificate does not matter */

    enum ledger_reserve_outcome outcome; /* out */
    int64_t holder;                      /* out, IN_FLIGHT: the other request */
    struct ledger_certificate *earlier;  /* out, EARLIER: with its DER */
};

/*
 * Record an issued certificate, its decision and its request's end, and settle the reservation.
 * Once the signer has signed this must succeed or be made good by reconciling, so nothing but a
 * contradiction refuses it. The same once more changes nothing.
 * errors  ERROR_CONFLICT  the serial is known with another content, or was reconciled as
 *                         undelivered meanwhile: the certificate must not be handed out
 */
struct ledger_settle {
    const struct ledger_certificate *certificate; /* delivered: true */
    const struct ledger_request *request;         /* NULL for infrastructure */
    const struct ledger_decision *decision;       /* NULL for infrastructure */
    bool already;                                 /* out */
};

/*
 * Record that a request ended without a certificate and release its reservation. One that waits
 * for approval, or is approved, does not end by FAILED: only its reservation is released.
 * errors  ERROR_CONFLICT  the request has ended otherwise
 */
struct ledger_refuse {
    const struct ledger_request *request;   /* state DENIED or FAILED */
    const struct ledger_decision *decision; /* NULL: it never came to one */
};

/*
 * Drop the reservations of a node that belong to no request on its way there: an operation that
 * should have ended one may have failed.
 */
struct ledger_release {
    int64_t node;
    const int64_t
        *kept;       /* numbers of the requests on their way; 0 is nobody's; not NULL */
    size_t kept_len; /* 0..LEDGER_RECONCILE_MAX */

    int64_t released; /* out */
};

/*
 * Record that a request waits for approval, and release its reservation if it has one. It is the
 * same as an earlier one if account, template, key and names are. One with other names, and one
 * whose time is over, ends by the new one, with all its approvals.
 * errors  ERROR_CONFLICT  the request has ended, or its number waits with other names
 */
struct ledger_hold {
    const struct ledger_request *request; /* state HELD; updated_utc: now */
    const struct ledger_decision *decision;
    int64_t open_max; /* requests of one account that may wait at once; 0: no limit */
    /* out: so many of the account's wait already: nothing was recorded, and waiting is 0. */
    bool full;
    /* out: the number under which it waits. Another than request->number when the same
     * waits already; then nothing was recorded. */
    int64_t waiting;
    /* out: the number under which an approver denied the same, as long as that counts; then
     * nothing was recorded, and waiting is 0. */
    int64_t denied;
    /* out: the number under which the same waited before, when its time was over; 0: it did
     * not. */
    int64_t lapsed;
};

/*
 * Record an approver's word on a held request. Who may approve is the caller's to know; that
 * nobody approves his own request, or twice, is checked here too.
 * errors  ERROR_NOT_FOUND  no such request
 *         ERROR_DENIED     the approver is the requester
 *         ERROR_CONFLICT   it is not waiting, has lapsed, is not what the approver was shown
 *                          (key, names asked for), or this approver has spoken already; who
 *                          has approved may still deny
 */
struct ledger_judge {
    const struct ledger_approval *approval;
    struct ledger_hash key;   /* as shown to the approver */
    struct ledger_hash asked; /* likewise */

    enum ledger_request_state state; /* out: afterwards */
    int64_t
        approvals; /* out: that count, this one included: of each group what it needs at most */
};

/* Let up to limit held or approved requests lapse whose time is over. */
struct ledger_expire {
    int64_t now_utc;
    int64_t limit;
    int64_t expired; /* out: limit means that there may be more */
};

#endif
