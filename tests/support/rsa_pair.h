/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsa_pair: RSA key pairs that work and that nobody should have. The caller frees them.
 */
#ifndef AE_TESTS_SUPPORT_RSA_PAIR_H
#define AE_TESTS_SUPPORT_RSA_PAIR_H

#include <openssl/types.h>

/* A number of so many bits, odd and prime to the key's order; 17: 65537, 2: three. */
EVP_PKEY *rsa_pair_with_exponent(unsigned int bits, unsigned int exponent_bits);

EVP_PKEY *rsa_pair_close(unsigned int bits);        /* one prime and the next */
EVP_PKEY *rsa_pair_small_factor(unsigned int bits); /* 1021 and a prime */
EVP_PKEY *rsa_pair_roca(unsigned int bits); /* primes as CVE-2017-15361 has them */

/* A prime of that kind. */
BIGNUM *rsa_pair_roca_prime(unsigned int bits);

#endif
