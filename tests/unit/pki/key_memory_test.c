/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/pki/key.h"
#include "common/pki/key_memory.h"
#include "common/pki/sig.h"

#include "tests/support/test.h"

enum { NOBODY = 65534, CANNOT = 77 };

static const struct {
    enum key_alg alg;
    unsigned int bits;
} kinds[] = {{KEY_EC, 256}, {KEY_EC, 384}, {KEY_RSA, 2048}, {KEY_ED25519, 255}};

/* What the kernel has locked for us, in KiB. */
static long locked_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");

    assert_non_null(status);
    while (fgets(line, sizeof(line), status) != NULL) {
        (void)sscanf(line, "VmLck: %ld", &kib); /* NOLINT(cert-err34-c): the kernel's */
    }
    assert_int_equal(fclose(status), 0);
    return kib;
}

/* A key of a file: its private part is where nothing else is. */
static struct key *reload(const struct key *key)
{
    AUTO(buf) pem = BUF_SECRET;
    AUTO(buf) passphrase = BUF_SECRET;
    struct key *out = NULL;
    struct error err = {0};

    buf_append_text(&passphrase, "correct horse");
    assert_ok(key_to_pem(key, &passphrase, &pem, &err), &err);
    assert_ok(key_from_pem(buf_bytes(&pem), &passphrase, &out, &err), &err);
    return out;
}

static void use(const struct key *key)
{
    AUTO(buf) signature = BUF_EMPTY;
    struct error err = {0};

    assert_ok(sig_sign(key, sig_default(key_get_info(key)), bytes_of_text("message"),
                       &signature, &err),
              &err);
}

static void private_keys_lie_in_locked_memory_until_they_are_freed(void **state)
{
    struct error err = {0};
    (void)state;

    assert_ok(key_memory_lock(&err), &err);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        AUTO(key) made = NULL;

        assert_ok(key_generate(kinds[i].alg, kinds[i].bits, &made, &err), &err);
        use(made); /* OpenSSL's random generators move in with what needs them first */
        key_free(reload(made));
        size_t before = key_memory_used();
        struct key *key = reload(made);
        assert_true(key_memory_used() > before);
        use(key);
        key_free(key);
        assert_int_equal(key_memory_used(), before);
    }
    assert_true(locked_kib() >= KEY_MEMORY_OCTETS / 1024);
}

/* In a process that may lock nothing; before the heap is made in this one. */
static int lock_without_leave(void)
{
    const struct rlimit none = {0, 0};
    struct error err = {0};

    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
        (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)) {
        return 2;
    }
    return !key_memory_lock(&err) && err.code == ERROR_UNAVAILABLE &&
                   strstr(err.message, "LimitMEMLOCK") != NULL
               ? 0
               : 1;
}

/* What a process of its own says: 0, it is as it should be. */
static int run_apart(int (*act)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        _exit(act());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void without_leave_to_lock_it_says_what_to_do(void **state)
{
    (void)state;
    assert_int_equal(key_memory_used(), 0);
    assert_int_equal(run_apart(lock_without_leave), 0);
}

static struct {
    bool no_heap, mlockall_fails;
    unsigned int mlockall_calls;
} fault;

int __real_CRYPTO_secure_malloc_init(size_t size, size_t smallest);
int __wrap_CRYPTO_secure_malloc_init(size_t size, size_t smallest);
int __wrap_CRYPTO_secure_malloc_initialized(void);
int __real_CRYPTO_secure_malloc_initialized(void);
int __wrap_mlockall(int flags);

int __wrap_CRYPTO_secure_malloc_init(size_t size, size_t smallest)
{
    return fault.no_heap ? 0 : __real_CRYPTO_secure_malloc_init(size, smallest);
}

int __wrap_CRYPTO_secure_malloc_initialized(void)
{
    return fault.no_heap ? 0 : __real_CRYPTO_secure_malloc_initialized();
}

int __wrap_mlockall(int flags)
{
    assert_int_equal(flags, MCL_CURRENT | MCL_FUTURE);
    fault.mlockall_calls++;
    errno = ENOMEM;
    return fault.mlockall_fails ? -1 : 0;
}

static int lock_with_limit(void)
{
    const struct rlimit some = {KEY_MEMORY_OCTETS, KEY_MEMORY_OCTETS};
    struct error err = {0};

    return setrlimit(RLIMIT_MEMLOCK, &some) == 0 && key_memory_lock(&err) &&
                   fault.mlockall_calls == 0
               ? 0
               : 1;
}

static int lock_without_limit(void)
{
    const struct rlimit endless = {RLIM_INFINITY, RLIM_INFINITY};
    struct error err = {0};

    if (setrlimit(RLIMIT_MEMLOCK, &endless) != 0) {
        return CANNOT;
    }
    if (!key_memory_lock(&err) || fault.mlockall_calls != 1) {
        return 1;
    }
    fault.mlockall_fails = true;
    return !key_memory_lock(&err) && err.code == ERROR_UNAVAILABLE ? 0 : 1;
}

/* Else memory that is asked for later could not be had, and the program would end. */
static void all_memory_is_locked_only_where_there_is_no_limit(void **state)
{
    int endless = 0;
    (void)state;

    assert_int_equal(run_apart(lock_with_limit), 0);
    endless = run_apart(lock_without_limit);
    assert_true(endless == 0 || endless == CANNOT); /* only root may raise the limit */
}

static void an_openssl_without_such_a_heap_is_an_error(void **state)
{
    struct error err = {0};
    (void)state;

    fault.no_heap = true;
    assert_fails(key_memory_lock(&err), &err, ERROR_INTERNAL, "no memory for keys");
    fault.no_heap = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_leave_to_lock_it_says_what_to_do),
        cmocka_unit_test(private_keys_lie_in_locked_memory_until_they_are_freed),
        cmocka_unit_test(all_memory_is_locked_only_where_there_is_no_limit),
        cmocka_unit_test(an_openssl_without_such_a_heap_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
