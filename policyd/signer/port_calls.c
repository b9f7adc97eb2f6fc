/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/port_calls.h"

void port_list_init(struct port_list *list)
{
    list->first = NULL;
    list->end = &list->first;
}

void port_list_add(struct port_list *list, struct signer_call *call)
{
    call->next = NULL;
    *list->end = call;
    list->end = &call->next;
}

struct signer_call *port_list_take(struct port_list *list)
{
    struct signer_call *call = list->first;

    if (call != NULL) {
        list->first = call->next;
        call->next = NULL;
    }
    if (list->first == NULL) {
        list->end = &list->first;
    }
    return call;
}

static struct signer_call **bucket_of(struct port_calls *calls, uint64_t exchange)
{
    return &calls->buckets[exchange % PORT_BUCKETS];
}

void port_calls_put(struct port_calls *calls, struct signer_call *call)
{
    struct signer_call **bucket = bucket_of(calls, call->exchange);

    call->next = *bucket;
    *bucket = call;
    calls->open++;
}

struct signer_call *port_calls_take(struct port_calls *calls, uint64_t exchange)
{
    struct signer_call **at = bucket_of(calls, exchange);

    while (*at != NULL && (*at)->exchange != exchange) {
        at = &(*at)->next;
    }
    struct signer_call *call = *at;
    if (call != NULL) {
        *at = call->next;
        call->next = NULL;
        calls->open--;
    }
    return call;
}

void port_calls_take_all(struct port_calls *calls, struct port_list *list)
{
    for (size_t i = 0; i < PORT_BUCKETS; i++) {
        while (calls->buckets[i] != NULL) {
            struct signer_call *call = calls->buckets[i];

            calls->buckets[i] = call->next;
            port_list_add(list, call);
        }
    }
    calls->open = 0;
}

static bool is_late(const struct signer_call *call, int64_t now_ns)
{
    while (call != NULL && call->deadline_ns > now_ns) {
        call = call->next;
    }
    return call != NULL;
}

bool port_calls_is_late(const struct port_calls *calls, int64_t now_ns)
{
    for (size_t i = 0; i < PORT_BUCKETS; i++) {
        if (is_late(calls->buckets[i], now_ns)) {
            return true;
        }
    }
    return false;
}
