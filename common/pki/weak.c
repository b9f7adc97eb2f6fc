/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/weak.h"

#include <openssl/bn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/pki/key.h"

enum {
    FACTOR_MAX = 1024,    /* trial division goes up to here */
    ROCA_PRIME_MAX = 167, /* the primes that all affected key sizes have in common */
    GROUP_MAX = 9,        /* 3 * 5 * 7 * ... * 29 < 2^32 */
    FERMAT_ROUNDS = 100,
    ED25519_SIZE = 32
};

/* Modulo these four together fewer than one number in a hundred looks like a square. */
static const uint32_t square_moduli[] = {64, 63, 65, 11};
enum { SQUARE_MODULI = 4, SQUARE_PRODUCT = 64 * 63 * 65 * 11 };

/* One division of the modulus serves as many primes as fit into one word. */
struct search {
    struct bytes modulus;
    uint32_t primes[GROUP_MAX];
    size_t count;
    uint32_t product;
    bool small_factor;
    bool roca; /* until a prime proves otherwise */
};

struct fermat {
    BIGNUM *n;
    BIGNUM *a;
    BIGNUM *square;
    BIGNUM *root;
    BIGNUM *next;
    BIGNUM *scratch;
    BN_CTX *ctx;
};

CLEANUP_DEFINE(weak_bn_ctx, BN_CTX *, BN_CTX_free);

