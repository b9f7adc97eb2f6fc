/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octets: unsigned numbers in network byte order, at any alignment.
 */
#ifndef AE_COMMON_BASE_OCTETS_H
#define AE_COMMON_BASE_OCTETS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t octets_get_u16(const unsigned char *data)
{
    uint16_t value = 0;

    memcpy(&value, data, sizeof(value));
    return be16toh(value);
}

static inline uint32_t octets_get_u32(const unsigned char *data)
{
    uint32_t value = 0;

    memcpy(&value, data, sizeof(value));
    return be32toh(value);
}

static inline uint64_t octets_get_u64(const unsigned char *data)
{
    uint64_t value = 0;

    memcpy(&value, data, sizeof(value));
    return be64toh(value);
}

static inline void octets_put_u16(unsigned char *data, uint16_t value)
{
    value = htobe16(value);
    memcpy(data, &value, sizeof(value));
}

static inline void octets_put_u32(unsigned char *data, uint32_t value)
{
    value = htobe32(value);
    memcpy(data, &value, sizeof(value));
}

static inline void octets_put_u64(unsigned char *data, uint64_t value)
{
    value = htobe64(value);
    memcpy(data, &value, sizeof(value));
}

#endif
