/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext_ca.h"

#include "common/pki/der.h"
#include "common/pki/ext_list.h"

bool ext_add_ca(struct ext_list *list, uint32_t path_length, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t mark = der_open(&der, DER_SEQUENCE);

    der_put_bool(&der, true);
    if (path_length != EXT_NO_PATH_LENGTH) {
        der_put_uint(&der, path_length);
    }
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_BASIC_CONSTRAINTS, true, buf_bytes(&der), err);
}

bool ext_add_ca_key_usage(struct ext_list *list, struct error *err)
{
    static const unsigned char bits[] = {0x06}; /* keyCertSign and cRLSign */
    AUTO(buf) der = BUF_EMPTY;

    der_put_named_bits(&der, (struct bytes){bits, sizeof(bits)});
    return ext_list_append(list, EXT_OID_KEY_USAGE, true, buf_bytes(&der), err);
}