/* A big-endian number modulo m, in steps of four octets. */
static uint32_t residue(struct bytes number, uint32_t m)
{
    uint64_t rest = 0;
    size_t i = 0;

    for (; i < number.len % 4; i++) {
        rest = (rest << 8 | number.data[i]) % m;
    }
    for (; i < number.len; i += 4) {
        const unsigned char *at = number.data + i;
        uint32_t word =
            (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        rest = (rest << 32 | word) % m;
    }
    return (uint32_t)rest;
}

static bool is_prime(uint32_t odd)
{
    for (uint32_t d = 3; d * d <= odd; d += 2) {
        if (odd % d == 0) {
            return false;
        }
    }
    return true;
}

/*
 * Infineon's library made primes of the form k * M + (65537^a mod M), M a product of the
 * first primes: modulo each of those primes the modulus is a power of 65537. A random modulus
 * is so for all of them once in 2^150 (Nemec et al., "The Return of Coppersmith's Attack").
 */
static bool is_power_of_65537(uint32_t value, uint32_t prime)
{
    uint32_t generator = 65537 % prime;
    uint32_t power = 1;

    do {
        if (power == value) {
            return true;
        }
        power = power * generator % prime;
    } while (power != 1);
    return false;
}

static void try_prime(struct search *search, uint32_t value, uint32_t prime)
{
    if (value == 0) {
        search->small_factor = true;
    }
    if (prime <= ROCA_PRIME_MAX && search->roca) {
        search->roca = is_power_of_65537(value, prime);
    }
}

static void try_group(struct search *search)
{
    uint32_t rest = residue(search->modulus, search->product);

    for (size_t i = 0; i < search->count; i++) {
        try_prime(search, rest % search->primes[i], search->primes[i]);
    }
    search->count = 0;
    search->product = 1;
}

static void try_primes(struct search *search)
{
    for (uint32_t p = 3; p < FACTOR_MAX; p += 2) {
        if (!is_prime(p)) {
            continue;
        }
        if (search->product > UINT32_MAX / p) {
            try_group(search);
        }
        search->primes[search->count++] = p;
        search->product *= p;
    }
    try_group(search);
}

static bool may_be_square(uint32_t value)
{
    for (size_t i = 0; i < SQUARE_MODULI; i++) {
        uint32_t m = square_moduli[i];
        uint32_t root = 0;

        while (root <= m / 2 && root * root % m != value % m) {
            root++;
        }
        if (root > m / 2) {
            return false;
        }
    }
    return true;
}

/* root = floor(sqrt(of)) by Newton's method from above: it falls until it is there. */
static bool square_root(struct fermat *f, const BIGNUM *of)
{
    if (BN_is_zero(of)) {
        BN_zero(f->root);
        return true;
    }
    if (!BN_one(f->root) || !BN_lshift(f->root, f->root, (BN_num_bits(of) + 1) / 2)) {
        return false;
    }
    for (;;) {
        if (!BN_div(f->next, NULL, of, f->root, f->ctx) ||
            !BN_add(f->next, f->next, f->root) || !BN_rshift1(f->next, f->next)) {
            return false;
        }
        if (BN_cmp(f->next, f->root) >= 0) {
            return true;
        }
        BN_swap(f->next, f->root);
    }
}

/* Is a^2 - n, which is not negative, a square? */
static bool is_square(struct fermat *f, bool *yes)
{
    if (!BN_sqr(f->square, f->a, f->ctx) || !BN_sub(f->square, f->square, f->n) ||
        !square_root(f, f->square) || !BN_sqr(f->scratch, f->root, f->ctx)) {
        return false;
    }
    *yes = BN_cmp(f->scratch, f->square) == 0;
    return true;
}

/* n = a^2 - b^2 with a just above sqrt(n): then its factors are a - b and a + b. */
static bool search_close_primes(struct fermat *f, struct bytes modulus, bool *found)
{
    if (BN_bin2bn(modulus.data, (int)modulus.len, f->n) == NULL ||
        !square_root(f, f->n) || BN_copy(f->a, f->root) == NULL ||
        !BN_sqr(f->square, f->a, f->ctx)) {
        return false;
    }
    if (BN_cmp(f->square, f->n) < 0 && !BN_add_word(f->a, 1)) {
        return false;
    }
    uint64_t n = residue(modulus, SQUARE_PRODUCT);
    uint64_t a = BN_mod_word(f->a, SQUARE_PRODUCT);
    for (int i = 0; i < FERMAT_ROUNDS && !*found; i++) {
        /* The machine's arithmetic rejects nearly all before numbers are made. */
        if (may_be_square((uint32_t)((a * a + SQUARE_PRODUCT - n) % SQUARE_PRODUCT)) &&
            !is_square(f, found)) {
            return false;
        }
        a = (a + 1) % SQUARE_PRODUCT;
        if (!BN_add_word(f->a, 1)) {
            return false;
        }
    }
    return true;
}

static bool has_close_primes(struct bytes modulus, bool *found, struct error *err)
{
    AUTO(weak_bn_ctx) ctx = BN_CTX_new();
    bool ok = false;

    if (ctx != NULL) {
        BN_CTX_start(ctx);
        struct fermat f = {.n = BN_CTX_get(ctx),
                           .a = BN_CTX_get(ctx),
                           .square = BN_CTX_get(ctx),
                           .root = BN_CTX_get(ctx),
                           .next = BN_CTX_get(ctx),
                           .scratch = BN_CTX_get(ctx),
                           .ctx = ctx};
        ok = f.scratch != NULL && search_close_primes(&f, modulus, found);
        BN_CTX_end(ctx);
    }
    return ok || error_set(err, ERROR_INTERNAL, "no memory to judge an RSA key");
}

bool weak_check_modulus(struct bytes modulus, unsigned int *weak, struct error *err)
{
    struct search search = {.modulus = modulus, .product = 1, .roca = true};
    bool even = modulus.data[modulus.len - 1] % 2 == 0;
    bool close_primes = false;

    try_primes(&search);
    /* Coprime to square_moduli, no modulus gets more than six candidates through them. */
    if (!even && !search.small_factor && !has_close_primes(modulus, &close_primes, err)) {
        return false;
    }
    *weak |= (unsigned int)even << KEY_WEAK_EVEN_MODULUS;
    *weak |= (unsigned int)search.small_factor << KEY_WEAK_SMALL_FACTOR;
    *weak |= (unsigned int)search.roca << KEY_WEAK_ROCA;
    *weak |= (unsigned int)close_primes << KEY_WEAK_CLOSE_PRIMES;
    return true;
}

/*
 * The y coordinates of the eight points of small order (little-endian, without the sign of x):
 * a signature for such a key can be made without a private key.
 */
static const unsigned char small_order[][ED25519_SIZE] = {
    {0},
    {1},
    {0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
    {0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4,
     0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6,
     0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05},
    {0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B,
     0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39,
     0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A},
};

/* y >= 2^255 - 19: the number is there a second time, reduced. */
static bool is_beyond_field(const unsigned char y[ED25519_SIZE])
{
    for (size_t i = 1; i < ED25519_SIZE - 1; i++) {
        if (y[i] != 0xFF) {
            return false;
        }
    }
    return y[ED25519_SIZE - 1] == 0x7F && y[0] >= 0xED;
}

bool weak_is_small_order(struct bytes point)
{
    unsigned char y[ED25519_SIZE];

    memcpy(y, point.data, sizeof(y));
    y[ED25519_SIZE - 1] &= 0x7F; /* the sign of x */
    if (is_beyond_field(y)) {
        return true;
    }
    for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++) {
        if (bytes_equal((struct bytes){y, sizeof(y)},
                        (struct bytes){small_order[i], sizeof(y)})) {
            return true;
        }
    }
    return false;
}
