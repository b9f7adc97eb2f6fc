/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_disk: a disk that fails under SQLite: the calls that libsqlite3 makes are answered here. It
 * is the whole process's, and well until a test says otherwise. A source of the test's program.
 */
#ifndef AE_TESTS_SUPPORT_FAKE_DISK_H
#define AE_TESTS_SUPPORT_FAKE_DISK_H

/* Writes fail with ENOSPC, EIO, … */
void fake_disk_fail_writes(int errnum);

/* Of one of the writes to SQLite's logs from now on, the first being 1, half is made and the rest fails
 * with that error; what comes behind is well again. */
void fake_disk_tear_log_write(unsigned int nth, int errnum);

/* Syncs of files whose name ends so fail with EIO: ".db", "-wal". Must outlive the failing. */
void fake_disk_fail_syncs_of(const char *suffix);

/* Who asks SQLite for its log is told that there is none. */
void fake_disk_hide_logs(void);

void fake_disk_mend(void);

/* So far, failed ones included; of all files, of SQLite's logs. */
unsigned int fake_disk_syncs(void);
unsigned int fake_disk_log_syncs(void);

/* Of SQLite's logs, torn ones included. */
unsigned int fake_disk_log_writes(void);
unsigned long long fake_disk_log_octets(void);

/* How often SQLite was asked to bring a log over without being in anybody's way. */
unsigned int fake_disk_passive_checkpoints(void);

#endif
