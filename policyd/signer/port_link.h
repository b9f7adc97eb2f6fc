/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port_link: one connection to the signer's socket: address, peer, HELLO. For the .c files of
 * port only.
 */
#ifndef AE_POLICYD_SIGNER_PORT_LINK_H
#define AE_POLICYD_SIGNER_PORT_LINK_H

#include "common/wire/peer.h"

#include "policyd/signer/port.h"

enum { PORT_READ_MAX = 64 * 1024 /* octets taken by one read */ };

struct port_link {
    int fd;
    struct wire_reader reader;
    unsigned char *input; /* PORT_READ_MAX octets */
    uint32_t pid;
    unsigned char run_id[SIGNER_RUN_ID];
    uint32_t in_flight_max; /* as the signer's HELLO says */
};

/*
 * May this path be a socket's?
 * errors  ERROR_INVALID  empty, or longer than an address of AF_UNIX holds
 */
AE_MUST_CHECK bool port_link_check_path(const char *path, struct error *err);

/*
 * Connect, check who is there, say HELLO and hear it.
 *
 * wake    a descriptor that becomes readable when waiting shall end
 * out     on success owned by the caller: port_link_close()
 * errors  ERROR_UNAVAILABLE  nobody there, or no HELLO in time
 *         ERROR_DENIED       the peer has another uid
 *         ERROR_INVALID      it is no signer, or speaks other versions of the messages
 */
AE_MUST_CHECK bool port_link_open(const struct signer_port_options *options,
                                  const unsigned char run_id[SIGNER_RUN_ID], int wake,
                                  struct port_link *out, struct error *err);
void port_link_close(struct port_link *link);

/*
 * Take what has arrived, without waiting, into the reader.
 * errors  ERROR_UNAVAILABLE  the signer is gone
 */
AE_MUST_CHECK bool port_link_read(struct port_link *link, struct error *err);

#endif
