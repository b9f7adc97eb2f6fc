/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_files: room for as many open files as connections may come. Whoever starts policyd often gives
 * it a thousand; with these taken by silent peers neither the directory nor the ledger could be asked.
 */
#ifndef AE_POLICYD_MAIN_FILES_H
#define AE_POLICYD_MAIN_FILES_H

enum {
    MAIN_FILES_RESERVE = 256, /* ledger, directory, signer, rules, logs */
    MAIN_FILES_EST_LEAST =
        16, /* connections: what the configuration may ask for at least */
};

struct main_files {
    unsigned int est_connections; /* as many as wanted, or what there is room for */
    char problem[256];            /* why they are fewer, for status; "" */
};

/*
 * Raise the process's own limit as far as the system lets it.
 *
 * est_connections  wanted at the HTTPS listener
 * others           at the other listeners
 */
void main_files_make_room(unsigned int est_connections, unsigned int others,
                          struct main_files *out);

#endif
